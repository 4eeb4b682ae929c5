"""The forms about documents: asking, writing down what came on paper, covering, judging."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminDateWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldBooleanWidget,
)

from privacy_portal.core.services.uploads import ACCEPT
from privacy_portal.core.upload_fields import SeveralFilesField, SeveralFilesInput

from ..domain.evidence import DOCUMENTS, Proof, Reason, needs_of, possible_needs
from ..domain.requesters import REQUESTERS_OF, Requester
from ..models import DisclosureRequest, Evidence
from ..services.evidence import NOTE_LENGTH
from ..services.evidence_pages import Box

BOXES = 4
SIDES = ("left", "top", "width", "height")


def _note(label: Any, help_text: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=False,
        max_length=NOTE_LENGTH,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3, "autocomplete": "off"}),
        help_text=help_text,
    )


class AskDocumentsForm(forms.Form):
    """Who it is, and what they are asked to show."""

    requester = forms.ChoiceField(label=_("請求した人"), widget=UnfoldAdminRadioSelectWidget)
    proofs = forms.MultipleChoiceField(
        label=_("お願いすること"),
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_("必要なものだけを選びます。持っているデータに比べて重い確認を求めることはできません。"),
    )

    def __init__(self, *args: Any, case: DisclosureRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        requesters = REQUESTERS_OF[case.role]
        self.fields["requester"].choices = [(one.value, one.label) for one in requesters]  # type: ignore[attr-defined]
        self.fields["proofs"].choices = [  # type: ignore[attr-defined]
            (need.proof.value, need.proof.label) for need in possible_needs(case.role)
        ]
        self.fields["note"] = _note(_("説明"), _("本人のページに載ります。書類の番号は書きません。"))
        self.initial.setdefault("requester", requesters[0].value)
        self.initial.setdefault("proofs", [need.proof.value for need in needs_of(case.role) if need.required])

    @staticmethod
    def table(role: str) -> list[dict[str, Any]]:
        """For each requester of the role what can be asked for, and by which documents."""
        return [
            {
                "requester": Requester(one).label,
                "needs": [
                    {
                        "proof": need.proof.label,
                        "required": need.required,
                        "documents": [DOCUMENTS[code] for code in need.documents],
                    }
                    for need in needs_of(role, one)
                ],
            }
            for one in REQUESTERS_OF[role]
        ]


class DayInput(UnfoldAdminDateWidget):
    """The browser's own calendar."""

    input_type = "date"


class RecordForm(forms.Form):
    """A document that came by post or was shown."""

    what = forms.ChoiceField(label=_("書類"), widget=UnfoldAdminSelectWidget)
    way = forms.ChoiceField(
        label=_("届き方"),
        choices=[(Evidence.Way.POST, Evidence.Way.POST.label), (Evidence.Way.COUNTER, Evidence.Way.COUNTER.label)],
        widget=UnfoldAdminRadioSelectWidget,
    )
    came_on = forms.DateField(label=_("届いた日・見た日"), widget=DayInput(format="%Y-%m-%d"))
    copies = SeveralFilesField(
        label=_("写し"),
        required=False,
        widget=SeveralFilesInput(attrs={"accept": ACCEPT}),
        help_text=_("なくてもかまいません。マイナンバー、本籍、保険の記号・番号は、隠してから取り込みます。"),
    )

    def __init__(self, *args: Any, case: DisclosureRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        groups = [
            (
                need.proof.label,
                [(f"{need.proof.value}:{code}", DOCUMENTS[code].name) for code in need.documents],
            )
            for need in possible_needs(case.role)
        ]
        self.fields["what"].choices = [("", _("選んでください")), *groups]  # type: ignore[attr-defined]

    @property
    def values(self) -> dict[str, Any]:
        """What the service takes; of a valid form."""
        proof, _colon, document = self.cleaned_data["what"].partition(":")
        names = ("way", "came_on")
        return {
            "proof": proof,
            "document": document,
            "uploads": self.cleaned_data["copies"],
            **{name: self.cleaned_data[name] for name in names},
        }


class CoverForm(forms.Form):
    """What to cover on a page: by hand with the mouse, or as numbers in percent."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        labels = {"left": _("左から（%）"), "top": _("上から（%）"), "width": _("幅（%）"), "height": _("高さ（%）")}
        for row in range(BOXES):
            for side in SIDES:
                self.fields[f"{side}_{row}"] = forms.FloatField(
                    label=labels[side],
                    required=False,
                    min_value=0,
                    max_value=100,
                    widget=forms.NumberInput(attrs={"step": "0.1", "data-side": side, "inputmode": "decimal"}),
                )

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The fields of each box."""
        return [{"number": row + 1, "fields": [self[f"{side}_{row}"] for side in SIDES]} for row in range(BOXES)]

    def clean(self) -> dict[str, Any]:
        """A box is four numbers or none."""
        cleaned = super().clean() or {}
        for row in range(BOXES):
            given = [cleaned.get(f"{side}_{row}") for side in SIDES]
            if any(value is not None for value in given) and any(value is None for value in given):
                self.add_error(None, _("範囲ごとに、4つの数字をすべて入れてください。"))
                break
        return cleaned

    @property
    def boxes(self) -> list[Box]:
        """The boxes that were given; of a valid form."""
        values = [[self.cleaned_data.get(f"{side}_{row}") for side in SIDES] for row in range(BOXES)]
        return [Box(*given) for given in values if given[0] is not None]  # type: ignore[arg-type]


class AcceptForm(forms.Form):
    """What the document shows, and what was looked at."""

    proofs = forms.MultipleChoiceField(label=_("確かめられたこと"), widget=UnfoldAdminCheckboxSelectMultipleWidget)
    checks = forms.MultipleChoiceField(label=_("見たところ"), widget=UnfoldAdminCheckboxSelectMultipleWidget)

    def __init__(self, *args: Any, evidence: Evidence, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kind = evidence.kind
        needed = {need.proof for need in possible_needs(evidence.request.role)}
        self.fields["proofs"].choices = [  # type: ignore[attr-defined]
            (proof.value, proof.label) for proof in Proof if proof in kind.proves and proof in needed
        ]
        self.fields["checks"].choices = [(check.value, check.label) for check in kind.checks]  # type: ignore[attr-defined]
        if evidence.document == "mandate":
            self.fields["covers_receipt"] = forms.TypedChoiceField(
                label=_("回答の受け取り"),
                choices=[
                    ("True", _("代理人に任せると書いてある：回答は代理人に渡す")),
                    ("False", _("書いていない：回答は本人に郵送する")),
                ],
                coerce=lambda value: value == "True",
                widget=UnfoldAdminRadioSelectWidget,
            )
        self.fields["note"] = _note(_("メモ"), _("本人には見えません。書類の番号は書きません。"))

    @property
    def values(self) -> dict[str, Any]:
        """What the service takes; of a valid form."""
        return {"covers_receipt": None} | self.cleaned_data


class RejectForm(forms.Form):
    """Why the document is not enough."""

    reason = forms.ChoiceField(
        label=_("受け取れない理由"),
        choices=Reason.choices,
        widget=UnfoldAdminRadioSelectWidget,
        help_text=_("この理由は本人のページに載ります。"),
    )
    erase_now = forms.BooleanField(
        label=_("写しをすぐに消去する"),
        required=False,
        widget=UnfoldBooleanWidget,
        help_text=_("マイナンバーなど、持っていてはいけないものが見えているとき。元には戻せません。"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["note"] = _note(_("メモ"), _("本人には見えません。書類の番号は書きません。"))
