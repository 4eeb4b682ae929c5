"""Passwords that anybody would try first at this portal."""

import functools
import re
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

# What is left of a password without these words must be as long as this.
LEAST: Final = 8
# Words of every portal; those of this one are its address and the address that its mails come from.
WORDS: Final = (
    *("privacy", "portal", "password", "admin", "manager", "staff", "personal", "information", "secret", "welcome"),
    *("pasuwado", "kojin", "joho", "kanrisha", "appi", "個人情報", "管理者", "パスワード"),
)


def words() -> tuple[str, ...]:
    """The list of words, the longest first. Those of addresses are their parts of three letters and more."""
    hosts = (urlsplit(settings.PORTAL_URL).hostname or "", settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip("> "))
    parts = {part for host in hosts for part in host.lower().split(".") if len(part) > 2}
    return tuple(sorted({*WORDS, *parts}, key=len, reverse=True))


# Letters as they are written to look clever, and what lies side by side.
_LEET: Final = str.maketrans("@43015$7", "aaeoisst")
_RUNS: Final = ("01234567890123456789", "98765432109876543210", "abcdefghijklmnopqrstuvwxyz")
_ROWS: Final = ("1234567890-=", "qwertyuiop[]", "asdfghjkl;'", "zxcvbnm,./", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/")


# What is shorter is no word by itself.
_PIECE: Final = 4


@functools.cache
def _common() -> frozenset[str]:
    """Django's 20,000 passwords that are used most, those of four characters and more."""
    return frozenset(word for word in CommonPasswordValidator().passwords if len(word) >= _PIECE)


def made_of_common(password: str) -> bool:
    """Whether a password is nothing but one or two common ones, whole or repeated, with a few characters around them.

    Hardly any common password has the twelve characters that are asked for. What people make of them to reach twelve is
    what is tried next: a year or a row of digits behind it, the same word twice, two of them, 0 for o.
    """
    text = password.lower()
    bare = re.sub(r"^[\W\d_]{0,8}|[\W\d_]{0,8}$", "", text)
    cores = {text, bare, re.sub(r"[\W_]", "", text)}
    return any(_one_or_two(core) for core in cores | {core.translate(_LEET) for core in cores})


def _one_or_two(core: str) -> bool:
    cuts = range(_PIECE, len(core) - _PIECE + 1)
    if len(core) < _PIECE:
        return False
    return _is_common(core) or any(_is_common(core[:cut]) and _is_common(core[cut:]) for cut in cuts)


def _is_common(text: str) -> bool:
    for size in range(1, len(text) // 2 + 1):
        if len(text) % size == 0 and text == text[:size] * (len(text) // size):
            text = text[:size]
            break
    runs = (*_RUNS, *_ROWS, *(row[::-1] for row in _ROWS))
    return text in _common() or (len(text) <= 2 and text.isascii()) or any(text in run for run in runs)


class NotMadeOfCommonValidator:
    """Refuses what is made of the passwords that are used most (OWASP ASVS 5.0, 6.2.4)."""

    def validate(self, password: str, user: object = None) -> None:
        """Take it apart."""
        if made_of_common(password):
            raise ValidationError(
                _("このパスワードは、よく使われるパスワードをつなげたり、繰り返したりしたものです。"),
                code="password_made_of_common",
            )

    def get_help_text(self) -> str:
        """For the page where a password is chosen."""
        return _("よく使われるパスワードをつなげたり、繰り返したり、数字や記号を足したりしたものは使えません。")


class NotOurWordsValidator:
    """Refuses what consists of words of this portal and little else (OWASP ASVS 5.0, 6.1.2 and 6.2.11)."""

    def validate(self, password: str, user: object = None) -> None:
        """Take the words out and look at what is left."""
        left = password.lower()
        for word in words():
            left = left.replace(word, "")
        if len(left) < min(LEAST, len(password)):
            raise ValidationError(
                _("このパスワードは、この窓口にかかわる言葉でほとんどできています。ほかの言葉にしてください。"),
                code="password_our_words",
            )

    def get_help_text(self) -> str:
        """For the page where a password is chosen."""
        return _("この窓口の名前や住所（URL）の言葉でほとんどできたパスワードは使えません。")
