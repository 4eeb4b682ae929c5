"""What this portal itself stores in a browser: only what it cannot work without."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from privacy_portal.core import known_device

_HOUR, _DAY = 3600, 24 * 3600


@dataclass(frozen=True, slots=True)
class OwnCookie:
    """A cookie of the portal: its name, what for, for how long."""

    name: str
    aim: str
    lasts: str


def own_cookies() -> list[OwnCookie]:
    """Every cookie that the portal sets, with its lifetime as it is configured."""
    return [
        OwnCookie(
            settings.SESSION_COOKIE_NAME,
            _("ログインしていること、書きかけの手続を覚えておくため"),
            _lasts(settings.SESSION_COOKIE_AGE),
        ),
        OwnCookie(
            settings.CSRF_COOKIE_NAME,
            _("ほかのサイトが、あなたになりすまして送信することを防ぐため"),
            _lasts(settings.CSRF_COOKIE_AGE),
        ),
        OwnCookie(
            settings.LANGUAGE_COOKIE_NAME,
            _("選んだ言語で表示するため（言語を切り替えたときだけ）"),
            _lasts(settings.LANGUAGE_COOKIE_AGE),
        ),
        OwnCookie(
            settings.KNOWN_DEVICE_COOKIE_NAME,
            _("前にログインしたブラウザだと分かるようにし、他人のいたずらでログインできなくなることを防ぐため"),
            _lasts(known_device.SECONDS),
        ),
        OwnCookie(
            settings.MESSAGES_COOKIE_NAME,
            _("送信した結果のお知らせを、次のページに表示するため"),
            _("表示するまで"),
        ),
    ]


def _lasts(seconds: int) -> str:
    if seconds < 2 * _DAY:
        hours = seconds // _HOUR
        return ngettext("%(n)d時間", "%(n)d時間", hours) % {"n": hours}
    days = seconds // _DAY
    return ngettext("%(n)d日", "%(n)d日", days) % {"n": days}
