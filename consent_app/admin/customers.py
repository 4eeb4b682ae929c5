"""Customers: masked in the list, shown on their page, and every look recorded."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from privacy_portal.core.admin.search import PostedSearch
from privacy_portal.core.services import audit

from .. import selectors
from ..domain.masking import masked_email, masked_name, masked_telephone
from ..domain.record_fields import record_lines
from ..domain.registered_words import in_words, item_label
from ..models import (
    Consent,
    Customer,
    CustomerChange,
    CustomerIdentity,
    CustomerLook,
    CustomerRecord,
    DataItem,
    Provision,
)
from . import published
from .base import CappedPaginator, ReadOnlyAdmin, ReadOnlyInline
from .looks import LookFirst
from .provisions import item_names, state_of, with_item_names
from .published import published_address


class SourceFilter(admin.SimpleListFilter):
    """From which system the person is known."""

    title = _("取得元")
    parameter_name = "source"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(source, source) for source in selectors.customer_sources()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Customer]) -> QuerySet[Customer]:
        if not self.value():
            return queryset
        return queryset.filter(pk__in=CustomerIdentity.objects.filter(source=self.value()).values("customer_id"))


class IdentityInline(ReadOnlyInline):
    """Under which ids other systems know the person."""

    model = CustomerIdentity
    fields = ("source", "external_id", "seen_at")
    ordering = ("source", "external_id")


class RecordInline(ReadOnlyInline):
    """Orders, inquiries and whatever else is recorded."""

    model = CustomerRecord
    fields = ("kind", "item", "occurred_at", "source", "external_id", "content", "recipients", "published")
    readonly_fields = ("content", "recipients", "published")
    ordering = ("-occurred_at", "source", "external_id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[CustomerRecord]:
        rows = super().get_queryset(request).select_related("item")
        return rows.prefetch_related("recipients", selectors.open_marks())

    @display(description=_("内容"))
    def content(self, record: CustomerRecord) -> SafeString:
        return format_html_join("", "<div>{}: {}</div>", record_lines(record.data))

    @display(description=_("贈り先"))
    def recipients(self, record: CustomerRecord) -> str:
        return gettext("、").join(str(recipient) for recipient in record.recipients.all())

    @display(description=_("本人による公開"))
    def published(self, record: CustomerRecord) -> SafeString:
        place = next((mark.place for mark in getattr(record, "open_marks", [])), "")
        return format_html(
            '<a class="text-primary-600 dark:text-primary-500 underline" href="{}">{}</a>',
            published_address(record.customer_id, record),
            place or gettext("印を付ける"),
        )


class ConsentInline(ReadOnlyInline):
    """What the person consented to or withdrew, newest first."""

    model = Consent
    fields = ("purpose", "event", "channel", "proof", "at")
    ordering = ("-at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Consent]:
        return super().get_queryset(request).select_related("purpose")


class ProvisionInline(ReadOnlyInline):
    """To whom the person's data was provided."""

    model = Provision
    fields = ("provided_on", "recipient_name", "rests_on", "passed")
    readonly_fields = ("rests_on", "passed")
    ordering = ("-provided_on",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Provision]:
        return with_item_names(super().get_queryset(request).select_related("reversal"))

    @display(description=_("根拠"))
    def rests_on(self, provision: Provision) -> str:
        return state_of(provision)

    @display(description=_("提供したデータ項目"))
    def passed(self, provision: Provision) -> str:
        return item_names(provision)


class ChangeInline(ReadOnlyInline):
    """What was changed of the registered data, by whom and why, newest first."""

    model = CustomerChange
    fields = ("at", "item_name", "before_words", "after_words", "channel", "changed_by", "reference", "why")
    readonly_fields = ("item_name", "before_words", "after_words", "why")
    ordering = ("-at", "pk")

    def get_queryset(self, request: HttpRequest) -> QuerySet[CustomerChange]:
        return super().get_queryset(request).select_related("changed_by")

    @display(description=_("データ項目"))
    def item_name(self, change: CustomerChange) -> str:
        return item_label(change.item)

    @display(description=_("変更前"))
    def before_words(self, change: CustomerChange) -> str:
        return in_words(change.item, change.before) or "—"

    @display(description=_("変更後"))
    def after_words(self, change: CustomerChange) -> str:
        return in_words(change.item, change.after) or "—"

    @display(description=_("理由"))
    def why(self, change: CustomerChange) -> str:
        return change.reason or ""


class LookInline(ReadOnlyInline):
    """Who looked at the person and why, newest first."""

    model = CustomerLook
    fields = ("began_at", "staff", "reason", "case_number", "note")
    ordering = ("-began_at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[CustomerLook]:
        return super().get_queryset(request).select_related("staff")


@admin.register(Customer)
class CustomerAdmin(LookFirst, PostedSearch, ReadOnlyAdmin):
    """Customers of the operator."""

    list_display = ("name_mask", "email_mask", "telephone_mask", "prefecture", "state", "created_at")
    list_display_links = ("name_mask",)
    list_filter = ("status", SourceFilter, ("user", admin.EmptyFieldListFilter))
    list_before_template = "admin/consent_app/customer/search.html"
    search_label = _("お客さまを探す")
    search_help = _(
        "氏名、フリガナ、会社名、メールアドレス、電話番号の全部または一部、郵便番号か会員番号の全体。表記の違いは気にしなくてかまいません。"
    )
    change_form_before_template = "admin/consent_app/customer/registered.html"
    ordering = ("-created_at", "id")
    sortable_by = ("created_at",)
    paginator = CappedPaginator
    list_per_page = 50
    inlines = (RecordInline, ChangeInline, ConsentInline, ProvisionInline, IdentityInline, LookInline)
    fields = (("status", "user"), ("created_at", "updated_at"))

    def customer_of(self, obj: Any) -> Customer | None:
        customer: Customer = obj
        return customer

    def get_queryset(self, request: HttpRequest) -> QuerySet[Customer]:
        rows: QuerySet[Customer] = super().get_queryset(request).select_related("user")
        return rows

    def searched(self, queryset: QuerySet[Any], words: str) -> QuerySet[Any]:
        return selectors.customers_found(queryset, words)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.published_view)
        name = "consent_app_customer_published"
        return [
            path("<uuid:pk>/published/<slug:item>/", view, name=f"{name}_item"),
            path("<uuid:pk>/published/record/<uuid:record>/", view, name=f"{name}_record"),
            *super().get_urls(),
        ]

    def published_view(
        self, request: HttpRequest, pk: uuid.UUID, item: str = "", record: uuid.UUID | None = None
    ) -> HttpResponse:
        """Mark one item or record as made public by the person, or take the mark off."""
        return published.page(self, request, pk, item, record)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        limits = {"search_limit": selectors.CUSTOMERS_FOUND_LIMIT, "list_limit": CappedPaginator.LIMIT}
        return super().changelist_view(request, {**(extra_context or {}), **limits})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show everything about one person, and record that somebody looked or was not allowed to."""
        try:
            response = super().change_view(request, object_id, form_url, extra_context)
        except PermissionDenied:
            audit.record(action="customer.denied", actor=request.user, obj=self.get_object(request, object_id))
            raise
        if isinstance(response, TemplateResponse) and response.context_data and "original" in response.context_data:
            customer = response.context_data["original"]
            audit.record(action="customer.viewed", actor=request.user, obj=customer)
            response.context_data["registered"] = registered_rows(customer)
            response.context_data["stops"] = list(selectors.suspensions_in_force(customer, timezone.now()))
        return response

    @display(description=_("氏名"))
    def name_mask(self, customer: Customer) -> str:
        return masked_name(customer.full_name) or "—"

    @display(description=_("メールアドレス"))
    def email_mask(self, customer: Customer) -> str:
        return masked_email(customer.email)

    @display(description=_("電話番号"))
    def telephone_mask(self, customer: Customer) -> str:
        return masked_telephone(customer.telephone)

    @display(description=_("状態"), label={Customer.Status.ACTIVE: "success", Customer.Status.WITHDRAWN: "warning"})
    def state(self, customer: Customer) -> tuple[str, str]:
        return customer.status, customer.get_status_display()


def registered_rows(customer: Customer) -> list[dict[str, Any]]:
    """Each item of the catalogue that is registered about the person: value, spelling as received, and origin."""
    values = {
        "name": customer.full_name,
        "kana": customer.full_kana,
        "company": customer.company,
        "address": f"〒{customer.postal_code[:3]}-{customer.postal_code[3:]} {customer.full_address}"
        if customer.postal_code
        else customer.full_address,
        "telephone": customer.telephone,
        "email": customer.email,
        "gender": customer.get_gender_display() if customer.gender else "",
        "birth_date": customer.birth_date,
    }
    items = DataItem.objects.in_bulk(list(Customer.ITEM_FIELDS), field_name="code")
    places = selectors.published_items(customer)
    rows = []
    for code, columns in Customer.ITEM_FIELDS.items():
        if not values[code]:
            continue
        originals = [customer.originals[key] for key in dict.fromkeys((code, *columns)) if key in customer.originals]
        rows.append(
            {
                "name": items[code].name if code in items else code,
                "value": values[code],
                "original": " ".join(map(str, originals)),
                "origin": customer.origins.get(code, {}),
                "obtained_at": parse_datetime(customer.origins.get(code, {}).get("at", "")),
                "published": places.get(code, ""),
                "published_address": published_address(customer.pk, items[code]) if code in items else "",
            }
        )
    return rows
