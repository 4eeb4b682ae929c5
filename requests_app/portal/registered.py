"""Registered information: opening it by stating facts, looking at it, its history, changing an item."""

from __future__ import annotations

import time
import uuid
from contextlib import suppress
from typing import Any

from django.contrib import messages as flash
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from consent_app.domain.registered_words import in_words
from consent_app.models import Customer, CustomerChange, DataItem
from consent_app.selectors import customer_of
from consent_app.services import customer_changes
from consent_app.services.customer_changes import ChangedMeanwhile, values_of, version_of
from privacy_portal.core import ratelimit
from privacy_portal.core.portal.views import address_proven, limited, wait_text
from privacy_portal.core.ratelimit import LimitExceeded

from ..services import registered as service
from . import registered_rows as rows
from .access import PersonRequest
from .corrections import Ways
from .registered_forms import FORMS, ItemForm, OpenForm

get_or_post = require_http_methods(["GET", "HEAD", "POST"])
# How long the pages stay open after the facts fitted, in seconds. The session itself may last longer.
OPEN_FOR = 60 * 60
# Session key: whose pages are open until when.
_OPEN = "registered_open"
CHANGING = ratelimit.Limit("registered.changed", 30, 3600)


def language() -> str:
    """Of the page, which the mails about what was done on it follow."""
    return "en" if (get_language() or "ja").startswith("en") else "ja"


def open_for(request: PersonRequest, customer: Customer) -> None:
    """Keep the pages of this customer open in this session for a while."""
    request.session[_OPEN] = {"customer": str(customer.pk), "until": time.time() + OPEN_FOR}


def opened(request: PersonRequest) -> Customer | HttpResponse:
    """The customer whose pages are open in this session, or the page that the person has to see first."""
    customer = customer_of(request.user, address_proven=address_proven(request))
    return customer if customer and _is_open(request, customer) else redirect("portal:registered_open")


def _is_open(request: PersonRequest, customer: Customer | None) -> bool:
    kept = request.session.get(_OPEN) or {}
    return bool(customer and kept.get("customer") == str(customer.pk) and kept["until"] > time.time())


@sensitive_post_parameters()
@login_required
@never_cache
@get_or_post
def registered_open(request: PersonRequest) -> HttpResponse:
    """Ask for what is registered before showing it: a mail address tells who reads it to nobody.

    The page is the same where nobody is registered, so that it tells nobody who is.
    """
    customer = customer_of(request.user, address_proven=address_proven(request))
    if _is_open(request, customer):
        return redirect("portal:registered")
    if request.method != "POST":
        return _open_page(request, OpenForm())
    form = OpenForm(request.POST)
    if not form.is_valid():
        return _open_page(request, form)
    try:
        confirmed = service.confirm(
            user=request.user,
            address_proven=address_proven(request),
            stated=service.stated(**form.cleaned_data),
            now=timezone.now(),
        )
    except service.TriedTooOften:
        form.add_error(
            None, _("入力の回数が多すぎるため、しばらくこのページでは確かめられません。下の方法をお使いください。")
        )
        return _open_page(request, form, status=429)
    except service.NotOpened:
        form.add_error(None, _("登録されている情報と一致することを確かめられませんでした。入力をお確かめください。"))
        return _open_page(request, form)
    open_for(request, confirmed)
    return redirect("portal:registered")


def _open_page(request: PersonRequest, form: OpenForm, status: int = 200) -> HttpResponse:
    context = {"form": form, "way": Ways().disclosure, "tries": service.TRIES}
    return render(request, "portal/registered/open.html", context, status=status)


@login_required
@never_cache
@require_safe
def registered(request: PersonRequest) -> HttpResponse:
    """Everything that is registered, each with its origin and uses."""
    customer = opened(request)
    if isinstance(customer, HttpResponse):
        return customer
    catalogue, ways = rows.Catalogue(), Ways()
    context = {
        "items": rows.item_rows(customer, catalogue),
        "status": customer.get_status_display() if customer.status != Customer.Status.ACTIVE else "",
        "numbers": rows.member_numbers(customer, catalogue),
        "records": rows.records(customer, catalogue, request.GET.get("page")),
        "by_staff": rows.written_by_staff(customer, catalogue),
        "suspensions": rows.suspensions(customer, timezone.now()),
        "uses_beyond": rows.uses_beyond(customer, catalogue),
        "has_history": customer.changes.exists(),
        "way": ways.correction,
        "disclosure": ways.disclosure,
        "provisions": ways.provisions,
    }
    service.viewed(user=request.user, customer=customer, page="registered")
    return render(request, "portal/registered/list.html", context)


@login_required
@never_cache
@require_safe
def registered_history(request: PersonRequest) -> HttpResponse:
    """What was changed, when and by whom."""
    customer = opened(request)
    if isinstance(customer, HttpResponse):
        return customer
    page = rows.history(customer, rows.Catalogue(), request.GET.get("page"), timezone.now())
    service.viewed(user=request.user, customer=customer, page="history")
    return render(request, "portal/registered/history.html", {"page_obj": page, "days": rows.UNDO_WITHIN.days})


@sensitive_post_parameters()
@login_required
@never_cache
@get_or_post
def registered_change(request: PersonRequest, item: str) -> HttpResponse:
    """Change one item: the form, the page to check it, and saving.

    The answers travel in the form itself, so nothing personal is stored before it is saved, and two tabs do not mix.
    """
    customer = opened(request)
    if isinstance(customer, HttpResponse):
        return customer
    catalogue = rows.Catalogue()
    entry = catalogue.changeable(item)
    if entry is None or item not in FORMS:
        raise Http404
    form_class, present = FORMS[item], values_of(customer, item)
    page = _ItemPage(request, customer, entry, seen=request.POST.get("seen") or version_of(item, present))
    if request.method != "POST":
        initial = form_class.initial_of(_wanted_back(request, customer, item, catalogue) or present)
        service.viewed(user=request.user, customer=customer, page="change")
        return page.form(form_class(initial=initial, item=entry))
    form = form_class(request.POST, item=entry)
    if not form.is_valid() or "edit" in request.POST:
        return page.form(form)
    if "save" not in request.POST:
        return page.check(form)
    try:
        ratelimit.hit((CHANGING, str(request.user.pk)))
        changes = customer_changes.change_customer(
            customer=customer,
            values={item: form.values()},
            seen={item: page.seen},
            actor=request.user,
            channel=CustomerChange.Channel.SELF,
            now=timezone.now(),
            mail_in=language(),
        )
    except ChangedMeanwhile as error:
        return page.meanwhile(form, error.customer)
    except customer_changes.UnusableValues as error:
        for column in error.codes:
            form.add_error(column, _("この内容は登録できません。入力をお確かめください。"))
        return page.form(form)
    except LimitExceeded as error:
        form.add_error(
            None,
            _("変更の回数が多すぎます。%(wait)sにもう一度お試しください。") % {"wait": wait_text(error.retry_after)},
        )
        return limited(page.form(form), error)
    if changes:
        flash.success(request, _("「%(item)s」を変更しました。確認のメールを送りました。") % {"item": entry.name})
    else:
        flash.info(request, _("登録されている内容と同じなので、何も変更していません。"))
    return redirect("portal:registered")


def _wanted_back(
    request: PersonRequest, customer: Customer, item: str, catalogue: rows.Catalogue
) -> dict[str, Any] | None:
    """The values before a change of the person's own, named by ``?undo=``.

    Raises:
        Http404: it is somebody else's, or cannot be taken back.
    """
    if not (key := request.GET.get("undo")):
        return None
    change = None
    with suppress(ValueError):
        change = customer.changes.filter(pk=uuid.UUID(key), item=item).first()
    if change is None or not rows.may_undo(change, customer, catalogue, timezone.now()):
        raise Http404
    return customer_changes.restored(change)


class _ItemPage:
    """The pages of one change, which differ in what they show of the same form."""

    def __init__(self, request: PersonRequest, customer: Customer, entry: DataItem, *, seen: str) -> None:
        self.request, self.customer, self.entry, self.seen = request, customer, entry, seen

    def form(self, form: ItemForm, *, now: str = "", status: int = 200) -> HttpResponse:
        """The form; ``now``: what is registered meanwhile."""
        context = {"form": form, "item": self.entry, "seen": self.seen, "meanwhile": now}
        return render(self.request, "portal/registered/change.html", context, status=status)

    def check(self, form: ItemForm) -> HttpResponse:
        """What will be saved, beside what is registered."""
        code = self.entry.code
        context = {
            "item": self.entry,
            "seen": self.seen,
            "before": in_words(code, values_of(self.customer, code)),
            "after": in_words(code, form.values()),
            "typed": [(name, value) for name in form.fields for value in [form[name].data or ""]],
        }
        return render(self.request, "portal/registered/check.html", context)

    def meanwhile(self, form: ItemForm, customer: Customer) -> HttpResponse:
        """Somebody else was faster: what was typed stays, and what is registered now stands beside it."""
        code = self.entry.code
        values = values_of(customer, code)
        self.seen = version_of(code, values)
        return self.form(form, now=in_words(code, values) or _("（なし）"), status=409)
