"""Passwords that anybody would try first at this portal."""

from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
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
