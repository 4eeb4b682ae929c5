"""The forms for recording provisions and receipts: who, to whom, what, on which ground."""

from __future__ import annotations

import datetime
import io
from typing import Any, BinaryIO, cast

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminFileFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from ..domain import provisions as rules
from ..domain.formats import FileProblem
from ..domain.normalise import clean_text
from ..domain.provision_file import NO_GROUND_WORDS
from ..models import (
    Customer,
    DataItem,
    JointUser,
    ProvisionBasis,
    ProvisionRun,
    Purpose,
    ReceivedProvision,
    Subcontractor,
)
from ..models.provision import METHODS, WITHHELD
from ..services import provision_runs
from ..services.import_texts import file_problem_text
from .provisions import ground_words
from .refusing import RefusingModelForm

Kind = ProvisionRun.Kind
_NONE = [("", "—")]


class RunForm(RefusingModelForm):
    """What every run asks: the persons, and the other party."""

    references = forms.CharField(
        label=_("お客さまの番号"),
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 5}),
        help_text=_("1行に1人。会員番号、または「eccube:12」のような取得元と番号。下で探して加えることもできます。"),
    )
    file = forms.FileField(
        label=_("CSVファイル"),
        required=False,
        widget=UnfoldAdminFileFieldWidget,
        help_text=_("「顧客番号」の列があるCSV。ほかの列があれば、その行では下の内容より優先します。"),
    )
    party = forms.CharField(label=_("相手の名称"), required=False, max_length=200, widget=UnfoldAdminTextInputWidget)
    address = forms.CharField(label=_("相手の住所"), required=False, max_length=300, widget=UnfoldAdminTextInputWidget)
    representative = forms.CharField(
        label=_("相手の代表者"),
        required=False,
        max_length=200,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("相手が法人のとき。"),
    )
    country = forms.RegexField(
        r"^[A-Za-z]{2}\Z",
        label=_("相手の国・地域"),
        initial="JP",
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="ISO 3166-1 alpha-2",
        error_messages={"invalid": _("国は、JPのような2文字で書いてください。")},
    )
    items = forms.MultipleChoiceField(
        label=_("データ項目"), required=False, widget=UnfoldAdminCheckboxSelectMultipleWidget
    )

    # Names of the fields that are the same for every row, as the list calls its columns.
    COMMON: tuple[str, ...] = ("party", "address", "representative", "country", "items")

    class Meta:
        model = ProvisionRun
        fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["items"].choices = [(item.code, item.name) for item in self.offered_items()]  # type: ignore[attr-defined]

    def offered_items(self) -> list[DataItem]:
        """The items that can be chosen. Those of gift recipients are used for shipping and never given."""
        return list(DataItem.objects.filter(active=True).exclude(code="recipient"))

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        upload, words = cleaned.get("file"), cleaned.get("references", "")
        chosen = self.data.getlist("chosen") if hasattr(self.data, "getlist") else []
        words = "\n".join([words, *(key for key in chosen if key)])
        if upload is not None and words.strip():
            raise ValidationError(_("番号の入力とCSVファイルは、どちらか一方にしてください。"))
        if upload is None and not words.strip():
            raise ValidationError(_("だれの記録かを、番号、検索、CSVファイルのどれかで選んでください。"))
        content = upload if upload is not None else io.BytesIO(provision_runs.list_of(words))
        try:
            cleaned["layout"] = provision_runs.check(content=cast(BinaryIO, content))
        except FileProblem as problem:
            raise ValidationError({"file": file_problem_text(problem)}) from None
        cleaned["content"] = content
        self._require(cleaned, set(cleaned["layout"].header))
        return cleaned

    # What the law wants of each record; it may stand in the list instead.
    REQUIRED: tuple[tuple[str, Any], ...] = (
        ("party", _("相手の名称を入れてください。")),
        ("address", _("相手の住所を入れてください（規則第20条、第24条）。")),
        ("items", _("データ項目を選んでください。")),
    )

    def _require(self, cleaned: dict[str, Any], in_list: set[str]) -> None:
        for name, words in self.REQUIRED:
            if name in self.fields and not cleaned.get(name) and name not in in_list and name not in self.errors:
                self.add_error(name, words)

    def common(self) -> dict[str, Any]:
        """What is the same for every row, as it is kept with the run."""
        values: dict[str, Any] = {}
        for name in self.COMMON:
            value = self.cleaned_data.get(name)
            values[name] = value.isoformat() if isinstance(value, datetime.date) else value
        return {name: clean_text(value) if isinstance(value, str) else value for name, value in values.items()}


def _ground_choices() -> list[tuple[str, str]]:
    return [("", gettext("場合から決まる条文")), *((one, ground_words(one)) for one in rules.GROUNDS)]


class ProvideForm(RunForm):
    """A provision that is about to be made, or was made already."""

    basis = forms.ChoiceField(label=_("ポリシーの場合"), required=False, widget=UnfoldAdminSelectWidget)
    ground = forms.ChoiceField(
        label=_("法律上の根拠"),
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text=_("法律の例外にならない場合は、代わりになる条文を必ず選びます。"),
    )
    purpose = forms.ChoiceField(
        label=_("利用目的"),
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text=_(
            "同意を根拠にするときは、この相手への提供に同意を得た利用目的。委託や共同利用のときは、その利用目的。"
        ),
    )
    subcontractor = forms.ChoiceField(
        label=_("委託先"), required=False, widget=UnfoldAdminSelectWidget, help_text=_("委託を根拠にするとき。")
    )
    joint_user = forms.ChoiceField(
        label=_("共同で使う会社"),
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text=_("共同利用を根拠にするとき。"),
    )
    evidence = forms.CharField(
        label=_("根拠の証拠"),
        required=False,
        max_length=300,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("令状や照会書の日付と番号、同意書のつづり、契約書など。個人データは書かないでください。"),
    )
    despite_stop = forms.BooleanField(
        label=_("停止中でも渡す"),
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text=_("法第27条第1項各号の例外が、ご本人の求めによる停止に優先すると判断したとき。記録に残ります。"),
    )
    date = forms.DateField(
        label=_("提供日"), required=False, widget=UnfoldAdminSingleDateWidget, help_text=_("空欄は今日です。")
    )
    until = forms.DateField(
        label=_("最後の提供日"),
        required=False,
        widget=UnfoldAdminSingleDateWidget,
        help_text=_("くり返した提供をまとめて記録するとき。"),
    )
    method = forms.ChoiceField(label=_("記録のしかた"), choices=METHODS, widget=UnfoldAdminSelectWidget)
    withheld = forms.ChoiceField(
        label=_("ご本人に開示しない理由"),
        required=False,
        choices=[*_NONE, *WITHHELD],
        widget=UnfoldAdminSelectWidget,
        help_text=_("あるときだけ。法第27条第1項各号による提供は、選ばなくても開示しません。"),
    )

    COMMON = (
        *RunForm.COMMON,
        *("basis", "ground", "purpose", "subcontractor", "joint_user", "evidence", "despite_stop"),
        *("date", "until", "method", "withheld"),
    )
    REQUIRED = (*RunForm.REQUIRED, ("basis", _("ポリシーのどの場合かを選んでください。")))

    kind: str = Kind.NOW

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        bases = [row for row in ProvisionBasis.objects.filter(active=True) if _grounds(row)]
        self._bases = {row.code: row for row in bases}
        self._choices("basis", [*_NONE, *((row.code, _basis_words(row)) for row in bases)])
        more = [(NO_GROUND_WORDS[0], gettext("根拠なく渡した"))] if self.kind == Kind.ALREADY else []
        self._choices("ground", [*_ground_choices(), *more])
        purposes = Purpose.objects.filter(active=True, statistical_only=False)
        if self.kind == Kind.EXPORT:
            purposes = purposes.filter(Q(needs_consent=True) & ~Q(provided_to=""))
        self._choices("purpose", [*_NONE, *((row.code, _purpose_words(row)) for row in purposes)])
        rows = Subcontractor.objects.filter(active=True)
        self._choices("subcontractor", [*_NONE, *((row.code, row.name) for row in rows)])
        members = JointUser.objects.filter(until=None).select_related("joint_use")
        self._choices("joint_user", [*_NONE, *((f"{row.joint_use.code}|{row.pk}", row.name) for row in members)])
        if self.kind != Kind.ALREADY:
            for name in ("date", "until", "method"):
                self.fields.pop(name)

    def _choices(self, name: str, choices: list[tuple[str, Any]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        basis = self._bases.get(cleaned.get("basis") or "")
        in_list = set(cleaned["layout"].header) if "layout" in cleaned else set()
        if basis is None or in_list & {"basis", "ground", "evidence"}:
            return cleaned
        grounds = _grounds(basis)
        ground = cleaned.get("ground") or ""
        if ground in NO_GROUND_WORDS:
            return cleaned
        if not ground:
            own = [one for one in grounds if one != rules.CONSENT_ABROAD]
            ground = own[0] if len(own) == 1 else ""
            cleaned["ground"] = ground
            if not ground:
                self.add_error(
                    "ground", _("この場合は、それだけでは法律の例外になりません。根拠になる条文を選んでください。")
                )
        if ground and ground not in grounds:
            self.add_error("ground", _("その条文は、この場合の根拠になりません。"))
        by_product = ground in (rules.CONSENT, rules.CONSENT_ABROAD) and cleaned.get("purpose")
        if ground and not cleaned.get("evidence") and not by_product:
            self.add_error("evidence", _("根拠の証拠（書面の日付や番号など）を書いてください。"))
        if cleaned.get("despite_stop") and ground not in rules.EXCEPTIONS:
            self.add_error("despite_stop", _("停止に優先できるのは、法第27条第1項各号の例外だけです。"))
        return cleaned


class AlreadyForm(ProvideForm):
    """A provision that was made before."""

    kind = Kind.ALREADY


class ExportForm(ProvideForm):
    """A file for the recipient: by consent only, with what is registered about the persons."""

    kind = Kind.EXPORT

    def offered_items(self) -> list[DataItem]:
        return [item for item in super().offered_items() if item.code in Customer.ITEM_FIELDS]


class ReceivedForm(RunForm):
    """A receipt from a third party."""

    confirmable = forms.BooleanField(
        label=_("提供元の名称、住所、代表者と、取得の経緯を確かめられた"),
        required=True,
        widget=UnfoldBooleanSwitchWidget,
        help_text=_("確かめることを断られたデータは受け取れません（法第30条第1項）。"),
        error_messages={"required": _("確かめられないデータは受け取れないため、記録できません（法第30条第1項）。")},
    )
    # Not "kind", which is a column of the run.
    receipt_kind = forms.ChoiceField(
        label=_("区分"), choices=ReceivedProvision.Kind.choices, widget=UnfoldAdminSelectWidget
    )
    how_acquired = forms.CharField(
        label=_("提供元が取得した経緯"),
        required=False,
        max_length=300,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("だれから、どのように取得したと確かめたか。"),
    )
    confirmed_how = forms.CharField(
        label=_("確かめた方法"),
        required=False,
        max_length=300,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("申告書、契約書の写し、公表されている内容など。"),
    )
    purpose = forms.ChoiceField(
        label=_("ご本人が同意した利用目的"),
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text=_("閲覧履歴などの個人関連情報を、個人データとして受け取るとき（法第31条）。"),
    )
    date = forms.DateField(
        label=_("受領日"), required=False, widget=UnfoldAdminSingleDateWidget, help_text=_("空欄は今日です。")
    )
    until = forms.DateField(
        label=_("最後の受領日"),
        required=False,
        widget=UnfoldAdminSingleDateWidget,
        help_text=_("くり返した受領をまとめて記録するとき。"),
    )
    method = forms.ChoiceField(label=_("記録のしかた"), choices=METHODS, widget=UnfoldAdminSelectWidget)
    withheld = forms.ChoiceField(
        label=_("ご本人に開示しない理由"), required=False, choices=[*_NONE, *WITHHELD], widget=UnfoldAdminSelectWidget
    )

    COMMON = (
        *RunForm.COMMON,
        *(
            "confirmable",
            "receipt_kind",
            "how_acquired",
            "confirmed_how",
            "purpose",
            "date",
            "until",
            "method",
            "withheld",
        ),
    )
    REQUIRED = (*RunForm.REQUIRED, ("confirmed_how", _("どのように確かめたかを書いてください（法第30条第1項）。")))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        purposes = Purpose.objects.filter(active=True, needs_consent=True)
        self.fields["purpose"].choices = [*_NONE, *((row.code, row.text) for row in purposes)]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        in_list = set(cleaned["layout"].header) if "layout" in cleaned else set()
        referable = cleaned.get("receipt_kind") == ReceivedProvision.Kind.REFERABLE
        if referable and not cleaned.get("purpose") and "purpose" not in in_list:
            self.add_error("purpose", _("ご本人が同意した利用目的を選んでください（法第31条）。"))
        if not referable and not cleaned.get("how_acquired") and not in_list & {"how_acquired", "kind"}:
            self.add_error("how_acquired", _("提供元が取得した経緯を書いてください（法第30条第1項第2号）。"))
        if cleaned.get("date") and cleaned["date"] > timezone.localdate():
            self.add_error("date", _("先の日付です。"))
        return cleaned

    def common(self) -> dict[str, Any]:
        values = super().common()
        return {**values, "kind": values.pop("receipt_kind")}


FORMS: dict[str, type[RunForm]] = {
    Kind.NOW: ProvideForm,
    Kind.ALREADY: AlreadyForm,
    Kind.EXPORT: ExportForm,
    Kind.RECEIVED: ReceivedForm,
}


def _grounds(basis: ProvisionBasis) -> tuple[str, ...]:
    return rules.grounds_of(article=basis.article, statutory=basis.statutory, requires=basis.requires)


def _basis_words(basis: ProvisionBasis) -> str:
    """The case, the articles that can carry it, and that it is no exception by itself."""
    grounds = gettext("、").join(ground_words(one) for one in _grounds(basis) if one != rules.CONSENT_ABROAD)
    if basis.statutory:
        return gettext("%(text)s（%(grounds)s）") % {"text": basis.text, "grounds": grounds}
    return gettext("⚠ %(text)s（それだけでは法律の例外になりません。%(grounds)sのどれかが要ります）") % {
        "text": basis.text,
        "grounds": grounds,
    }


def _purpose_words(purpose: Purpose) -> str:
    if not purpose.provided_to:
        return str(purpose.text)
    return gettext("%(name)sへの提供：%(text)s") % {"name": purpose.provided_to, "text": purpose.text}


def fieldsets_of(kind: str) -> tuple[Any, ...]:
    """The fields of each form, in groups."""
    who = (_("だれの記録か"), {"fields": ("references", "file")})
    party = (_("相手"), {"fields": (("party", "representative"), ("address", "country"))})
    items = (_("何を"), {"fields": ("items",)})
    if kind == Kind.RECEIVED:
        return (
            who,
            party,
            items,
            (
                _("確かめたこと（法第30条）"),
                {"fields": ("confirmable", "receipt_kind", "how_acquired", "confirmed_how", "purpose")},
            ),
            (_("いつ"), {"fields": (("date", "until"), "method", "withheld")}),
        )
    ground = (
        _("根拠（法第27条、第28条）"),
        {"fields": ("basis", "ground", "purpose", "subcontractor", "joint_user", "evidence", "despite_stop")},
    )
    when = ("date", "until") if kind == Kind.ALREADY else ()
    last = (_("いつ"), {"fields": (when, "method", "withheld")}) if when else (_("開示"), {"fields": ("withheld",)})
    return (who, party, items, ground, last)
