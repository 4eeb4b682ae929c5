"""The pages on which staff correct what they wrote down of a request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import messages as notices
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from consent_app.domain.prefectures import PREFECTURE_NAMES
from consent_app.domain.written import written_postal_code, written_telephone
from privacy_portal.core.upload_fields import CleanFileField

from ..models import DisclosureRequest, Party, ReceivedFile
from ..services import corrections
from ..services.intake import asks_birth_date
from ..services.registration import CHANNELS
from .case_views import back_to, case_page, refused_step, staff_of
from .clock_views import DayInput
from .paper_views import tried
from .steps import BY_CODE

if TYPE_CHECKING:
    from .cases import DisclosureRequestAdmin

COLUMNS = (
    "family_name", "given_name", "family_kana", "given_kana", "telephone", "email", "postal_code", "prefecture",
    "address1", "address2", "birth_date", "customer_number", "order_number", "registered_postal_code",
    "registered_address",
)  # fmt: skip


def _reason() -> forms.CharField:
    widget = UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"})
    return forms.CharField(label=_("直す理由"), max_length=corrections.REASON_LENGTH, widget=widget)


def shown() -> list[str]:
    """The columns that the form has: the day of birth only where the operator registers any."""
    return [name for name in COLUMNS if name != "birth_date" or asks_birth_date()]


class PersonForm(forms.Form):
    """What was copied of one person."""

    kind = forms.ChoiceField(choices=Party.Kind.choices, widget=forms.HiddenInput)
    seen = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in shown():
            column = cast("models.CharField[str, str]", Party._meta.get_field(name))
            widget = UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"})
            self.fields[name] = forms.CharField(
                label=column.verbose_name,
                max_length=max(column.max_length or 0, 100),
                required=name == "family_name",
                widget=widget,
            )
        self.fields["prefecture"] = forms.ChoiceField(
            label=_("都道府県"),
            choices=[
                ("", _("選んでください（日本国外は空のまま）")),
                *((one, one) for one in PREFECTURE_NAMES.values()),
            ],
            required=False,
            widget=UnfoldAdminSelectWidget,
        )
        self.fields["reason"] = _reason()


class ArrivalForm(forms.Form):
    """How and when the request came."""

    seen = forms.IntegerField(widget=forms.HiddenInput)
    channel = forms.ChoiceField(
        label=_("受付方法"),
        choices=[(code, DisclosureRequest.Channel(code).label) for code in CHANNELS],
        widget=UnfoldAdminRadioSelectWidget,
    )
    arrived_on = forms.DateField(
        label=_("届いた日"),
        widget=DayInput(format="%Y-%m-%d"),
        help_text=_("社内目標と、訴えを起こせる日（法第39条）も変わります。"),
    )
    reason = _reason()


class ScanForm(forms.Form):
    """One more scan."""

    scan = CleanFileField(
        label=_("足す写し"),
        widget=UnfoldAdminFileFieldWidget,
        help_text=_("PDF、PNG、JPEG。暗号化して保管します。マイナンバーが写っているときは、隠してから取り込みます。"),
    )


class RemoveForm(forms.Form):
    """A scan that does not belong here."""

    received = forms.ModelChoiceField(
        label=_("消す写し"), queryset=ReceivedFile.objects.none(), widget=UnfoldAdminRadioSelectWidget, empty_label=None
    )
    reason = _reason()

    def __init__(self, *args: Any, case: DisclosureRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kept = case.received_files.filter(file__erased_at=None).select_related("file", "request")
        self.fields["received"].queryset = kept  # type: ignore[attr-defined]
        self.fields["received"].label_from_instance = lambda one: (  # type: ignore[attr-defined]
            f"{timezone.localtime(one.added_at):%Y-%m-%d %H:%M} {one.file.name}"
        )


@sensitive_post_parameters()
def person(request: HttpRequest, case: DisclosureRequest, site: DisclosureRequestAdmin) -> HttpResponse:
    """Names, contact and numbers of the person or the agent."""
    if refused := refused_step(case, request, "correct"):
        return refused
    parties = {party.kind: party for party in case.parties.all()}
    kind = request.POST.get("kind") or request.GET.get("kind") or Party.Kind.PRINCIPAL
    party = parties.get(kind) or parties[Party.Kind.PRINCIPAL]
    initial: dict[str, Any] = {name: getattr(party, name) for name in COLUMNS}
    initial["telephone"] = written_telephone(party.telephone or "")
    initial["postal_code"] = written_postal_code(party.postal_code or "")
    initial |= {"kind": party.kind, "seen": corrections.revision(case)}
    form = PersonForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        values = {name: typed.get(name, initial[name]) for name in COLUMNS}
        done = tried(
            form,
            lambda: corrections.correct_person(
                request=case, actor=staff_of(request), kind=party.kind, values=values, reason=typed["reason"],
                seen=typed["seen"], now=timezone.now(),
            ),
        )  # fmt: skip
        if done:
            notices.success(request, str(_("直しました。本人確認は、新しい内容でもう一度行います。")))
            return back_to(case)
    others = [one for one in parties.values() if one.kind != party.kind]
    return case_page(
        request, case, site, "correct", BY_CODE["correct"].label, form=form, party=party, other_parties=others
    )


def arrival(request: HttpRequest, case: DisclosureRequest, site: DisclosureRequestAdmin) -> HttpResponse:
    """How and when the request came."""
    if refused := refused_step(case, request, "arrival"):
        return refused
    initial = {
        "seen": corrections.revision(case), "channel": case.channel, "arrived_on": timezone.localdate(case.received_at)
    }  # fmt: skip
    form = ArrivalForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data

        def correct() -> object:
            return corrections.correct_arrival(request=case, actor=staff_of(request), now=timezone.now(), **typed)

        if tried(form, correct):
            notices.success(request, str(_("届き方を直し、日付を計算し直しました。")))
            return back_to(case)
    return case_page(request, case, site, "correct", BY_CODE["arrival"].label, form=form)


def scans(request: HttpRequest, case: DisclosureRequest, site: DisclosureRequestAdmin) -> HttpResponse:
    """Add a scan, or destroy one that does not belong here."""
    if refused := refused_step(case, request, "scans"):
        return refused
    removing = "remove" in request.POST
    adding = request.method == "POST" and not removing
    form = ScanForm(request.POST if adding else None, request.FILES if adding else None)
    remove = RemoveForm(request.POST if removing else None, case=case)
    actor, now = staff_of(request), timezone.now()
    if adding and form.is_valid():
        scan = form.cleaned_data["scan"]
        if tried(form, lambda: corrections.add_scan(request=case, actor=actor, scan=scan, now=now)):
            notices.success(request, str(_("写しを足しました。")))
            return back_to(case)
    if removing and remove.is_valid():
        typed = remove.cleaned_data
        if tried(remove, lambda: corrections.remove_scan(actor=actor, now=now, **typed)):
            notices.success(request, str(_("写しを消しました。")))
            return back_to(case)
    return case_page(request, case, site, "scans", BY_CODE["scans"].label, form=form, remove=remove)
