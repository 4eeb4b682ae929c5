"""Typesetting: PDF from a typst template and plain values, tagged for screen readers (PDF/UA-1).

What people typed reaches the template as JSON strings and is shown as text, so that markup in a name stays a name.
"""

import functools
import json
import threading
from collections.abc import Iterator
from datetime import date, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import typst
from django.conf import settings
from django.utils import formats, timezone, translation
from django.utils.translation import gettext as _

from consent_app.domain.written import written_postal_code
from consent_app.models import Operator
from consent_app.public_words import ChannelWords, complaint_words
from privacy_portal.core.localized import localized
from privacy_portal.core.wareki import wareki

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


def frame(
    request: DisclosureRequest, *, on: date, title: str, language: str, to: Party | None = None
) -> dict[str, Any]:
    """What every letter of a request has: from whom, to whom, when, and its number.

    Args:
        to: to whom it goes; without one, to whoever asked.
    """
    operator = Operator.objects.get()
    recipient_lines, recipient_name = _recipient(request, to)
    return {
        "title": title,
        "language": language,
        "operator": {
            "name": localized(operator, "name", language),
            "lines": [_operator_address(operator, language)],
            "manager_title": localized(operator, "manager_title", language),
            "hours": localized(operator, "hours", language),
        },
        **_complaints(operator, language),
        "receipt_label": _("受付番号"),
        "receipt_number": request.receipt_number,
        "recipient_lines": recipient_lines,
        "recipient_name": recipient_name,
        "date": date_words(on, language),
    }


def date_words(value: date, language: str) -> str:
    """A day as every letter writes it: in Japanese by the Japanese and by the western calendar.

    Args:
        value: a day, or a moment, of which the day in the deployment's time zone counts.
    """
    day = timezone.localdate(value) if isinstance(value, datetime) else value
    if language != "ja":
        with translation.override(language):
            return formats.date_format(day, "j F Y")
    western, japanese = f"{day.year}年{day.month}月{day.day}日", wareki(day)
    return f"{japanese}（{western}）" if japanese else western


def day_words(text: str | None) -> str:
    """A stored day (ISO) in the active language, as in a letter; empty for none."""
    try:
        language = "en" if (translation.get_language() or "ja").startswith("en") else "ja"
        return date_words(date.fromisoformat(text), language) if text else ""
    except ValueError:
        return text or ""


def _complaints(operator: Operator, language: str) -> dict[str, list[list[str]]]:
    """To whom and how to complain: the ways of the profile, and the accredited organisation where there is one.

    Article 40 has the operator deal with complaints, article 53 the accredited organisation.
    """
    accredited = (localized(operator, "accredited_name", language), localized(operator, "accredited_contact", language))
    with translation.override(language):
        words = complaint_words(operator)
    lines = [[way.name, _in_print(way, operator, language)] for way in words]
    return {"complaints": lines, "accredited": [[part for part in accredited if part]] if accredited[0] else []}


def _in_print(way: ChannelWords, operator: Operator, language: str) -> str:
    if way.channel == Operator.Channel.PORTAL:
        return f"{way.text} {settings.PORTAL_URL}/"  # paper has no links
    return _operator_address(operator, language) if way.channel == Operator.Channel.LETTER else way.text


def _postal_code(value: str) -> str:
    return f"〒{written_postal_code(value)}" if value else ""


def _operator_address(operator: Operator, language: str) -> str:
    """One line. An English address usually ends with its postal code, which is not said twice."""
    address = localized(operator, "address", language)
    if operator.postal_code in address:
        return address
    return f"{_postal_code(operator.postal_code)} {address}".strip()


def _recipient(request: DisclosureRequest, to: Party | None) -> tuple[list[str], str]:
    """The address lines and the name of whom the letter goes to: the agent where one acts, else the principal."""
    parties = {party.kind: party for party in request.parties.all()}
    party = to or parties.get(Party.Kind.AGENT) or parties[Party.Kind.PRINCIPAL]
    lines = address_lines(party.postal_code, party.prefecture + party.address1, party.address2)
    # Nobody is named where all of the name is unknown; the letter has an addressee all the same.
    name = party.full_name or _("ご請求者")
    if request.language == "ja":
        name = f"{name} 様"
    return lines, name


def address_lines(postal_code: str, address: str, building: str) -> list[str]:
    """The lines of a window envelope; what is empty is left out."""
    return [line for line in (_postal_code(postal_code), address, building) if line]


@functools.lru_cache(maxsize=4096)
def _is_printable(text: str) -> bool:
    try:
        _compiled("characters.typ", {"text": text})
    except typst.TypstError:
        return False
    return True


def typeset_pages(template: str, data: dict[str, Any], *, ppi: float) -> list[bytes]:
    """A template with its values as pictures (PNG), one a page.

    Args:
        ppi: pixels per inch.
    """
    with _compiling:
        pages = _compiler().compile(TEMPLATES / template, format="png", ppi=ppi, sys_inputs=_inputs(data))
    return [pages] if isinstance(pages, bytes) else list(pages or [])


def _compiled(template: str, data: dict[str, Any]) -> bytes:
    with _compiling:
        # One page range of one format: typst gives bytes, never the list that images come as.
        pdf: bytes = _compiler().compile(  # type: ignore[assignment]
            TEMPLATES / template, format="pdf", sys_inputs=_inputs(data), pdf_standards=["ua-1"]
        )
    return pdf


def _inputs(data: dict[str, Any]) -> dict[str, str]:
    return {"data": json.dumps(data, ensure_ascii=False)}


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
