"""Recording what a customer said about their consents outside of the portal."""

from __future__ import annotations

import uuid
from contextlib import suppress
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import selectors
from ..models import Consent, Customer, Purpose
from ..services import consent_events, consent_records, wordings
from . import persons
from .consent_forms import RecordForm
from .looks import asked_first

if TYPE_CHECKING:
    from .ledgers import ConsentAdmin

ADD = "consent_app.add_consent"
DENIED = "consent.denied"


def urls(site: ConsentAdmin) -> list[URLPattern]:
    """The addresses of the two steps: the purposes of a customer, and the form for one of them."""
    wrap = site.admin_site.admin_view
    return [
        path(
            "record/<uuid:customer>/",
            wrap(lambda request, customer: choose(request, site, customer)),
            name="consent_app_consent_record",
        ),
        path(
            "record/<uuid:customer>/<int:purpose>/",
            wrap(lambda request, customer, purpose: record(request, site, customer, purpose)),
            name="consent_app_consent_record_for",
        ),
    ]


def choose(request: HttpRequest, site: ConsentAdmin, key: uuid.UUID) -> HttpResponse:
    """Every purpose that is asked for, its state, and the way to the form."""
    customer = persons.customer_for(request, key, permission=ADD, denied=DENIED)
    if asked := asked_first(request, site, customer):
        return asked
    now = timezone.now()
    purposes = list(selectors.consent_purposes(customer, now))
    newest = Consent.objects.in_bulk([row.newest_id for row in purposes if row.newest_id])  # type: ignore[attr-defined]
    rows = [
        {
            "purpose": purpose,
            "event": event,
            "state": _state(purpose, event),
            "url": reverse("admin:consent_app_consent_record_for", args=[customer.pk, purpose.pk]),
        }
        for purpose in purposes
        for event in [newest.get(purpose.newest_id)]  # type: ignore[attr-defined]
    ]
    title = _("同意・撤回を記録する")
    minor = consent_events.is_minor(customer, now)
    return persons.page(request, site, "consents", customer, title, rows=rows, minor=minor)


def record(request: HttpRequest, site: ConsentAdmin, key: uuid.UUID, purpose_key: int) -> HttpResponse:
    """The form for one purpose."""
    customer = persons.customer_for(request, key, permission=ADD, denied=DENIED)
    if asked := asked_first(request, site, customer):
        return asked
    now = timezone.now()
    purpose = selectors.consent_purposes(customer, now).filter(pk=purpose_key).first()
    if purpose is None:
        raise Http404
    if purpose.asks_for_consent:
        wordings.keep_version(purpose=purpose, now=now)
    form = RecordForm(request.POST or None, purpose=purpose, initial={"language": "ja"})
    if request.method == "POST" and form.is_valid():
        try:
            consent = consent_records.record(
                key=_key(request, customer),
                customer=customer,
                purpose=purpose,
                said=form.said(),
                agent=form.agent(),
                actor=persons.staff(request),
                now=now,
            )
        except consent_records.RecordError as error:
            form.add_error(None, str(error))
        else:
            _tell(request, consent, customer, purpose)
            return redirect(reverse("admin:consent_app_consent_record", args=[customer.pk]))
    return persons.page(
        request,
        site,
        "form",
        customer,
        purpose.text,
        form=form,
        submit=_("記録する"),
        hidden={"key": request.POST.get("key") or uuid.uuid4()},
        note=_("記録したものは、だれにも変えられません。登録のメールアドレスに確認のメールを送ります。"),
        back_url=reverse("admin:consent_app_consent_record", args=[customer.pk]),
        back_label=_("同意・撤回を記録する"),
    )


def _key(request: HttpRequest, customer: Customer) -> uuid.UUID:
    """The key that the form carried, so that a second click writes nothing; another one where it belongs elsewhere."""
    with suppress(ValueError):
        key = uuid.UUID(request.POST.get("key", ""))
        if not Consent.objects.filter(pk=key).exclude(customer=customer).exists():
            return key
    return uuid.uuid4()


def _tell(request: HttpRequest, consent: Consent, customer: Customer, purpose: Purpose) -> None:
    newest = consent_events.newest(customer, purpose, timezone.now())
    if newest is not None and newest.pk != consent.pk:
        messages.warning(request, _("記録しました。ただし、その後の記録があるので、いまの状態は変わりません。"))
    elif newest is not None and consent.event == Consent.Event.GIVEN and newest.outdated:  # type: ignore[attr-defined]
        messages.warning(
            request, _("記録しました。ただし、示した説明のあとで目的の意味が変わったので、いまの目的には使えません。")
        )
    else:
        messages.success(request, _("記録しました。"))


def _state(purpose: Purpose, event: Consent | None) -> str:
    if not consent_events.is_given(event, timezone.now()):
        return _("同意していない")
    if not purpose.asks_for_consent:
        return _("同意しているが、目的が終わった")
    if purpose.newest_outdated:  # type: ignore[attr-defined]
        return _("同意したあとで目的の意味が変わった")
    return _("同意している")
