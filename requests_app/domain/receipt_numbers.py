"""Receipt numbers: not to be guessed from one another, and a slip of the pen is noticed.

Eleven random characters and a check character, shown and stored in groups of four: ``RK7D-4M2P-Q8XA``. The alphabet
has 31 characters, a prime, so the weighted sum that ISBN-10 uses (there modulo 11) detects every wrong character and
every exchange of two characters. 31**11 is about 2**54.5: guessing one of a million numbers takes thousands of millions
of attempts, and a number alone opens nothing.
"""

import re
import secrets
import unicodedata

# Digits and Latin letters without I, L, O, U and Z, which are read as 1, 1, 0, V and 2.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXY"
LENGTH = 12
_GROUP = 4
_VALUES = {character: value for value, character in enumerate(ALPHABET)}
_READ_AS = str.maketrans({"I": "1", "L": "1", "O": "0", "U": "V", "Z": "2"})
# What people put between groups, after NFKC: spaces, every kind of hyphen and dash, the Japanese long vowel mark.
_SEPARATORS = re.compile(r"[\s\-\u2010-\u2015\u2212\u30fc\uff70\u2043\u00ad.,_/]+")


class InvalidReceiptNumber(ValueError):
    """The text cannot be a receipt number. Carries none of the text."""


def generate() -> str:
    """A new receipt number from the system's secure random source, grouped."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH - 1))
    return grouped(body + check_character(body))


def check_character(body: str) -> str:
    """The character after ``body`` (eleven of the alphabet) that makes the weighted sum divisible by 31.

    The weights run from 12 down to 1. They differ and are no multiples of 31, therefore no single wrong character and
    no exchange of two different characters leaves the sum as it was.
    """
    total = sum(weight * _VALUES[character] for weight, character in zip(range(LENGTH, 1, -1), body, strict=True))
    return ALPHABET[-total % len(ALPHABET)]


def parse(text: str) -> str:
    """The stored form of a number as a person typed it.

    Full-width characters, lower case, any hyphens or spaces, and the letters that look like a digit are accepted.

    Raises:
        InvalidReceiptNumber: wrong length, a character outside the alphabet, or the check character does not match.
    """
    compact = _SEPARATORS.sub("", unicodedata.normalize("NFKC", text)).upper().translate(_READ_AS)
    if len(compact) != LENGTH or any(character not in _VALUES for character in compact):
        raise InvalidReceiptNumber("not a receipt number")
    if check_character(compact[:-1]) != compact[-1]:
        raise InvalidReceiptNumber("the check character does not match")
    return grouped(compact)


def grouped(compact: str) -> str:
    """Groups of four with a hyphen between."""
    return "-".join(compact[start : start + _GROUP] for start in range(0, len(compact), _GROUP))


FRAGMENT_LENGTH = 3
_LABEL = re.compile(r"^(?:受付番号|番号|受付|NO\.?|№|#)[\s:：]*", re.IGNORECASE)


def without_label(text: str) -> str:
    """What was copied together with the word before it (受付番号：…)."""
    return _LABEL.sub("", unicodedata.normalize("NFKC", text).strip())


def fragment(text: str) -> str:
    """A part of a number as a person typed it, ungrouped; empty when it cannot be one.

    A part without a digit is most likely a name: only a whole number is read without one.
    """
    compact = _SEPARATORS.sub("", without_label(text)).upper()
    part = compact.translate(_READ_AS)
    digit = any(character.isdigit() for character in compact)
    possible = FRAGMENT_LENGTH <= len(part) <= LENGTH and all(character in _VALUES for character in part)
    return part if possible and digit else ""


def fragment_pieces(part: str) -> list[str]:
    """The pieces of three characters that a number with this part contains, as the database makes them."""
    return [part[i : i + FRAGMENT_LENGTH] for i in range(len(part) - FRAGMENT_LENGTH + 1)]
