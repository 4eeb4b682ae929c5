"""The forms behind the buttons of a case."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django import forms
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from consent_app.domain.articles import article_text
from consent_app.domain.written import written_telephone
from consent_app.models import Customer, DataItem
from privacy_portal.core.models import User

from ..connectors.found import held_items
from ..domain.request_types import REQUEST_TYPES
from ..models import Decision, DisclosureRequest
from ..services.package_scope import left_out_provisions

REASON_LENGTH = 4000


class AssignForm(forms.Form):
    """Who looks after the case."""

    assigned_to = forms.ModelChoiceField(
        label=_("担当者"),
        queryset=User.objects.filter(is_staff=True, is_active=True).order_by("display_name", "email"),
        required=False,
        empty_label=_("決めない"),
        widget=UnfoldAdminSelectWidget,
    )


class MessageForm(forms.Form):
    """A message to the person."""

    body = forms.CharField(
        label=_("本文"),
        max_length=REASON_LENGTH,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 6}),
        help_text=_("メールには本文を載せません。本人はログインして読みます。"),
    )


class NoteForm(forms.Form):
    """Why something is taken back."""

    note = forms.CharField(
        label=_("判断の理由"),
        max_length=500,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("個人データそのものは書きません。本人には見えません。"),
    )


class IdentityForm(forms.Form):
    """The manager's judgement of who it is. Nothing is chosen beforehand: a wrong link discloses to a stranger."""

    NOBODY = "nobody"

    customer = forms.ChoiceField(
        label=_("照合する顧客"),
        widget=UnfoldAdminRadioSelectWidget,
        help_text=_("候補にないときは、上の欄で探してください。"),
    )
    note = forms.CharField(
        label=_("判断の理由"),
        max_length=500,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("何を、どのように確かめたか。個人データそのものは書きません。"),
    )

    not_the_sender = forms.BooleanField(
        label=_("名前が違う理由を確かめ、注文の送り主ではなく本人だと判断した"),
        required=False,
        widget=UnfoldBooleanWidget,
        help_text=_("贈り先の人も注文番号を知っています。送り主のデータを見せないように確かめます。"),
    )

    def __init__(self, *args: Any, candidates: list[Customer], senders: Collection[UUID], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.candidates = {str(customer.pk): customer for customer in candidates}
        self.senders = {str(key) for key in senders}
        if not self.senders:
            del self.fields["not_the_sender"]
        self.fields["customer"].choices = [  # type: ignore[attr-defined]
            *((key, _candidate(customer, key in self.senders)) for key, customer in self.candidates.items()),
            (self.NOBODY, _("登録された顧客ではない")),
        ]

    def clean_customer(self) -> Customer | None:
        """The chosen customer, or None for somebody who is not registered."""
        return self.candidates.get(self.cleaned_data["customer"])

    def clean(self) -> dict[str, Any]:
        """Who has only the order number in common with the customer is not linked in passing."""
        cleaned = super().clean() or {}
        customer = cleaned.get("customer")
        if customer and str(customer.pk) in self.senders and not cleaned.get("not_the_sender"):
            self.add_error("not_the_sender", _("名前が違います。送り主でないことを確かめてから、印を付けてください。"))
        return cleaned


def _candidate(customer: Customer, sender: bool) -> str:
    telephone = written_telephone(customer.telephone)
    facts = (customer.full_name, customer.email, customer.full_address, telephone)
    line = " | ".join(fact or "—" for fact in facts)
    return gettext("%(facts)s 【名前が違います（注文の送り主の可能性）】") % {"facts": line} if sender else line


class DecisionForm(forms.Form):
    """The outcome with its ground and reason. Only what the law allows is offered."""

    outcome = forms.ChoiceField(label=_("結論"), widget=UnfoldAdminRadioSelectWidget)
    ground = forms.ChoiceField(
        label=_("開示しない根拠"),
        required=False,
        widget=UnfoldAdminRadioSelectWidget,
        help_text=_("一部または全部を開示しないときに選びます。"),
    )
    withheld_items = forms.ModelMultipleChoiceField(
        label=_("開示しない項目"),
        queryset=DataItem.objects.none(),
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_("一部を開示するときに選びます。"),
    )
    reason = forms.CharField(
        label=_("理由"),
        required=False,
        max_length=REASON_LENGTH,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 6}),
        help_text=_("通知書にこのまま載ります。開示しないときは必ず書きます（法第36条）。"),
    )

    def __init__(self, *args: Any, case: DisclosureRequest, outcomes: list[str], language: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # What is held under an item that the operator no longer collects can be withheld like anything else.
        held = held_items(case.customer) if case.customer else set()
        items = DataItem.objects.filter(Q(active=True) | Q(code__in=held))
        self.fields["withheld_items"].queryset = items  # type: ignore[attr-defined]
        self.provisions_left_out = left_out_provisions(case.customer) if case.customer else 0
        labels = dict(Decision.Outcome.choices)
        self.fields["outcome"].choices = [(code, labels[code]) for code in outcomes]  # type: ignore[attr-defined]
        refusals = REQUEST_TYPES[case.request_type].refusals
        self.fields["ground"].choices = [  # type: ignore[attr-defined]
            ("", _("なし（開示する）")),
            *((row.code, f"{article_text(row.article, language)} {row.text} — {row.help}") for row in refusals),
        ]

    def clean(self) -> dict[str, Any]:
        """Say what an outcome needs beside the field where it is missing."""
        cleaned = super().clean() or {}
        outcome = cleaned.get("outcome")
        if outcome in (Decision.Outcome.PARTLY, Decision.Outcome.REFUSED):
            if not cleaned.get("ground"):
                self.add_error("ground", _("開示しない根拠を選んでください。"))
            if not cleaned.get("reason"):
                self.add_error("reason", _("開示しない理由を書いてください。"))
        elif outcome and cleaned.get("ground"):
            self.add_error("ground", _("この結論には、開示しない根拠を付けられません。"))
        if outcome == Decision.Outcome.PARTLY and not cleaned.get("withheld_items"):
            self.add_error("withheld_items", _("開示しない項目を選んでください。"))
        if outcome != Decision.Outcome.PARTLY and cleaned.get("withheld_items"):
            self.add_error("withheld_items", _("項目を選べるのは、一部を開示するときだけです。"))
        return cleaned
