"""How the parts of a printed case file say things: rows of a name and a value, and what is empty left out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.template.defaultfilters import filesizeformat
from django.utils import formats, timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from consent_app.domain.articles import article_text
from privacy_portal.core.models import EncryptedFile, User

from ..domain.request_types import REQUEST_TYPES

# One record of a part: its heading, which may be empty, and its rows. Lists, because the typesetter gets JSON.
Record = dict[str, Any]


def language() -> str:
    """The language of whoever prints."""
    return "en" if (get_language() or "ja").startswith("en") else "ja"


def record(title: object, *rows: tuple[object, object]) -> Record:
    """A record with the rows that say something."""
    return {"title": str(title), "rows": [[str(name), said(value)] for name, value in rows if said(value)]}


def said(value: object) -> str:
    """A value as text; nothing for what is empty."""
    return "" if value is None else str(value).strip()


def moment(at: datetime | None) -> str:
    """A time to the minute, in the deployment's time zone."""
    return formats.date_format(timezone.localtime(at), "Y-m-d H:i") if at else ""


def by(user: User | None, at: datetime | None) -> str:
    """Who did something, and when; an account that is gone leaves a dash."""
    return f"{user or '—'}　{moment(at)}".strip()


def joined(words: Iterable[object]) -> str:
    """Things in a row."""
    return str(_("、")).join(str(word) for word in words)


def beside(what: object, more: object) -> str:
    """A thing with what is said about it in brackets, as the language writes them."""
    return f"{what} ({more})" if language() == "en" else f"{what}（{more}）"


def article(code: str) -> str:
    """An article of the law."""
    return article_text(code, language()) if code else ""


def ground(request_type: str, code: str) -> str:
    """A ground of the law for not granting, with its article."""
    refusal = next((one for one in REQUEST_TYPES[request_type].refusals if one.code == code), None)
    return beside(refusal.text, article(refusal.article)) if refusal else code


def file_words(file: EncryptedFile) -> str:
    """How large a file is, or that it is gone."""
    if file.erased_at:
        return _("消去済み（%(at)s）") % {"at": moment(file.erased_at)}
    return filesizeformat(file.size)
