"""What somebody types into a search, taken apart: names, parts of a mail address, digits of a telephone number.

How the words of names fold together is the database's business (migration ``0019_search_pieces``): it makes the pieces
of the rows, and the same function makes those of a name that is looked for.
"""

import re
from typing import Final, NamedTuple

from . import normalise

# Shorter parts are found in nearly every row; the index has no pieces for them.
MAIL_LENGTH: Final = 3
DIGITS_LENGTH: Final = 4

_NOT_A_DIGIT = re.compile(r"[\s\-()+ー.]")
_MAIL = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~@-]+")


class Word(NamedTuple):
    """One thing that a row must have: any of the three."""

    name: str = ""
    mail: str = ""
    digits: str = ""


def words_of(term: str) -> list[Word]:
    """Each word of ``term``; a telephone number is one word however it is spaced."""
    text = normalise.clean_text(term)
    if number := digits_of(text):
        return [Word(name=text, digits=number)]
    words = [Word(name=word, mail=_mail_of(word), digits=digits_of(word)) for word in text.split()]
    return [word for word in words if word.mail or word.digits or normalise.name_key(word.name)]


def digits_of(text: str) -> str:
    """The digits of a telephone number or of a part of one, as they are dialled in Japan; empty when it is none."""
    digits = _NOT_A_DIGIT.sub("", normalise.clean_address(text))
    if not digits.isascii() or not digits.isdigit() or len(digits) < DIGITS_LENGTH:
        return ""
    return "0" + digits[2:] if text.startswith("+81") else digits


def mail_pieces(part: str) -> list[str]:
    """Pieces that the part before the at sign must contain; none for too short a part."""
    local = part.split("@")[0]
    return [f"@{local[i : i + MAIL_LENGTH]}" for i in range(len(local) - MAIL_LENGTH + 1)]


def digit_pieces(digits: str) -> list[str]:
    """Pieces that the telephone number must contain."""
    return [f"#{digits[i : i + DIGITS_LENGTH]}" for i in range(len(digits) - DIGITS_LENGTH + 1)]


def _mail_of(word: str) -> str:
    mail = word.lower()
    return mail if _MAIL.fullmatch(mail) and mail_pieces(mail) else ""
