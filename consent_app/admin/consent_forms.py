"""The form behind "record a consent"."""

from __future__ import annotations

import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from privacy_portal.core.templatetags.portal import jp_date

from ..models import CollectionWording, Consent, ConsentAgent, Purpose, PurposeVersion
from ..services.consent_records import CHANNELS, Agent, Said
from .refusing import RefusingForm

# How browsers write the moment of a ``datetime-local`` field.
_MOMENT = "%Y-%m-%dT%H:%M"


class _Moment(UnfoldAdminTextInputWidget):
    input_type = "datetime-local"

    def format_value(self, value: Any) -> Any:
        return timezone.localtime(value).strftime(_MOMENT) if isinstance(value, datetime.datetime) else value


class _Day(UnfoldAdminTextInputWidget):
    input_type = "date"

    def format_value(self, value: Any) -> Any:
        return value.isoformat() if isinstance(value, datetime.date) else value


class RecordForm(RefusingForm):
    """What was said, when, how, to which wording, and by whom."""

    event = forms.ChoiceField(
        label=_("内容"),
        choices=[(Consent.Event.GIVEN, _("同意した")), (Consent.Event.WITHDRAWN, _("取り下げた"))],
        widget=UnfoldAdminRadioSelectWidget,
    )
    channel = forms.ChoiceField(
        label=_("受けた方法"),
        choices=[(channel.value, channel.label) for channel in CHANNELS],
        widget=UnfoldAdminSelectWidget,
    )
    at = forms.DateTimeField(
        label=_("受けた日時"),
        input_formats=[_MOMENT, "%Y-%m-%d %H:%M"],
        widget=_Moment,
        help_text=_("ご本人が伝えた日時です。記録が遅れても、この日時の順で効力が決まります。"),
    )
    shown = forms.ChoiceField(
        label=_("示した説明"),
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text=_("同意のときは必須です。読み上げた、または書面に書いてあった版を選びます。"),
    )
    language = forms.ChoiceField(
        label=_("説明の言語"), choices=[("ja", _("日本語")), ("en", _("英語"))], widget=UnfoldAdminRadioSelectWidget
    )
    proof = forms.CharField(
        label=_("証跡"),
        max_length=200,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("何がどこにあるか（例：手紙の綴り 2026-11 12番）。個人データは書きません。"),
    )
    valid_until = forms.DateField(
        label=_("有効期限"),
        required=False,
        widget=_Day,
        help_text=_("この日の終わりまで。空欄は、利用目的に決められた期間です。"),
    )
    relation = forms.ChoiceField(
        label=_("だれから"),
        required=False,
        choices=[("", _("ご本人")), *ConsentAgent.Relation.choices],
        widget=UnfoldAdminSelectWidget,
    )
    agent_name = forms.CharField(
        label=_("代理人の氏名"), required=False, max_length=100, widget=UnfoldAdminTextInputWidget
    )
    evidence = forms.ChoiceField(
        label=_("確かめた書類"),
        required=False,
        choices=[("", "—"), *ConsentAgent.Evidence.choices],
        widget=UnfoldAdminSelectWidget,
    )
    checked_on = forms.DateField(label=_("確かめた日"), required=False, widget=_Day)

    def __init__(self, *args: Any, purpose: Purpose, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.versions = {f"v{row.pk}": row for row in purpose.versions.order_by("-number")}
        points = CollectionWording.objects.filter(point__purposes__in=[purpose.pk, purpose.part_of_id or purpose.pk])
        rows = points.select_related("point").order_by("point__position", "-number").distinct()
        self.collected = {f"c{row.pk}": row for row in rows}
        self.fields["shown"].choices = [  # type: ignore[attr-defined]
            ("", "—"),
            *((key, _dated(gettext("利用目的の説明 %(version)s"), row)) for key, row in self.versions.items()),
            *((key, _dated("%(version)s", row)) for key, row in self.collected.items()),
        ]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("relation"):
            for name in ("agent_name", "evidence", "checked_on"):
                if not cleaned.get(name) and name not in self.errors:
                    self.add_error(name, gettext("代理人から受けたときは必要です。"))
        return cleaned

    def said(self) -> Said:
        """What the service takes."""
        values = self.cleaned_data
        until = values["valid_until"]
        return Said(
            event=values["event"],
            channel=values["channel"],
            at=values["at"],
            proof=values["proof"],
            version=self.versions.get(values["shown"]),
            collected=self.collected.get(values["shown"]),
            language=values["language"],
            valid_until=timezone.make_aware(datetime.datetime.combine(until, datetime.time.max)) if until else None,
        )

    def agent(self) -> Agent | None:
        """Who spoke for the person; None where they did themselves."""
        values = self.cleaned_data
        if not values["relation"]:
            return None
        return Agent(
            relation=values["relation"],
            name=values["agent_name"],
            evidence=values["evidence"],
            checked_on=values["checked_on"],
        )


def _dated(words: str, row: PurposeVersion | CollectionWording) -> str:
    since = row.since if isinstance(row, PurposeVersion) else row.shown_from
    return words % {"version": gettext("%(version)s（%(date)sから）") % {"version": row, "date": jp_date(since)}}
