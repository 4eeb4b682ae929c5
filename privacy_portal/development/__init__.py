"""What a developer's machine needs beside the product: one command to run it, a mail catcher, translations.

Production imports nothing from here.
"""
