"""Which decisions a second person has to look at: the operator's setting, with history."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from consent_app.admin.kept import KeptAdmin, KeptForm
from consent_app.domain.request_words import OUTCOME_WORDS
from consent_app.models import SecondLookRule

from ..domain.request_types import REQUEST_TYPES


class SecondLookRuleForm(KeptForm):
    """Only the outcomes that the type has."""

    outcomes = forms.MultipleChoiceField(
        label=_("二人目の確認が要る結論"),
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_("選んだ結論は、一人が提案し、ほかの一人が承認してから決定になります。"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "outcomes" in self.fields and self.instance.code in REQUEST_TYPES:
            possible = REQUEST_TYPES[self.instance.code].outcome_articles
            chosen = [(code, words) for code, words in OUTCOME_WORDS.items() if code in possible]
            self.fields["outcomes"].choices = chosen  # type: ignore[attr-defined]


@admin.register(SecondLookRule)
class SecondLookRuleAdmin(KeptAdmin):
    """One entry for each request type; the profile makes them, staff change them."""

    form = SecondLookRuleForm
    list_display = ("__str__", "shown_outcomes")
    fields = ("code", "outcomes")
    readonly_fields = ("code",)

    @display(description=_("二人目の確認が要る結論"))
    def shown_outcomes(self, rule: SecondLookRule) -> str:
        words = [str(text) for code, text in OUTCOME_WORDS.items() if code in rule.outcomes]
        return gettext("、").join(words) or gettext("なし")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False
