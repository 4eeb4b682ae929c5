"""Texts that exist once per language, in columns of their own."""

from typing import Any

from django.db import models
from django.utils.translation import get_language


class Localized:
    """``name = Localized()`` reads ``name_en`` when English is active and not empty, otherwise ``name_ja``."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: models.Model | None, owner: type | None = None) -> Any:
        if instance is None:
            return self
        return localized(instance, self.name)


def localized(instance: models.Model, name: str, language: str | None = None) -> str:
    """The text ``name`` in ``language`` (the active one by default), Japanese where English is empty."""
    language = language or get_language() or "ja"
    if language.startswith("en"):
        text: str = getattr(instance, f"{name}_en")
        if text:
            return text
    japanese: str = getattr(instance, f"{name}_ja")
    return japanese
