"""The forms of an incident's pages."""

from __future__ import annotations

import csv
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminDateWidget,
    UnfoldAdminFileFieldWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from .. import selectors
from ..domain import affected as affected_rules
from ..domain import incidents as rules
from ..domain.affected import Criteria
from ..models import AffectedPerson, ImportBatch, Incident, IncidentNotice, IncidentReport
from ..services import incidents
from .kept import KeptForm
from .refusing import RefusingForm

MOST_BYTES = 5_000_000
REPORT_ITEMS = tuple(item.field for item in rules.ITEMS)


class IncidentForm(KeptForm):
    """The facts of an incident, the nine items of its report, and what was done for people who cannot be told."""

    class Meta:
        widgets: ClassVar[dict[str, Any]] = {
            "items": UnfoldAdminCheckboxSelectMultipleWidget,
            **{name: UnfoldAdminTextareaWidget(attrs={"rows": 4}) for name in (*REPORT_ITEMS, "substitute")},
        }

    class Media:
        css: ClassVar[dict[str, tuple[str, ...]]] = {"all": ("admin_portal/items.css",)}

    def clean(self) -> dict[str, Any]:
        """What the calendar and the catalogue of data items contradict."""
        cleaned = super().clean()
        if cleaned.get("known_at"):
            probe = Incident(
                known_at=cleaned["known_at"],
                reportable_on=cleaned.get("reportable_on"),
                substitute_on=cleaned.get("substitute_on"),
            )
            try:
                incidents.check(incident=probe, now=timezone.now())
            except incidents.IncidentError as error:
                raise ValidationError(str(error)) from None
        items = cleaned.get("items")
        if items is not None and cleaned.get("sensitive") == "no" and any(item.sensitive for item in items):
            self.add_error("sensitive", gettext("選んだデータ項目に要配慮個人情報があります。「ない」にはできません。"))
        return cleaned


def _day() -> UnfoldAdminDateWidget:
    """A day that the browser asks for in its own way: these pages load no calendar of the admin's."""
    return UnfoldAdminDateWidget(attrs={"type": "date"}, format="%Y-%m-%d")


def offer(form: forms.Form, name: str, choices: list[tuple[str, Any]]) -> None:
    """Set the choices of a field that depend on the database."""
    field = form.fields[name]
    if isinstance(field, forms.ChoiceField):
        field.choices = choices


class ReportForm(RefusingForm):
    """That a report was sent."""

    kind = forms.ChoiceField(
        label=_("何を報告したか"), choices=IncidentReport.Kind.choices, widget=UnfoldAdminRadioSelectWidget
    )
    sent_on = forms.DateField(label=_("報告した日"), widget=_day())
    reference = forms.CharField(
        label=_("受付番号や報告先"), max_length=200, required=False, widget=UnfoldAdminTextInputWidget
    )
    incomplete_reason = forms.CharField(
        label=_("書けなかった事項があるわけ"),
        max_length=300,
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=_("確報で、合理的に努力してもわからない事項があるとき。わかりしだい、追完で報告します。"),
    )

    def __init__(self, *args: Any, incident: Incident, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if incident.role == Incident.Role.OWN:
            own = [one for one in IncidentReport.Kind.choices if one[0] != IncidentReport.Kind.TO_ENTRUSTER]
            offer(self, "kind", own)


class CriteriaForm(RefusingForm):
    """Whom an incident affects. Everything that is given must hold for a person."""

    everybody = forms.BooleanField(label=_("すべての顧客"), required=False, widget=UnfoldBooleanWidget)
    items = forms.MultipleChoiceField(
        label=_("持っているデータ項目"),
        required=False,
        widget=UnfoldAdminSelectMultipleWidget,
        help_text=_("選んだ項目のどれかを持っている人。"),
    )
    source = forms.ChoiceField(label=_("取得元"), required=False, widget=UnfoldAdminSelectWidget)
    batch = forms.ChoiceField(
        label=_("顧客データの取込"),
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text=_("その取込で登録または変更された人。変わりのなかった行の人は含みません。取得元で選ぶと含みます。"),
    )
    registered_from = forms.DateField(label=_("登録日（から）"), required=False, widget=_day())
    registered_until = forms.DateField(label=_("登録日（まで）"), required=False, widget=_day())
    bought_from = forms.DateField(label=_("注文した日（から）"), required=False, widget=_day())
    bought_until = forms.DateField(label=_("注文した日（まで）"), required=False, widget=_day())
    numbers = forms.CharField(
        label=_("会員番号や注文番号の一覧"),
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 5}),
        help_text=_(
            "貼り付けてください。改行、空白、コンマで区切ります。取得元の会員番号か注文番号、または顧客のIDです。"
        ),
    )
    file = forms.FileField(
        label=_("番号のファイル（CSV）"),
        required=False,
        widget=UnfoldAdminFileFieldWidget,
        help_text=_("1列目を使います。UTF-8かShift_JISで、5MBまで。"),
    )
    gift_recipients = forms.BooleanField(
        label=_("選んだ人の贈り先も含める"), required=False, widget=UnfoldBooleanWidget
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = {
            "items": [(item.code, item.name) for item in selectors.data_items()],
            "source": [("", "—"), *((source, source) for source in selectors.customer_sources())],
            "batch": [("", "—"), *((str(batch.pk), str(batch)) for batch in _batches())],
        }
        for name, offered in choices.items():
            offer(self, name, offered)

    def clean_file(self) -> tuple[str, ...]:
        """The numbers of the file."""
        upload = self.cleaned_data["file"]
        if not upload:
            return ()
        if upload.size > MOST_BYTES:
            raise ValidationError(gettext("ファイルが大きすぎます。5MBまでに分けてください。"))
        try:
            return affected_rules.numbers_in_csv(upload.read())
        except affected_rules.TooManyNumbers:
            raise ValidationError(_too_many()) from None
        except csv.Error:
            raise ValidationError(
                gettext("CSVとして読めません。1行に1つの番号にして、保存し直してください。")
            ) from None
        except ValueError:
            raise ValidationError(gettext("文字コードを読めません。UTF-8かShift_JISで保存し直してください。")) from None

    def clean_numbers(self) -> tuple[str, ...]:
        """The numbers that were pasted."""
        try:
            return affected_rules.numbers_in(self.cleaned_data["numbers"])
        except affected_rules.TooManyNumbers:
            raise ValidationError(_too_many()) from None

    def clean(self) -> dict[str, Any]:
        """Days in their order, and at least one criterion."""
        cleaned: dict[str, Any] = super().clean() or {}
        for name in ("registered", "bought"):
            first, last = cleaned.get(f"{name}_from"), cleaned.get(f"{name}_until")
            if first and last and last < first:
                self.add_error(f"{name}_until", gettext("「まで」の日が「から」の日より前です。"))
        if not self.errors and self.criteria().is_empty:
            raise ValidationError(gettext("条件を1つ以上選んでください。全員のときは「すべての顧客」を選びます。"))
        return cleaned

    def criteria(self) -> Criteria:
        """What was asked for."""
        data = self.cleaned_data
        numbers = tuple(dict.fromkeys((*data.get("numbers", ()), *data.get("file", ()))))
        return Criteria(
            everybody=data["everybody"],
            items=tuple(data["items"]),
            source=data["source"],
            batch=data["batch"],
            registered_from=data["registered_from"],
            registered_until=data["registered_until"],
            bought_from=data["bought_from"],
            bought_until=data["bought_until"],
            numbers=numbers,
            gift_recipients=data["gift_recipients"],
        )


def _batches() -> Any:
    return ImportBatch.objects.exclude(job=None).order_by("-created_at")[:100]


def _too_many() -> str:
    return gettext("番号が多すぎます。%(limit)s件までに分けてください。") % {"limit": affected_rules.MOST_NUMBERS}


class ToldForm(RefusingForm):
    """That persons were told in another way than by mail."""

    way = forms.ChoiceField(
        label=_("知らせた方法"),
        choices=[one for one in AffectedPerson.Way.choices if one[0] != AffectedPerson.Way.MAIL],
        widget=UnfoldAdminSelectWidget,
    )
    told_on = forms.DateField(label=_("知らせた日"), widget=_day())


class NoticeForm(KeptForm):
    """What the persons are told, in both languages."""

    class Meta:
        model = IncidentNotice
        widgets: ClassVar[dict[str, Any]] = {
            f"{item.field}_{language}": UnfoldAdminTextareaWidget(attrs={"rows": 4})
            for item in rules.PERSON_ITEMS
            for language in ("ja", "en")
        }
        fields = (
            "incident",
            "audience",
            *(
                f"{name}_{language}"
                for name in ("overview", "data_involved", "cause", "damage", "other")
                for language in ("ja", "en")
            ),
        )
