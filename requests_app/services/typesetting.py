"""Typesetting: PDF from a typst template and plain values, tagged for screen readers (PDF/UA-1).

What people typed reaches the template as JSON strings and is shown as text, so that markup in a name stays a name.
"""

import functools
import json
import threading
from collections.abc import Iterator
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any

import typst
from django.conf import settings
from django.utils import formats, translation
from django.utils.translation import gettext as _

from consent_app.domain.written import written_postal_code
from consent_app.models import Operator
from privacy_portal.core.localized import localized

from ..models import DisclosureRequest, Party

TEMPLATES = Path(settings.BASE_DIR) / "templates" / "letters"
# The geta mark, which Japanese printers put where a character is missing.
MISSING = "〓"
# The compiler serves one caller at a time: a second thread would find it borrowed.
_compiling = threading.Lock()


@functools.cache
def _fonts() -> typst.Fonts:
    # The typesetter's own fonts help out with letters that the Japanese font lacks.
    folders = [str(files(name)) for name in ("noto_cjk_sans_jp_regular", "noto_cjk_sans_jp_bold")]
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=list(folders))


@functools.cache
def _compiler() -> typst.Compiler:
    # Kept: reading the fonts takes longer than a letter.
    return typst.Compiler(root=TEMPLATES, font_paths=_fonts(), ignore_system_fonts=True)


def typeset(template: str, data: dict[str, Any]) -> bytes:
    """A template with its values as a tagged PDF.

    A character that no font has is printed as 〓: a letter with a gap is better than none, and PDF/UA-1 allows no
    missing glyphs. :func:`unprintable` tells the manager beforehand.
    """
    try:
        return _compiled(template, data)
    except typst.TypstError:
        missing = unprintable(data)
        if not missing:
            raise
    return _compiled(template, _replaced(data, str.maketrans(dict.fromkeys(missing, MISSING))))


def unprintable(data: dict[str, Any]) -> str:
    """The characters of the values that cannot be printed, each once; mostly none."""
    characters = sorted(set("".join(_texts(data))))
    if _is_printable("".join(characters)):
        return ""
    return "".join(character for character in characters if not _is_printable(character))


def frame(request: DisclosureRequest, *, on: date, title: str, language: str) -> dict[str, Any]:
    """What every letter of a request has: from whom, to whom, when, and its number."""
    operator = Operator.objects.get()
    recipient_lines, recipient_name = _recipient(request)
    return {
        "title": title,
        "language": language,
        "operator": {
            "name": localized(operator, "name", language),
            "lines": [_operator_address(operator, language)],
            "manager_title": localized(operator, "manager_title", language),
            "contacts": [contact for contact in (operator.email, operator.telephone) if contact],
            "hours": localized(operator, "hours", language),
        },
        "receipt_label": _("受付番号"),
        "receipt_number": request.receipt_number,
        "recipient_lines": recipient_lines,
        "recipient_name": recipient_name,
        "date": date_words(on, language),
    }


def date_words(value: date, language: str) -> str:
    """A day as a letter writes it."""
    with translation.override(language):
        return formats.date_format(value, "Y年n月j日" if language == "ja" else "j F Y")


def _postal_code(value: str) -> str:
    return f"〒{written_postal_code(value)}" if value else ""


def _operator_address(operator: Operator, language: str) -> str:
    """One line. An English address usually ends with its postal code, which is not said twice."""
    address = localized(operator, "address", language)
    if operator.postal_code in address:
        return address
    return f"{_postal_code(operator.postal_code)} {address}".strip()


def _recipient(request: DisclosureRequest) -> tuple[list[str], str]:
    """The address lines and the name of whom the letter goes to: the agent where one acts, else the principal."""
    parties = {party.kind: party for party in request.parties.all()}
    party = parties.get(Party.Kind.AGENT) or parties[Party.Kind.PRINCIPAL]
    lines = [_postal_code(party.postal_code), party.prefecture + party.address1, party.address2]
    name = f"{party.full_name} 様" if request.language == "ja" else party.full_name
    return [line for line in lines if line], name


@functools.lru_cache(maxsize=4096)
def _is_printable(text: str) -> bool:
    try:
        _compiled("characters.typ", {"text": text})
    except typst.TypstError:
        return False
    return True


def _compiled(template: str, data: dict[str, Any]) -> bytes:
    with _compiling:
        # One page range of one format: typst gives bytes, never the list that images come as.
        pdf: bytes = _compiler().compile(  # type: ignore[assignment]
            TEMPLATES / template,
            format="pdf",
            sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
            pdf_standards=["ua-1"],
        )
    return pdf


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict | list):
        for entry in value.values() if isinstance(value, dict) else value:
            yield from _texts(entry)
    else:
        yield str(value)


def _replaced(value: Any, table: dict[int, str]) -> Any:
    if isinstance(value, dict):
        return {key: _replaced(entry, table) for key, entry in value.items()}
    if isinstance(value, list):
        return [_replaced(entry, table) for entry in value]
    return value.translate(table) if isinstance(value, str) else value
