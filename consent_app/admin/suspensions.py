"""Stops of use and of provision: the list, beginning one from a customer's page, ending one with its reason."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from privacy_portal.core.admin.search import PostedSearch
from privacy_portal.core.services import audit

from .. import selectors
from ..domain.stop_grounds import GROUNDS
from ..models import Customer, Purpose, Suspension
from ..services import suspensions
from . import persons
from .base import CappedPaginator, ReadOnlyAdmin, admin_url, link_to_customer
from .looks import LookFirst, asked_first
from .refusing import RefusingForm

ADD, END = "consent_app.add_suspension", "consent_app.change_suspension"
DENIED = "suspension.denied"


class BeginForm(RefusingForm):
    """What is stopped, and on which ground."""

    kind = forms.ChoiceField(
        label=_("何を止めるか"), choices=Suspension.Kind.choices, widget=UnfoldAdminRadioSelectWidget
    )
    purpose = forms.ModelChoiceField(
        label=_("利用目的"),
        queryset=Purpose.objects.filter(active=True),
        required=False,
        empty_label=_("すべて"),
        widget=UnfoldAdminSelectWidget,
    )
    ground = forms.ChoiceField(
        label=_("根拠"),
        choices=[(code, words) for code, (words, _kinds) in GROUNDS.items()],
        widget=UnfoldAdminRadioSelectWidget,
    )
    reference = forms.CharField(
        label=_("参照"),
        required=False,
        max_length=60,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("受付番号や手紙の番号など。個人データは書きません。"),
    )
    confirmed = forms.BooleanField(
        label=_("止めると、同意があっても使えなくなることを確かめました。"), widget=forms.CheckboxInput
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        kind, ground = cleaned.get("kind"), cleaned.get("ground")
        if kind and ground and kind not in GROUNDS[ground][1]:
            self.add_error("ground", gettext("この根拠では、それは止められません。"))
        return cleaned


class EndForm(RefusingForm):
    """Why the data may be used again."""

    reason = forms.ChoiceField(
        label=_("終える理由"), choices=Suspension.EndReason.choices, widget=UnfoldAdminRadioSelectWidget
    )
    note = forms.CharField(
        label=_("終えた理由の説明"),
        max_length=200,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("何で確かめたか。個人データは書きません。"),
    )
    confirmed = forms.BooleanField(
        label=_("終えると、同意や利用目的にしたがって、また使われることを確かめました。"), widget=forms.CheckboxInput
    )


class StateFilter(admin.SimpleListFilter):
    """In force or ended."""

    title = _("状態")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("open", _("止めている")), ("ended", _("終わった"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Suspension]) -> QuerySet[Suspension]:
        if self.value() in ("open", "ended"):
            return queryset.filter(ended_at__isnull=self.value() == "open")
        return queryset


@admin.register(Suspension)
class SuspensionAdmin(LookFirst, PostedSearch, ReadOnlyAdmin):
    """A stop begins on a customer's page and ends on its own."""

    list_display = ("begins_at", "person", "kind", "what", "state", "law", "set_by")
    list_filter = (StateFilter, "kind")
    search_label = _("お客さまを探す")
    search_help = _("氏名やフリガナの2文字以上、またはメールアドレス、電話番号、会員番号の全体。")
    list_before_template = "admin/consent_app/suspension/search.html"
    paginator = CappedPaginator
    fields = (
        "person",
        ("kind", "what"),
        "law",
        "reference",
        ("begins_at", "set_by"),
        ("ended_at", "ended_by"),
        ("end_reason", "end_note"),
    )
    readonly_fields = ("person", "what", "law")
    change_form_outer_before_template = "admin/consent_app/suspension/before.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Suspension]:
        rows: QuerySet[Suspension] = super().get_queryset(request)
        return rows.select_related("customer", "purpose", "set_by", "ended_by")

    def searched(self, queryset: QuerySet[Any], words: str) -> QuerySet[Any]:
        found = selectors.customers_found(Customer.objects.all(), words)
        return queryset.filter(customer__in=found.order_by().values("pk"))

    @display(description=_("顧客"))
    def person(self, stop: Suspension) -> SafeString:
        return link_to_customer(stop.customer)

    @display(description=_("利用目的"))
    def what(self, stop: Suspension) -> str:
        return stop.purpose.text if stop.purpose else gettext("すべて")

    @display(description=_("状態"), label={"open": "warning", "ended": ""})
    def state(self, stop: Suspension) -> tuple[str, str]:
        return ("open", gettext("止めている")) if stop.ended_at is None else ("ended", gettext("終わった"))

    @display(description=_("根拠"))
    def law(self, stop: Suspension) -> str:
        return str(GROUNDS[stop.ground][0]) if stop.ground in GROUNDS else stop.ground

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        may_end = request.user.has_perm(END)
        return super().change_view(request, object_id, form_url, {"may_end": may_end, **(extra_context or {})})

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("begin/<uuid:customer>/", wrap(self.begin_view), name="consent_app_suspension_begin"),
            path("<uuid:pk>/end/", wrap(self.end_view), name="consent_app_suspension_end"),
            *super().get_urls(),
        ]

    def begin_view(self, request: HttpRequest, customer: uuid.UUID) -> HttpResponse:
        """What is stopped for this customer, from now on."""
        person = persons.customer_for(request, customer, permission=ADD, denied=DENIED)
        if asked := asked_first(request, self, person):
            return asked
        form = BeginForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            values = form.cleaned_data
            now = timezone.now()
            stop = suspensions.suspend(
                customer=person,
                kind=values["kind"],
                purpose=values["purpose"],
                ground=values["ground"],
                reference=values["reference"],
                actor=persons.staff(request),
                now=now,
            )
            if stop.begins_at == now:
                messages.success(request, _("止めました。"))
            else:
                messages.info(request, _("もう止めてあります。初めの停止がそのまま続きます。"))
            return redirect(admin_url(stop))
        note = _("いますぐ止めます。同意より停止が優先します。お客さまの同意のページに、いつから止めているかが出ます。")
        title = _("利用・提供を止める")
        return persons.page(request, self, "form", person, title, form=form, submit=_("止める"), note=note)

    def end_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        """Why the data may be used again; then, confirmed, it may."""
        stop = Suspension.objects.select_related("customer", "purpose").filter(pk=pk).first()
        if not request.user.has_perm(END):
            audit.record(action=DENIED, actor=persons.staff(request), obj=stop)
            raise PermissionDenied
        if stop is None:
            raise Http404
        if stop.ended_at is not None:
            messages.info(request, _("この停止は、もう終わっています。"))
            return redirect(admin_url(stop))
        form = EndForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            values = form.cleaned_data
            suspensions.end(
                suspension=stop,
                actor=persons.staff(request),
                reason=values["reason"],
                note=values["note"],
                now=timezone.now(),
            )
            messages.success(request, _("停止を終えました。"))
            return redirect(reverse("admin:consent_app_suspension_change", args=[stop.pk]))
        return persons.page(
            request,
            self,
            "form",
            stop.customer,
            _("停止を終える"),
            form=form,
            submit=_("停止を終える"),
            note=f"{stop.get_kind_display()}：{self.what(stop)}",
            back_url=admin_url(stop),
            back_label=_("停止"),
        )
