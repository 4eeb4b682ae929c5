"""The ledgers of what was given to third parties and received from them, and of what the gate refused."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import PermissionDenied
from django.db.models import F, Func, IntegerField, OuterRef, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from privacy_portal.core.admin.search import PostedSearch
from privacy_portal.core.services import audit

from .. import selectors
from ..domain.articles import article_text
from ..domain.gate_words import reason_words
from ..domain.normalise import clean_text
from ..domain.provisions import EXEMPTIONS, GROUNDS
from ..models import Customer, DataItem, LedgerReversal, Provision, ReceivedProvision, RefusedProvision
from ..services import ledger
from .base import CappedPaginator, ReadOnlyAdmin, admin_url, link_to_customer
from .looks import LookFirst
from .refusing import refused_reason


def with_item_names(rows: QuerySet[Any]) -> QuerySet[Any]:
    """With ``item_names``: the names of each row's items in the active language, in the same statement."""
    column = "name_en" if (get_language() or "ja").startswith("en") else "name_ja"
    place = Func(OuterRef("items"), F("code"), function="array_position", output_field=IntegerField())
    names = DataItem.objects.annotate(place=place).filter(place__isnull=False).order_by("position", "id")
    return rows.annotate(item_names=ArraySubquery(names.values(column)))


def item_names(record: Any) -> str:
    """The names of a row of :func:`with_item_names`."""
    return gettext("、").join(record.item_names)


def ground_words(ground: str) -> str:
    """An article in words, in the active language."""
    language = "en" if (get_language() or "ja").startswith("en") else "ja"
    return article_text(ground, language) if ground else gettext("根拠なし")


def state_of(record: Provision | ReceivedProvision) -> str:
    """What a list says beside a record: what it rests on, and what is wrong with it."""
    if getattr(record, "reversal", None):
        return gettext("取消し済み")
    if isinstance(record, ReceivedProvision):
        return str(record.get_kind_display())
    words = ground_words(record.ground)
    return gettext("%(ground)s（問題あり）") % {"ground": words} if record.concerns else words


class ItemFilter(admin.SimpleListFilter):
    """Records of one data item."""

    title = _("データ項目")
    parameter_name = "item"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(item.code, item.name) for item in DataItem.objects.all()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(items__contains=[self.value()]) if self.value() else queryset


class GroundFilter(admin.SimpleListFilter):
    """Records on one article."""

    title = _("法律上の根拠")
    parameter_name = "ground"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [*((ground, ground_words(ground)) for ground in GROUNDS), ("none", gettext("根拠なし"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.value():
            return queryset
        return queryset.filter(ground="" if self.value() == "none" else self.value())


class StandingFilter(admin.SimpleListFilter):
    """Records that stand, that have problems, or that were taken back."""

    title = _("状態")
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        choices: list[tuple[str, Any]] = [("standing", _("有効")), ("reversed", _("取消し済み"))]
        if model_admin.model is Provision:
            choices.insert(1, ("concern", _("問題あり")))
        return choices

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "reversed":
            return queryset.exclude(reversal=None)
        if self.value() == "concern":
            return queryset.filter(reversal=None).exclude(concerns=[])
        return queryset.filter(reversal=None) if self.value() == "standing" else queryset


class LedgerAdmin(PostedSearch, ReadOnlyAdmin):
    """What the pages of the ledgers have in common. ``subject`` begins the names of the audit actions."""

    subject: str
    party: str
    search_label = _("記録を探す")
    search_help = _("お客さまの氏名（2文字以上）、メールアドレス、電話番号、会員番号の全体、または相手の名称の一部。")
    paginator = CappedPaginator
    list_before_template = "admin/consent_app/ledger/before_list.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return with_item_names(super().get_queryset(request).select_related("customer"))

    def searched(self, queryset: QuerySet[Any], words: str) -> QuerySet[Any]:
        persons = selectors.customers_found(Customer.objects.all(), words).order_by().values("pk")
        return queryset.filter(Q(customer__in=persons) | Q(**{f"{self.party}__icontains": clean_text(words)}))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        context = {"exemptions": EXEMPTIONS, "may_record": self.may_record(request), "record_kind": self.record_kind}
        return super().changelist_view(request, {**context, **(extra_context or {})})

    record_kind = "now"

    def may_record(self, request: HttpRequest) -> bool:
        """Whether this member of staff may record: a right of its own, given to groups."""
        return request.user.has_perm("consent_app.add_provisionrun")

    @display(description=_("本人"))
    def person(self, record: Any) -> SafeString:
        return link_to_customer(record.customer)

    @display(description=_("データ項目"))
    def passed(self, record: Any) -> str:
        return item_names(record)


class RecordAdmin(LedgerAdmin):
    """A ledger whose entries can be taken back by a counter-entry."""

    change_form_before_template = "admin/consent_app/ledger/before.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("reversal__recorded_by", "recorded_by")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Everything about one record. It names the person, so the look is recorded."""
        response = super().change_view(request, object_id, form_url, extra_context)
        if isinstance(response, TemplateResponse) and response.context_data:
            record = response.context_data["original"]
            audit.record(action=f"{self.subject}.viewed", actor=request.user, obj=record)
            response.context_data |= {
                "reversal": getattr(record, "reversal", None),
                "may_reverse": self._may_reverse(request),
                "concerns": [reason_words(code) for code in getattr(record, "concerns", [])],
                "reverse_url": f"admin:consent_app_{self.opts.model_name}_reverse",
            }
        return response

    def _may_reverse(self, request: HttpRequest) -> bool:
        return request.user.has_perm(f"consent_app.change_{self.opts.model_name}")

    def get_urls(self) -> list[URLPattern]:
        name = f"consent_app_{self.opts.model_name}_reverse"
        return [
            path("<uuid:pk>/reverse/", self.admin_site.admin_view(self.reverse_view), name=name),
            *super().get_urls(),
        ]

    def reverse_view(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Say why a record is wrong; it stays, and counts no more."""
        record = self.get_object(request, str(pk))
        if record is None:
            raise Http404
        if not self._may_reverse(request):
            audit.record(action="provisions.denied", actor=request.user, obj=record)
            raise PermissionDenied
        if request.method == "POST" and (wrong := refused_reason(request)):
            messages.error(request, wrong)
        elif request.method == "POST":
            try:
                ledger.reverse(record=record, reason=request.POST.get("reason", ""), actor=request.user)  # type: ignore[arg-type]
            except ledger.LedgerError as error:
                messages.error(request, str(error))
            else:
                messages.success(request, _("記録を取り消しました。正しい内容は、新しい記録として入れてください。"))
                return redirect(admin_url(record))
        context = {
            **self.admin_site.each_context(request),
            "title": _("記録を取り消す"),
            "opts": self.opts,
            "record": record,
            "reason_length": LedgerReversal._meta.get_field("reason").max_length,
            "back": admin_url(record),
            "reason": request.POST.get("reason", ""),
        }
        return TemplateResponse(request, "admin/consent_app/ledger/reverse.html", context)


@admin.register(Provision)
class ProvisionAdmin(LookFirst, RecordAdmin):
    """Provisions to third parties (article 29)."""

    subject = "provision"
    party = "recipient_name"
    list_display = ("provided_on", "person", "recipient_name", "kind", "passed", "keep_until")
    list_filter = (StandingFilter, GroundFilter, "basis", ItemFilter, "historic")
    date_hierarchy = "provided_on"
    readonly_fields = ("person", "principal_shown", "passed", "law", "said_shown", "kind")
    fieldsets = (
        (
            _("法律が求める記録の項目（規則第20条）"),
            {
                "fields": (
                    "said_shown",
                    "provided_on",
                    "provided_until",
                    "recipient_name",
                    "recipient_address",
                    "recipient_representative",
                    "principal_shown",
                    "passed",
                )
            },
        ),
        (
            _("判断の記録"),
            {
                "fields": (
                    "person",
                    "basis",
                    "law",
                    "consent",
                    "subcontractor",
                    "evidence",
                    "recipient_country",
                    "historic",
                    "withheld",
                )
            },
        ),
        (_("保存"), {"fields": ("method", "keep_until", "run", "recorded_by", "created_at")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("basis", "consent", "subcontractor", "run")

    @display(
        description=_("状態"),
        label={"standing": "success", "concern": "danger", "reversed": ""},
    )
    def kind(self, provision: Provision) -> tuple[str, str]:
        state = "reversed" if getattr(provision, "reversal", None) else "concern" if provision.concerns else "standing"
        return state, state_of(provision)

    @display(description=_("本人を特定する事項"))
    def principal_shown(self, provision: Provision) -> str:
        return provision.principal

    @display(description=_("法律上の根拠"))
    def law(self, provision: Provision) -> str:
        return ground_words(provision.ground)

    @display(description=_("同意を得た旨"))
    def said_shown(self, provision: Provision) -> str:
        return provision.said


@admin.register(ReceivedProvision)
class ReceivedProvisionAdmin(LookFirst, RecordAdmin):
    """Receipts from third parties (article 30)."""

    subject = "received"
    party = "provider_name"
    record_kind = "received"
    list_display = ("received_on", "person", "provider_name", "state", "passed", "keep_until")
    list_filter = (StandingFilter, "kind", ItemFilter)
    date_hierarchy = "received_on"
    readonly_fields = ("person", "principal_shown", "passed", "state")
    fieldsets = (
        (
            _("法律が求める記録の項目（規則第24条）"),
            {
                "fields": (
                    "kind",
                    "received_on",
                    "received_until",
                    "provider_name",
                    "provider_address",
                    "provider_representative",
                    "how_acquired",
                    "principal_shown",
                    "passed",
                )
            },
        ),
        (_("判断の記録"), {"fields": ("person", "confirmed_how", "consent", "provider_country", "withheld")}),
        (_("保存"), {"fields": ("method", "keep_until", "run", "recorded_by", "created_at")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("consent", "run")

    @display(description=_("状態"), label={"standing": "success", "reversed": ""})
    def state(self, record: ReceivedProvision) -> tuple[str, str]:
        return "reversed" if getattr(record, "reversal", None) else "standing", state_of(record)

    @display(description=_("本人を特定する事項"))
    def principal_shown(self, record: ReceivedProvision) -> str:
        return record.principal


@admin.register(RefusedProvision)
class RefusedProvisionAdmin(LedgerAdmin):
    """Attempts to give data that the gate refused."""

    party = "recipient_name"
    list_display = ("when", "person", "recipient_name", "why", "passed", "recorded_by")
    list_filter = ("basis", ItemFilter)
    date_hierarchy = "at"
    fields = ("at", "person", "recipient_name", "basis", "law", "passed", "why", "run", "recorded_by", "keep_until")
    readonly_fields = ("person", "passed", "why", "law")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("basis", "recorded_by", "run")

    @display(description=_("日時"), ordering="at")
    def when(self, refused: RefusedProvision) -> str:
        return f"{timezone.localtime(refused.at):%Y-%m-%d %H:%M}"

    @display(description=_("断られた理由"))
    def why(self, refused: RefusedProvision) -> str:
        return " ".join(reason_words(code) for code in refused.reasons)

    @display(description=_("法律上の根拠"))
    def law(self, refused: RefusedProvision) -> str:
        return ground_words(refused.ground)
