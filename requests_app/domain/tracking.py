"""Numbers of the post by which a letter can be followed and its delivery proved."""

import re
import unicodedata

# Registered mail and most parcels in Japan have 11 or 12 digits, some services 13; mail abroad has the 13 characters
# of the Universal Postal Union's standard S10. Only the form is checked: a slip of the pen in a digit is seen when
# somebody follows the number, and a number that is refused wrongly would be written down nowhere.
_DOMESTIC = re.compile(r"[0-9]{11,13}")
_ABROAD = re.compile(r"[A-Z]{2}[0-9]{9}[A-Z]{2}")


def read(text: str) -> str | None:
    """The number without spaces and hyphens, in any width; empty for nothing, None for what cannot be one."""
    if len(text) > 60:
        return None
    plain = re.sub(r"[\s\-‐‑–—−ーｰ]", "", unicodedata.normalize("NFKC", text)).upper()
    if not plain or _DOMESTIC.fullmatch(plain) or _ABROAD.fullmatch(plain):
        return plain
    return None


def written(number: str) -> str:
    """As the post prints it: digits in groups, mail abroad as it is."""
    if number.isdigit() and len(number) in (11, 12):
        groups = (number[: len(number) - 8], number[-8:-4], number[-4:]) if len(number) == 12 else (
            number[:3], number[3:5], number[5:10], number[10:]
        )  # fmt: skip
        return "-".join(groups)
    return number
