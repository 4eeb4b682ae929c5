"""The page on which staff note that a person made something public themself, and take the note back."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminTextInputWidget

from privacy_portal.core.services import audit

from .. import selectors
from ..domain.record_fields import record_lines
from ..domain.registered_words import in_words
from ..models import Customer, CustomerRecord, DataItem, SelfDisclosure
from ..services import customer_changes, self_disclosures
from .looks import asked_first, gives_reason
from .refusing import RefusingForm


class MarkForm(RefusingForm):
    """Where the person published it."""

    place = forms.CharField(
        label=_("公開した場所"),
        max_length=200,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("例：商品のレビュー、本人のブログ"),
    )


def published_address(customer: uuid.UUID, of: DataItem | CustomerRecord) -> str:
    """The page for one item or record of a customer."""
    if isinstance(of, CustomerRecord):
        return reverse("admin:consent_app_customer_published_record", args=[customer, of.pk])
    return reverse("admin:consent_app_customer_published_item", args=[customer, of.code])


def page(
    model_admin: ModelAdmin, request: HttpRequest, pk: uuid.UUID, item: str, record: uuid.UUID | None
) -> HttpResponse:
    """The page: what it is, whether it is marked, and every mark that it ever had."""
    customer = get_object_or_404(Customer, pk=pk)
    _may(request, customer, "view_customer")
    # Whoever gives the reason posts too, and may do so without the right to mark anything.
    if request.method == "POST" and not gives_reason(request):
        _may(request, customer, "change_selfdisclosure" if "end" in request.POST else "add_selfdisclosure")
    if asked := asked_first(request, model_admin, customer):
        return asked
    of = _of(customer, item, record)
    marks = list(selectors.marks_of(customer, of))
    present = next((mark for mark in marks if mark.ended_at is None), None)
    form = MarkForm(request.POST if "place" in request.POST else None)
    if request.method == "POST" and not gives_reason(request):
        if "end" in request.POST:
            return _end(request, customer, marks)
        if form.is_valid():
            return _mark(request, customer, of, form.cleaned_data["place"])
    audit.record(action="customer.viewed", actor=_actor(request), obj=customer)
    context: dict[str, Any] = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": _("本人による公開の印"),
        "customer": customer,
        "what": _what(of),
        "lines": _lines(customer, of),
        "present": present,
        "outdated": present is not None and selectors.is_outdated(present),
        "marks": marks,
        "form": form,
        "may_mark": _has(request, "add_selfdisclosure"),
        "may_end": _has(request, "change_selfdisclosure"),
    }
    return TemplateResponse(request, "admin/consent_app/customer/published.html", context)


def _of(customer: Customer, item: str, record: uuid.UUID | None) -> DataItem | CustomerRecord:
    if record is not None:
        return get_object_or_404(CustomerRecord.objects.select_related("item"), pk=record, customer=customer)
    if item not in Customer.ITEM_FIELDS:
        raise Http404
    return get_object_or_404(DataItem, code=item)


def _what(of: DataItem | CustomerRecord) -> str:
    return f"{of.get_kind_display()} {of.external_id}" if isinstance(of, CustomerRecord) else of.name


def _lines(customer: Customer, of: DataItem | CustomerRecord) -> list[tuple[str, str]]:
    if isinstance(of, CustomerRecord):
        return record_lines(of.data)
    return [(of.name, in_words(of.code, customer_changes.values_of(customer, of.code)))]


def _mark(request: HttpRequest, customer: Customer, of: DataItem | CustomerRecord, place: str) -> HttpResponse:
    try:
        self_disclosures.mark(customer=customer, of=of, place=place, actor=_actor(request), now=timezone.now())
    except self_disclosures.AlreadyMarked:
        messages.warning(request, _("ほかの人が先に印を付けました。内容を確かめてください。"))
    else:
        messages.success(request, _("本人が公開したものとして印を付けました。"))
    return redirect(request.path)


def _end(request: HttpRequest, customer: Customer, marks: list[SelfDisclosure]) -> HttpResponse:
    """End the mark that the person saw, not one that somebody else made since."""
    mark = next((mark for mark in marks if str(mark.pk) == request.POST["end"]), None)
    if mark is None:
        raise Http404
    self_disclosures.end(mark=mark, actor=_actor(request), now=timezone.now())
    messages.success(request, _("印を外しました。"))
    return redirect(request.path)


def _has(request: HttpRequest, permission: str) -> bool:
    return request.user.has_perm(f"consent_app.{permission}")


def _may(request: HttpRequest, customer: Customer, permission: str) -> None:
    if not _has(request, permission):
        audit.record(action="customer.denied", actor=_actor(request), obj=customer)
        raise PermissionDenied


def _actor(request: HttpRequest) -> Any:
    return request.user
