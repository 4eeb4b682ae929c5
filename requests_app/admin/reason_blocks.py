"""The texts that reasons are built from: the operator's own register, with history."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextareaWidget

from consent_app.admin.base import text_column
from consent_app.admin.kept import KeptAdmin, KeptForm
from consent_app.domain.articles import article_text
from consent_app.domain.request_words import OUTCOME_WORDS, REQUEST_WORDS
from consent_app.models import ReasonBlock

from ..domain.request_types import REQUEST_TYPES, Refusal

# Code of a ground -> its first entry of the table; the same ground has other articles for other types.
_GROUNDS: dict[str, Refusal] = {}
for _entry in REQUEST_TYPES.values():
    for _refusal in _entry.refusals:
        _GROUNDS.setdefault(_refusal.code, _refusal)


def _choices(label: Any, words: list[tuple[str, Any]] | Any, help_text: Any = "") -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=label,
        choices=words,
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=help_text,
    )


def _grounds() -> list[tuple[str, str]]:
    language = "en" if (get_language() or "ja").startswith("en") else "ja"
    return [(code, f"{article_text(row.article, language)} {row.text}") for code, row in _GROUNDS.items()]


class ReasonBlockForm(KeptForm):
    """A text in both languages, and where it is offered."""

    requests = _choices(
        _("請求の種類"), [(code, words.term) for code, words in REQUEST_WORDS.items()], _("選ばなければ、すべて。")
    )
    outcomes = _choices(_("結論"), list(OUTCOME_WORDS.items()), _("選ばなければ、すべて。"))
    grounds = _choices(_("応じない根拠"), _grounds, _("選ばなければ、すべて。"))

    class Meta:
        widgets = {
            "text_ja": UnfoldAdminTextareaWidget(attrs={"rows": 4}),
            "text_en": UnfoldAdminTextareaWidget(attrs={"rows": 4}),
        }
        help_texts = {
            "text_ja": _(
                "{article} には条文、{items} には項目の名前が入ります。ほかの { } は、決定する人が書くところです。"
            ),
            "text_en": _("英語の手紙に入ります。"),
        }


@admin.register(ReasonBlock)
class ReasonBlockAdmin(KeptAdmin):
    """Offered in the form of a decision. Retired, not deleted."""

    form = ReasonBlockForm
    list_display = ("shown_title", "shown_requests", "shown_outcomes", "active")
    list_filter = ("active",)
    search_fields = ("code", "title_ja", "title_en", "text_ja", "text_en")
    fields = (
        ("title_ja", "title_en"),
        "text_ja",
        "text_en",
        "requests",
        "outcomes",
        "grounds",
        "active",
        ("position", "code"),
    )
    shown_title = text_column("title", _("題"))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The profile and the product know it by its code."""
        return ("code",) if obj else ()

    @display(description=_("請求の種類"))
    def shown_requests(self, block: ReasonBlock) -> str:
        words = [str(REQUEST_WORDS[code].term) for code in block.requests if code in REQUEST_WORDS]
        return gettext("、").join(words) or gettext("すべて")

    @display(description=_("結論"))
    def shown_outcomes(self, block: ReasonBlock) -> str:
        words = [str(OUTCOME_WORDS[code]) for code in block.outcomes if code in OUTCOME_WORDS]
        return gettext("、").join(words) or gettext("すべて")
