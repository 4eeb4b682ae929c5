"""`/dev/mail/`: what the mail catcher caught. The pages exist only with DEBUG."""

import datetime
import email
import email.policy
import functools
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

from csp.decorators import csp_replace
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

SHOWN = 200


@dataclass(frozen=True)
class CaughtMail:
    """One file of the mail catcher."""

    name: str
    path: Path

    @property
    def caught_at(self) -> datetime.datetime:
        """When it came in."""
        return datetime.datetime.fromtimestamp(self.path.stat().st_mtime, datetime.UTC)

    @functools.cached_property
    def message(self) -> EmailMessage:
        """The message as parsed."""
        message = email.message_from_bytes(self.path.read_bytes(), policy=email.policy.default)
        assert isinstance(message, EmailMessage)  # noqa: S101, the policy's message class
        return message

    @property
    def subject(self) -> str:
        """Decoded."""
        return str(self.message["Subject"] or "")

    @property
    def sender(self) -> str:
        """Decoded."""
        return str(self.message["From"] or "")

    @property
    def recipient(self) -> str:
        """Decoded."""
        return str(self.message["To"] or "")

    def body(self, kind: str) -> str:
        """The part of the kind "plain" or "html", or nothing."""
        part = self.message.get_body((kind,))
        return "" if part is None else str(part.get_content())

    @property
    def text(self) -> str:
        """The plain text."""
        return self.body("plain")

    @property
    def html(self) -> str:
        """The HTML."""
        return self.body("html")


def only_with_debug(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Answer 404 without DEBUG, even where somebody includes these URLs in production by mistake."""

    @functools.wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if not settings.DEBUG:
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


@only_with_debug
def mail_list(request: HttpRequest) -> HttpResponse:
    """The newest mails first."""
    mails = [CaughtMail(path.stem, path) for path in sorted(_folder().glob("*.eml"), reverse=True)[:SHOWN]]
    return render(request, "dev/mail_list.html", {"mails": mails})


@only_with_debug
def mail_detail(request: HttpRequest, name: str) -> HttpResponse:
    """One mail: who, what, and the plain text with its links."""
    return render(request, "dev/mail_detail.html", {"mail": _find(name)})


# A document of its own that may run nothing: our mails carry their style in themselves, as mails must.
@csp_replace(
    {
        "default-src": ["'none'"],
        "style-src": ["'unsafe-inline'"],
        "img-src": ["data:"],
        "sandbox": ["allow-top-navigation-by-user-activation", "allow-popups"],
    }
)
@only_with_debug
def mail_html(request: HttpRequest, name: str) -> HttpResponse:
    """The HTML part as a mail program would show it."""
    return HttpResponse(_find(name).html)


@only_with_debug
def mail_source(request: HttpRequest, name: str) -> HttpResponse:
    """The message as it went over the wire."""
    return HttpResponse(_find(name).path.read_bytes(), content_type="text/plain; charset=utf-8")


def _folder() -> Path:
    return Path(settings.DEV_MAIL_FOLDER)


def _find(name: str) -> CaughtMail:
    # The URL's pattern admits letters, digits and hyphens only, so a name cannot lead out of the folder.
    path = _folder() / f"{name}.eml"
    if not path.is_file():
        raise Http404
    return CaughtMail(name, path)
