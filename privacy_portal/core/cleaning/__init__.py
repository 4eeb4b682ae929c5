"""Makes a file that anybody may have sent into one that can be kept and opened.

Nothing here knows of Django, settings or keys: it runs in a process of its own (:mod:`.child`), which is given one
file, little memory, little time and an empty environment. Decoders of pictures and PDFs are where hostile files aim.
"""
