"""The ledger of consents, which only grows."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from privacy_portal.core.templatetags.portal import jp_date

from ..models import Consent, ConsentAgent
from . import consents
from .base import CappedPaginator, ReadOnlyAdmin, link_to_customer
from .looks import LookFirst


@admin.register(Consent)
class ConsentAdmin(LookFirst, ReadOnlyAdmin):
    """Consents as events."""

    list_display = ("at", "person", "purpose", "kind", "channel", "recorded_by")
    list_filter = ("event", "channel", "purpose")
    paginator = CappedPaginator
    fields = (
        "person",
        "purpose",
        ("event", "channel"),
        "wording",
        ("purpose_version", "collection_wording"),
        "proof",
        ("at", "valid_until"),
        ("recorded_by", "recorded_at"),
        "spoke",
    )
    readonly_fields = ("person", "spoke")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Consent]:
        rows = super().get_queryset(request)
        return rows.select_related("customer", "purpose", "recorded_by")

    def get_urls(self) -> list[URLPattern]:
        return [*consents.urls(self), *super().get_urls()]

    @display(description=_("だれから"))
    def spoke(self, consent: Consent) -> str:
        agent: ConsentAgent | None = getattr(consent, "agent", None)
        if agent is None:
            return gettext("ご本人")
        return gettext("%(relation)s（%(paper)s、%(date)sに確認）") % {
            "relation": agent.get_relation_display(),
            "paper": agent.get_evidence_display(),
            "date": jp_date(agent.checked_on),
        }

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
