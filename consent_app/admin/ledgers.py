"""The ledger of consents, which only grows."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from ..models import Consent
from .base import CappedPaginator, ReadOnlyAdmin, link_to_customer


@admin.register(Consent)
class ConsentAdmin(ReadOnlyAdmin):
    """Consents as events."""

    list_display = ("at", "person", "purpose", "kind", "channel", "recorded_by")
    list_filter = ("event", "channel", "purpose")
    paginator = CappedPaginator
    fields = ("person", "purpose", "event", "channel", "wording", "proof", "recorded_by", "at")
    readonly_fields = ("person",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Consent]:
        return super().get_queryset(request).select_related("customer", "purpose", "recorded_by")

    @display(description=_("顧客"))
    def person(self, consent: Consent) -> SafeString:
        return link_to_customer(consent.customer)

    @display(
        description=_("出来事"),
        ordering="event",
        label={Consent.Event.GIVEN: "success", Consent.Event.WITHDRAWN: "warning", Consent.Event.EXPIRED: "info"},
    )
    def kind(self, consent: Consent) -> tuple[str, str]:
        return consent.event, consent.get_event_display()
