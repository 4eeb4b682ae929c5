"""The forms behind the buttons of a case."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminDateWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from consent_app.domain.articles import article_text
from consent_app.domain.written import written_telephone
from consent_app.models import Customer, DataItem, Purpose, Recipient, RefusalGround
from privacy_portal.core.upload_fields import ChosenFilesField

from ..connectors.found import held_items
from ..domain.request_types import REQUEST_TYPES, Refusal
from ..models import Decision, DisclosureRequest
from ..services import decisions
from ..services.package_scope import left_out_provisions

REASON_LENGTH = 4000


class MessageForm(forms.Form):
    """A message to the person."""

    body = forms.CharField(
        label=_("本文"),
        max_length=REASON_LENGTH,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 6}),
        help_text=_("メールには本文もファイルも載せません。本人はログインして読みます。"),
    )
    # Django takes declared fields off the class: its own attribute of that name remains.
    files = ChosenFilesField(  # type: ignore[assignment]
        label=_("添付するファイル"),
        required=False,
        help_text=_("PDF、PNG、JPEG。位置情報や作成者などは取り除いて送ります。"),
    )


class PostedForm(forms.Form):
    """When and how the printed answer was sent."""

    sent_on = forms.DateField(label=_("発送した日"), widget=UnfoldAdminDateWidget)
    tracking_number = forms.CharField(
        label=_("書留などの追跡番号"),
        required=False,
        max_length=60,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("受領証に書かれた番号。届いたことをあとで示せます。"),
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

    gifts = forms.ModelMultipleChoiceField(
        label=_("本人が贈り先になっている注文"),
        queryset=Recipient.objects.none(),
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_(
            "本人だと判断したものに印を付けます。開示するのは贈り先としてのデータだけで、送り主のことは渡しません。"
        ),
    )

    def __init__(
        self,
        *args: Any,
        candidates: list[Customer],
        senders: Collection[UUID],
        recipients: Collection[Recipient] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        if recipients:
            found = Recipient.objects.filter(pk__in=[one.pk for one in recipients]).select_related("record")
            self.fields["gifts"].queryset = found  # type: ignore[attr-defined]
            self.fields["gifts"].label_from_instance = _gift  # type: ignore[attr-defined]
        else:
            del self.fields["gifts"]
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


class GiftsForm(forms.Form):
    """In which orders of others the person is the recipient, for a case whose identity is settled."""

    gifts = forms.ModelMultipleChoiceField(
        label=_("本人が贈り先になっている注文"),
        queryset=Recipient.objects.none(),
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_("印のないものは、この請求では扱いません。"),
    )
    note = forms.CharField(
        label=_("判断の理由"),
        max_length=500,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("何を、どのように確かめたか。個人データそのものは書きません。"),
    )

    def __init__(self, *args: Any, recipients: Collection[Recipient], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = Recipient.objects.filter(pk__in=[one.pk for one in recipients]).select_related("record")
        self.fields["gifts"].queryset = found  # type: ignore[attr-defined]
        self.fields["gifts"].label_from_instance = _gift  # type: ignore[attr-defined]


def _gift(recipient: Recipient) -> str:
    address = f"{recipient.postal_code} {recipient.prefecture}{recipient.address1} {recipient.address2}".strip()
    return gettext("注文 %(number)s：%(name)s、%(address)s") % {
        "number": recipient.record.external_id,
        "name": recipient,
        "address": address,
    }


def _candidate(customer: Customer, sender: bool) -> str:
    telephone = written_telephone(customer.telephone)
    facts = (customer.full_name, customer.email, customer.full_address, telephone)
    line = " | ".join(fact or "—" for fact in facts)
    return gettext("%(facts)s 【名前が違います（注文の送り主の可能性）】") % {"facts": line} if sender else line


class DecisionForm(forms.Form):
    """The outcome with its ground and reason. Only what the law allows is offered."""

    outcome = forms.ChoiceField(label=_("結論"), widget=UnfoldAdminRadioSelectWidget)
    ground = forms.ChoiceField(
        label=_("応じない根拠"),
        required=False,
        widget=UnfoldAdminRadioSelectWidget,
        help_text=_("一部または全部に応じないとき、代わりの措置をとるときに選びます。"),
    )
    own_ground = forms.ModelChoiceField(
        label=_("プロフィールの理由"),
        queryset=RefusalGround.objects.none(),
        required=False,
        empty_label=_("なし"),
        widget=UnfoldAdminSelectWidget,
        help_text=_("プライバシーポリシーに書いた理由も示すときに選びます。法律の根拠の代わりにはなりません。"),
    )
    withheld_items = forms.ModelMultipleChoiceField(
        label=_("応じない項目"),
        queryset=DataItem.objects.none(),
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_("一部だけ応じるときに選びます。"),
    )
    withheld_purposes = forms.ModelMultipleChoiceField(
        label=_("使い続ける目的"),
        queryset=Purpose.objects.none(),
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_("一部だけ応じるときに選びます。"),
    )
    measure = forms.CharField(
        label=_("代わりにとる措置"),
        required=False,
        max_length=REASON_LENGTH,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
        help_text=_("本人の権利利益を守るために、何をいつするか。通知書にこのまま載ります。"),
    )
    reason = forms.CharField(
        label=_("理由・回答"),
        required=False,
        max_length=REASON_LENGTH,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 6}),
        help_text=_("通知書にこのまま載ります。応じないときは、理由を必ず書きます（法第36条）。"),
    )

    def __init__(self, *args: Any, case: DisclosureRequest, outcomes: list[str], language: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.case = case
        self.provisions_left_out = 0
        labels = dict(Decision.Outcome.choices)
        self.fields["outcome"].choices = [(code, labels[code]) for code in outcomes]  # type: ignore[attr-defined]
        if len(outcomes) == 1:
            self.fields["outcome"].initial = outcomes[0]
        self._choose_withheld(case, outcomes)
        grounds = {one.code: one for outcome in outcomes for one in decisions.grounds_for(case, outcome)}
        if not grounds:
            del self.fields["ground"]
        else:
            self.fields["ground"].choices = [  # type: ignore[attr-defined]
                ("", _("なし")),
                *(
                    (row.code, f"{article_text(row.article, language)} {row.text} — {row.help}")
                    for row in grounds.values()
                ),
            ]
        own = {one.pk for outcome in outcomes for one in decisions.own_grounds_for(case, outcome)}
        if own:
            self.fields["own_ground"].queryset = RefusalGround.objects.filter(pk__in=own)  # type: ignore[attr-defined]
        else:
            del self.fields["own_ground"]
        self._choose_parts(grounds, language)
        if Decision.Outcome.ALTERNATIVE not in outcomes:
            del self.fields["measure"]

    def _choose_withheld(self, case: DisclosureRequest, outcomes: list[str]) -> None:
        """What can be left out of a partial answer: items or purposes, as the type asks for them."""
        entry = REQUEST_TYPES[case.request_type]
        partly = Decision.Outcome.PARTLY in outcomes
        if partly and "purposes" in entry.asks:
            wanted = case.wanted_purposes.all() if not case.wants_everything else Purpose.objects.filter(active=True)
            self.fields["withheld_purposes"].queryset = wanted  # type: ignore[attr-defined]
        else:
            del self.fields["withheld_purposes"]
        if partly and "purposes" not in entry.asks and entry.effect != "change":
            # What is held under an item that the operator no longer collects can be withheld like anything else.
            held = held_items(case.customer) if case.customer else set()
            items = DataItem.objects.filter(Q(active=True) | Q(code__in=held))
            self.fields["withheld_items"].queryset = items  # type: ignore[attr-defined]
        else:
            del self.fields["withheld_items"]
        if entry.effect in ("package", "provision_records") and case.customer:
            self.provisions_left_out = left_out_provisions(case.customer)

    def _choose_parts(self, grounds: Mapping[str, Refusal], language: str) -> None:
        """A ground of its own for whatever may be withheld: chosen on the page that comes next, hidden on this one."""
        self.parts: dict[str, str] = {}
        lawful = {one.code for one in decisions.grounds_for(self.case, Decision.Outcome.PARTLY)}
        words = [
            (code, f"{article_text(row.article, language)} {row.text}")
            for code, row in grounds.items()
            if code in lawful
        ]
        for name in ("withheld_items", "withheld_purposes"):
            if name not in self.fields or len(words) < 2:
                continue
            for row in self.fields[name].queryset:  # type: ignore[attr-defined]
                part = f"part_{row.code}"
                self.parts[part] = row.code
                self.fields[part] = forms.ChoiceField(
                    label=str(row),
                    choices=[("", gettext("上の根拠と同じ")), *words],
                    required=False,
                    widget=forms.HiddenInput,
                )

    def part_fields(self) -> list[forms.BoundField]:
        """A select for each thing that is not granted; of a valid form."""
        cleaned = self.cleaned_data
        if cleaned["outcome"] != Decision.Outcome.PARTLY:
            return []
        codes = {row.code for name in ("withheld_items", "withheld_purposes") for row in cleaned.get(name, ())}
        shown = [part for part, code in self.parts.items() if code in codes]
        for part in shown:
            choices = self.fields[part].choices  # type: ignore[attr-defined]
            self.fields[part].widget = UnfoldAdminSelectWidget(choices=choices)
        return [self[part] for part in shown]

    @property
    def proposal(self) -> decisions.Proposal:
        """What was chosen and typed; of a valid form."""
        cleaned = self.cleaned_data
        return decisions.Proposal(
            outcome=cleaned["outcome"],
            ground=cleaned.get("ground", ""),
            own_ground=cleaned.get("own_ground"),
            part_grounds={code: cleaned[part] for part, code in self.parts.items() if cleaned.get(part)},
            reason=cleaned["reason"],
            measure=cleaned.get("measure", ""),
            withheld_items=list(cleaned.get("withheld_items", ())),
            withheld_purposes=list(cleaned.get("withheld_purposes", ())),
        )

    def clean(self) -> dict[str, Any]:
        """Say beside the field what an outcome needs, and what does not belong to it: nothing is dropped in silence."""
        cleaned = super().clean() or {}
        outcome = cleaned.get("outcome")
        if not outcome:
            return cleaned
        fitting = {one.code for one in decisions.grounds_for(self.case, outcome)}
        if fitting and not cleaned.get("ground"):
            self.add_error("ground", _("応じない根拠を選んでください。"))
        elif cleaned.get("ground") and cleaned["ground"] not in fitting:
            self.add_error("ground", _("この結論には、この根拠を付けられません。"))
        if fitting and not cleaned.get("reason"):
            self.add_error("reason", _("応じない理由を書いてください。"))
        if cleaned.get("measure") and outcome != Decision.Outcome.ALTERNATIVE:
            self.add_error("measure", _("この結論には、代わりの措置を付けられません。"))
        for name in ("withheld_items", "withheld_purposes"):
            if name not in self.fields:
                continue
            if outcome == Decision.Outcome.PARTLY and not cleaned.get(name):
                self.add_error(name, _("応じないものを選んでください。"))
            elif outcome != Decision.Outcome.PARTLY and cleaned.get(name):
                self.add_error(name, _("選べるのは、一部だけ応じるときです。"))
        return cleaned
