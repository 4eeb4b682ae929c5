"""What a page says to people: its visible text and the texts of attributes, without the names of icons."""

import re
from html.parser import HTMLParser

from django.apps import apps
from django.db import models

from consent_app.models import Customer
from privacy_portal.core.fields import EncryptedTextField
from requests_app.models import Party

JAPANESE = re.compile(r"[\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uff01-\uff60]")
ENGLISH = re.compile(r"[A-Za-z][A-Za-z_.’']{2,}")

_SILENT = {"script", "style", "template", "svg", "code", "pre", "textarea"}
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
_SPOKEN = ("alt", "aria-label", "aria-description", "placeholder", "title", "data-label")


class _Words(HTMLParser):
    """Collects texts. Part of a page that is marked as another language is left out: it is meant to differ."""

    def __init__(self, language: str) -> None:
        super().__init__()
        self.language = language
        self.texts: list[str] = []
        self.links: list[str] = []
        self._open: list[tuple[str, bool]] = []

    @property
    def _silent(self) -> bool:
        return any(silent for _tag, silent in self._open)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        silent = (
            tag in _SILENT
            or "material-symbols-outlined" in values.get("class", "")
            or values.get("lang", self.language) != self.language
        )
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        if not (silent or self._silent):
            self.texts += [values[name] for name in _SPOKEN if name in values]
            if tag == "input" and values.get("type") in ("submit", "button"):
                self.texts.append(values.get("value", ""))
        if tag not in _VOID:
            self._open.append((tag, silent))

    def handle_endtag(self, tag: str) -> None:
        for place in range(len(self._open) - 1, -1, -1):
            if self._open[place][0] == tag:
                del self._open[place:]
                return

    def handle_data(self, data: str) -> None:
        if not self._silent and data.strip():
            self.texts.append(" ".join(data.split()))


def words_and_links(page: str, language: str) -> tuple[list[str], list[str]]:
    """The texts of an HTML page in ``language``, and the addresses it links to."""
    parser = _Words(language)
    parser.feed(page)
    return parser.texts, parser.links


def stored_values() -> list[str]:
    """Every text in our tables, the longest first: what people or the operator wrote is in no language of ours."""
    found: set[str] = set()

    def take(value: object) -> None:
        if isinstance(value, str):
            found.update(" ".join(line.split()) for line in value.splitlines())
        elif isinstance(value, dict):
            for key, entry in value.items():
                take(key)
                take(entry)
        elif isinstance(value, list | tuple):
            for entry in value:
                take(entry)

    for model in apps.get_models():
        if model._meta.app_label in ("core", "consent_app", "requests_app"):
            names = [
                field.attname
                for field in model._meta.concrete_fields
                if isinstance(field, models.CharField | models.TextField | models.JSONField | EncryptedTextField)
                and not field.choices
            ]
            for row in model._default_manager.all():
                take([getattr(row, name) for name in names])
    found.update(person.full_name for model in (Customer, Party) for person in model.objects.all())
    return sorted((value for value in found if len(value) > 1), key=len, reverse=True)
