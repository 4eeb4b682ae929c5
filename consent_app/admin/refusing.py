"""Forms of staff that take no My Number, whatever text it was typed into (Number Use Act, article 20)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from ..domain.my_number import REFUSED, holds_my_number


class Refusing:
    """Looks at every text after it was cleaned; a number of twelve digits that is none can be left out."""

    def full_clean(self: Any) -> None:
        super().full_clean()  # type: ignore[misc]
        for name, value in list(getattr(self, "cleaned_data", {}).items()):
            if name in self.fields and any(map(holds_my_number, _texts(value))):
                self.add_error(name, ValidationError(REFUSED, code="my_number"))


def _texts(value: object) -> Iterable[str]:
    if isinstance(value, str):
        return [value]
    return [one for one in value if isinstance(one, str)] if isinstance(value, list | tuple) else []


class RefusingForm(Refusing, forms.Form):
    """A form of its own."""


class _ReasonForm(RefusingForm):
    reason = forms.CharField(required=False)


def refused_reason(request: HttpRequest) -> str:
    """What is wrong with the reason that a page asked for, beside what its service looks at; mostly nothing."""
    return " ".join(map(str, _ReasonForm(request.POST).errors.get("reason", [])))


class RefusingModelForm(Refusing, forms.ModelForm):
    """A form of a model."""
