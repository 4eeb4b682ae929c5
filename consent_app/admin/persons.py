"""What pages about one customer have in common: who may open them, and that a look is recorded."""

from __future__ import annotations

import uuid
from typing import Any, cast

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from privacy_portal.core.models import User
from privacy_portal.core.services import audit

from ..domain.masking import masked_name
from ..models import Customer
from .base import admin_url

VIEW_CUSTOMER = "consent_app.view_customer"


def staff(request: HttpRequest) -> User:
    """Who is signed in; the admin site lets nobody else in."""
    return cast(User, request.user)


def customer_for(request: HttpRequest, key: uuid.UUID, *, permission: str, denied: str) -> Customer:
    """The customer, for whoever may see customers and has this permission. Who lacks one is recorded under ``denied``.

    Raises:
        PermissionDenied: they lack one.
        Http404: nobody has this key.
    """
    customer = Customer.objects.select_related("user").filter(pk=key).first()
    if not (request.user.has_perm(VIEW_CUSTOMER) and request.user.has_perm(permission)):
        audit.record(action=denied, actor=staff(request), obj=customer)
        raise PermissionDenied
    if customer is None:
        raise Http404
    return customer


def page(
    request: HttpRequest, site: ModelAdmin, template: str, customer: Customer, title: Any, **context: Any
) -> HttpResponse:
    """A page about a customer, whose name stands masked in its head."""
    name = masked_name(customer.full_name) or str(customer.pk)
    values = {
        **site.admin_site.each_context(request),
        "opts": site.opts,
        "title": title,
        "back_url": admin_url(customer),
        "back_label": _("お客さま %(name)s") % {"name": name},
        **context,
    }
    return TemplateResponse(request, f"admin/consent_app/person/{template}.html", values)
