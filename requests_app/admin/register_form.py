"""The form for a request that came another way. What is right and what is wrong is judged by the service alone."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminDateWidget,
    UnfoldAdminFileFieldWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from consent_app.domain.prefectures import PREFECTURE_NAMES
from consent_app.selectors import data_items, purposes_with_items
from privacy_portal.core.upload_fields import CleanFileField

from ..domain.answers import AGENT_PREFIX, CHANGE_LENGTH, CHANGE_ROWS, METHOD_NOTE_LENGTH, NOTE_LENGTH
from ..domain.request_types import RequestType
from ..domain.requesters import Requester
from ..models import DisclosureRequest, Party
from ..services.intake import asks_birth_date
from ..services.registration import CHANNELS, Arrival

NAMES = ("family_name", "given_name", "family_kana", "given_kana")
CONTACT = ("postal_code", "prefecture", "address1", "address2", "telephone")
RECORDS = ("birth_date", "customer_number", "order_number", "registered_postal_code", "registered_address")


@dataclass
class Section:
    """Some fields of the form under one heading, as the template of fields takes a form."""

    title: Any
    visible_fields: list[forms.BoundField]
    help: Any = ""
    more: bool = False
    hidden_fields: list[forms.BoundField] = field(default_factory=list)


def _line(label: Any, length: int, *, required: bool = False, help_text: Any = "") -> forms.CharField:
    widget = UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"})
    return forms.CharField(label=label, max_length=length, required=required, widget=widget, help_text=help_text)


def _text(label: Any, length: int, *, rows: int = 3, required: bool = False, help_text: Any = "") -> forms.CharField:
    widget = UnfoldAdminTextareaWidget(attrs={"rows": rows, "autocomplete": "off"})
    return forms.CharField(label=label, max_length=length, required=required, widget=widget, help_text=help_text)


class ScopeForm(forms.Form):
    """What a type asks: changes, grounds, data items or purposes, and the person's words."""

    change_rows = forms.IntegerField(min_value=1, max_value=CHANGE_ROWS, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, uploads: Any = None, *, entry: RequestType, **kwargs: Any) -> None:
        self.entry = entry
        kwargs["initial"] = {"change_rows": 1} | kwargs.get("initial", {})
        super().__init__(data, uploads, **kwargs)
        self._rows = self._asked_rows()
        self.build()

    def build(self) -> None:
        """Add the fields, in their order."""
        if "changes" in self.entry.asks:
            self._add_changes()
        self._add_scope()

    def _asked_rows(self) -> int:
        asked = str(self["change_rows"].value())
        return min(max(int(asked), 1), CHANGE_ROWS) if asked.isdecimal() and len(asked) < 4 else 1

    def _add_changes(self) -> None:
        items = [("", _("選んでください")), *((item.code, str(item)) for item in data_items())]
        for row in range(self._rows):
            self.fields[f"item_{row}"] = forms.ChoiceField(
                label=_("項目"), choices=items, required=False, widget=UnfoldAdminSelectWidget
            )
            if self.entry.code != "addition":
                self.fields[f"present_{row}"] = _text(_("いまの内容（本人の認識）"), CHANGE_LENGTH, rows=2)
            if self.entry.code != "deletion":
                self.fields[f"wanted_{row}"] = _text(_("求めている内容"), CHANGE_LENGTH, rows=2)
            self.fields[f"why_{row}"] = _text(_("理由や資料"), CHANGE_LENGTH, rows=2)

    def _add_scope(self) -> None:
        """What is asked: grounds, data items or purposes, and the person's words."""
        asks = self.entry.asks
        if "grounds" in asks:
            self._add_choice("grounds", _("述べられた理由"), [(one.code, one.text) for one in self.entry.grounds])
        if "wanted" in asks or "purposes" in asks:
            self.fields["wants_everything"] = forms.TypedChoiceField(
                label=_("範囲"),
                choices=[("True", _("すべて")), ("False", _("選んだものだけ"))],
                coerce=lambda value: value == "True",
                initial="True",
                widget=UnfoldAdminRadioSelectWidget,
                help_text=_("書かれていないときは「すべて」です。"),
            )
        if "wanted" in asks:
            self._add_choice("wanted_items", _("対象の項目"), [(one.code, str(one)) for one in data_items()])
        elif "purposes" in asks:
            purposes = [(one.code, str(one)) for one in purposes_with_items()]
            self._add_choice("wanted_purposes", _("対象の利用目的"), purposes)
        self.fields["wanted_note"] = _text(
            _("本人の説明"),
            NOTE_LENGTH,
            rows=5,
            required="details" in asks and not self.entry.needs_identity,
            help_text=_("書かれたこと、話されたことを、言い換えずに写します。"),
        )

    def _add_choice(self, name: str, label: Any, choices: list[tuple[str, Any]]) -> None:
        self.fields[name] = forms.MultipleChoiceField(
            label=label, choices=choices, required=False, widget=UnfoldAdminCheckboxSelectMultipleWidget
        )

    @property
    def scope_sections(self) -> list[Section]:
        """What is asked, under its headings."""
        rows = [
            Section(
                format_lazy(_("変える内容（{number}つ目）"), number=row + 1),
                self._bound(f"item_{row}", f"present_{row}", f"wanted_{row}", f"why_{row}"),
                more=row + 1 == self._rows < CHANGE_ROWS,
            )
            for row in range(self._rows if "changes" in self.entry.asks else 0)
        ]
        scope = ("grounds", "wants_everything", "wanted_items", "wanted_purposes", "wanted_note")
        return [*rows, Section(_("求めていること"), self._bound(*scope))]

    def _bound(self, *names: str) -> list[forms.BoundField]:
        return [self[name] for name in names if name in self.fields]

    def more_rows(self) -> dict[str, Any]:
        """What was typed, with room for another item, as the initial values of a form."""
        typed = {name: self[name].data for name in self.fields if name != "scan"}
        return {**typed, "change_rows": min(self._rows + 1, CHANGE_ROWS)}

    def tell(self, errors: Mapping[str, Any]) -> None:
        """Each error beside its field."""
        for name, words in errors.items():
            self.add_error(name if name in self.fields else None, words)


class RegisterForm(ScopeForm):
    """Everything about one request of one type."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    channel = forms.ChoiceField(
        label=_("受付方法"),
        choices=[(code, DisclosureRequest.Channel(code).label) for code in CHANNELS],
        widget=UnfoldAdminRadioSelectWidget,
    )
    arrived_on = forms.DateField(label=_("届いた日"), widget=UnfoldAdminDateWidget)
    language = forms.ChoiceField(
        label=_("通知書の言語"),
        choices=[("ja", "日本語"), ("en", "English")],
        initial="ja",
        widget=UnfoldAdminRadioSelectWidget,
    )
    scan = CleanFileField(
        label=_("原本の写し"),
        required=False,
        widget=UnfoldAdminFileFieldWidget,
        help_text=_("PDF、PNG、JPEG。暗号化して保管します。マイナンバーが写っているときは、隠してから取り込みます。"),
    )
    requester = forms.ChoiceField(
        label=_("請求した人"),
        choices=Requester.choices,
        initial=Requester.PERSON,
        widget=UnfoldAdminRadioSelectWidget,
        help_text=_("わからないときは「ご本人」か「登録が見つからない方」。代理人のときは、下の欄も入力します。"),
    )
    answer_method = forms.ChoiceField(
        label=_("回答の受取方法"),
        choices=[
            (DisclosureRequest.AnswerMethod.PAPER, DisclosureRequest.AnswerMethod.PAPER.label),
            (DisclosureRequest.AnswerMethod.OTHER, DisclosureRequest.AnswerMethod.OTHER.label),
        ],
        initial=DisclosureRequest.AnswerMethod.PAPER,
        widget=UnfoldAdminRadioSelectWidget,
        help_text=_("書面には宛先の住所が必要です。代理人が請求したときは、代理人に送ります。"),
    )

    def __init__(self, data: Any = None, uploads: Any = None, *, entry: RequestType, **kwargs: Any) -> None:
        kwargs["initial"] = {"key": uuid.uuid4()} | kwargs.get("initial", {})
        super().__init__(data, uploads, entry=entry, **kwargs)

    def build(self) -> None:
        for prefix in ("", AGENT_PREFIX):
            self._add_party(prefix)
        super().build()
        self.fields["answer_method_note"] = _text(_("その他の方法の説明"), METHOD_NOTE_LENGTH)

    def _add_party(self, prefix: str) -> None:
        for name in (*NAMES, *CONTACT, *(RECORDS if not prefix else ())):
            if name == "birth_date" and not asks_birth_date():
                continue
            column = cast(Any, Party._meta.get_field(name))
            self.fields[prefix + name] = _line(
                column.verbose_name, max(column.max_length or 0, 100), required=prefix + name == "family_name"
            )
        prefectures = [
            ("", _("選んでください（日本国外は空のまま）")),
            *PREFECTURE_NAMES.items(),
        ]
        self.fields[f"{prefix}prefecture"] = forms.ChoiceField(
            label=_("都道府県"), choices=prefectures, required=False, widget=UnfoldAdminSelectWidget
        )
        self.fields[f"{prefix}email"] = _line(
            _("メールアドレス"), 254, help_text=_("述べられたまま。アカウントは作らず、メールも送りません。")
        )

    @property
    def sections(self) -> list[Section]:
        """The fields under their headings, in the order in which a letter is read."""
        agent = [AGENT_PREFIX + name for name in (*NAMES, *CONTACT, "email")]
        return [
            Section(_("届いた請求"), self._bound("channel", "arrived_on", "language", "scan")),
            Section(_("本人"), self._bound("requester", *NAMES, *CONTACT, "email", *RECORDS)),
            Section(_("代理人"), self._bound(*agent), help=_("代理人が請求したときだけ入力します。")),
            *self.scope_sections,
            Section(_("回答"), self._bound("answer_method", "answer_method_note")),
        ]

    def grown(self) -> RegisterForm:
        """The same with room for another item: nothing typed is lost, nothing is judged yet. A file is chosen anew."""
        return RegisterForm(entry=self.entry, initial=self.more_rows())

    @property
    def arrival(self) -> Arrival:
        """How and when it came; of a valid form."""
        names = ("key", "channel", "arrived_on", "language", "email", "agent_email")
        return Arrival(**{name: self.cleaned_data[name] for name in names})

    @property
    def answers(self) -> dict[str, Any]:
        """What the service reads, with the keys of ``services.intake``; of a valid form."""
        return {name: value for name, value in self.cleaned_data.items() if name not in ("key", "scan")}
