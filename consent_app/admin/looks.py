"""The page that asks why, before a customer's data are shown."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminTextInputWidget

from privacy_portal.core.models import User

from ..domain import looks as cases
from ..models import Customer, CustomerLook
from ..services import looks
from .refusing import RefusingForm

_CASE = "case:"


class LookForm(RefusingForm):
    """An open case of the customer, or a reason in words."""

    prefix = "look"

    reason = forms.ChoiceField(label=_("理由"), widget=UnfoldAdminRadioSelectWidget)
    note = forms.CharField(
        label=_("理由の説明"),
        max_length=200,
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("請求を選んだときは要りません。氏名などの個人データは書かないでください。"),
    )

    def __init__(self, *args: Any, open_cases: list[cases.Case], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = [
            (_CASE + case.number, _("請求 %(number)s を扱うため") % {"number": case.number}) for case in open_cases
        ]
        others = [choice for choice in CustomerLook.Reason.choices if choice[0] != CustomerLook.Reason.CASE]
        self.fields["reason"].choices = [*named, *others]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Whoever names no case writes what it is."""
        values = super().clean() or {}
        chosen = values.get("reason", "")
        if chosen and not chosen.startswith(_CASE) and not values.get("note", "").strip():
            self.add_error("note", _("理由を、ひとことで書いてください。"))
        return values


def gives_reason(request: HttpRequest) -> bool:
    """Whether it is the form of the reason that was posted."""
    return request.method == "POST" and f"{LookForm.prefix}-reason" in request.POST


def asked_first(request: HttpRequest, site: ModelAdmin, customer: Customer) -> HttpResponse | None:
    """None for whoever has said why they look; else the page that asks, on which nothing personal stands.

    Called by every page that shows one customer's data, after it has made sure of the permission.
    """
    staff, now = request.user, timezone.now()
    if not isinstance(staff, User) or looks.justified(customer=customer, staff=staff, now=now):
        return None
    sent = request.POST if gives_reason(request) else None
    form = LookForm(sent, open_cases=cases.cases_of(customer.pk, staff))
    if sent is not None and form.is_valid():
        chosen, number = form.cleaned_data["reason"], ""
        if chosen.startswith(_CASE):
            chosen, number = CustomerLook.Reason.CASE, chosen.removeprefix(_CASE)
        looks.give(
            customer=customer,
            staff=staff,
            reason=chosen,
            case_number=number,
            note=form.cleaned_data["note"],
            now=now,
        )
        messages.success(request, _("理由を記録しました。"))
        return redirect(request.get_full_path())
    context = {
        **site.admin_site.each_context(request),
        "opts": site.opts,
        "title": _("この方のデータを見る理由"),
        "back_url": reverse("admin:consent_app_customer_changelist"),
        "back_label": _("顧客の一覧"),
        "form": form,
        "submit": _("記録して見る"),
        "note": _(
            "見る前に理由を書いてください。一度書けば、請求が終わるまで、またはその日の仕事のあいだは聞きません。"
        ),
    }
    return TemplateResponse(request, "admin/consent_app/person/form.html", context)


class LookFirst:
    """Pages of one object that belongs to a customer: the reason comes before them."""

    def customer_of(self, obj: Any) -> Customer | None:
        """Whose data the object shows."""
        customer: Customer | None = obj.customer
        return customer

    def _asked(self, request: HttpRequest, object_id: str) -> HttpResponse | None:
        site: Any = self
        obj = site.get_object(request, object_id)
        if obj is None or not site.has_view_permission(request, obj):
            return None
        customer = self.customer_of(obj)
        return asked_first(request, site, customer) if customer is not None else None

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The object's page."""
        # Nothing else is posted to pages that are only read; what refuses that says so by itself.
        asks = request.method != "POST" or gives_reason(request)
        asked = self._asked(request, object_id) if asks else None
        return asked or super().change_view(request, object_id, form_url, extra_context)  # type: ignore[misc]

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """What was done to the object."""
        asked = self._asked(request, object_id)
        return asked or super().history_view(request, object_id, extra_context)  # type: ignore[misc]
