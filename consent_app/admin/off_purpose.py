"""Uses beyond the purposes: recorded with their ground, then the persons concerned, found by search."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextareaWidget

from privacy_portal.core.admin.lookups import OfferedLookups
from privacy_portal.core.admin.search import LENGTH
from privacy_portal.core.services import audit

from .. import selectors
from ..domain.masking import masked_email, masked_name
from ..domain.off_purpose import GROUNDS
from ..models import Customer, DataItem, OffPurposeUse, Purpose, Suspension
from ..services import off_purpose
from .base import admin_url, names_of, text_column
from .persons import VIEW_CUSTOMER, staff
from .refusing import RefusingModelForm, refused_reason

ADD = "consent_app.add_offpurposeuse"
FOUND_SHOWN = 20
_FIELDS = (
    "aim_ja",
    "aim_en",
    "ground",
    "consent_purpose",
    "items",
    "begins_on",
    "ends_on",
    "tellable",
    "decided_by",
    "decided_on",
)


class UseForm(RefusingModelForm):
    """What was decided. It is saved by the service, which checks it once more."""

    because = forms.CharField(
        label=_("根拠にあたると判断した理由"),
        max_length=2000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
        help_text=_("どんな事情で、なぜ同意を得られないか、得ると支障があるか。暗号化して保存します。"),
    )

    # Whether the page is to ask once more.
    tell_anyway = False

    class Meta:
        model = OffPurposeUse
        fields = _FIELDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "ground" in self.fields:
            # Nothing is chosen beforehand: the ground is a judgement.
            words = [(code, ground.words) for code, ground in GROUNDS.items()]
            self.fields["ground"].choices = [("", "—"), *words]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        begins, ends, decided = (cleaned.get(name) for name in ("begins_on", "ends_on", "decided_on"))
        if begins and decided and decided > begins:
            self.add_error("decided_on", gettext("使い始める前に決めます。決めた日は初日までの日です。"))
        if begins and ends and ends < begins:
            self.add_error("ends_on", gettext("最終日は初日より後です。"))
        ground = GROUNDS.get(cleaned.get("ground", ""))
        if cleaned.get("tellable") and ground and not ground.tellable and not self.data.get("tell_anyway"):
            self.tell_anyway = True
            raise ValidationError(
                gettext(
                    "この根拠では、あることを本人に知らせるだけで捜査などの支障になることがあります（施行令第5条）。"
                    "知らせてよいと確かめたときは、もう一度保存してください。"
                )
            )
        return cleaned


class VoidedFilter(admin.SimpleListFilter):
    """Those that hold, and those that were recorded by mistake."""

    title = _("状態")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("valid", _("有効")), ("voided", _("取消"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[OffPurposeUse]) -> QuerySet[OffPurposeUse]:
        if self.value() in ("valid", "voided"):
            return queryset.filter(voided_at__isnull=self.value() == "valid")
        return queryset


@admin.register(OffPurposeUse)
class OffPurposeUseAdmin(OfferedLookups, ModelAdmin):
    """Adding is a form; afterwards only persons are added, or the whole is voided."""

    form = UseForm
    list_display = ("aim", "law", "begins_on", "ends_on", "people", "tellable", "state")
    list_filter = (VoidedFilter, "ground", "tellable", "items")
    search_fields = ("aim_ja", "aim_en", "decided_by")
    list_per_page = 50
    list_max_show_all = 0
    show_full_result_count = False
    list_fullwidth = True
    actions = None
    compressed_fields = True
    change_form_outer_before_template = "admin/consent_app/offpurposeuse/persons.html"
    add_form_template = "admin/consent_app/offpurposeuse/add_form.html"
    aim = text_column("aim", _("何に使うか"))

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[OffPurposeUse]:
        rows: QuerySet[OffPurposeUse] = super().get_queryset(request)
        return rows.select_related("consent_purpose", "recorded_by", "voided_by").annotate(number=Count("persons"))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        dates = (("begins_on", "ends_on"), ("decided_by", "decided_on"), "tellable")
        if obj is None:
            what = (("aim_ja", "aim_en"), "ground", "because", "consent_purpose", "items")
            return ((None, {"fields": (*what, *dates)}),)
        what = (("aim_ja", "aim_en"), "ground", "why", "consent_purpose", "used_items")
        recorded = (("recorded_by", "recorded_at"), ("voided_by", "voided_at"), "void_reason")
        return ((None, {"fields": (*what, *dates, *recorded)}),)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return () if obj is None else ("why", "used_items")

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "consent_purpose":
            kwargs["queryset"] = Purpose.objects.filter(active=True, needs_consent=True)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs["queryset"] = DataItem.objects.filter(active=True)
        kwargs["widget"] = UnfoldAdminCheckboxSelectMultipleWidget
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    # ------------------------------------------------------------------------------------------------------------ list

    @display(description=_("根拠"), ordering="ground")
    def law(self, use: OffPurposeUse) -> str:
        return use.get_ground_display()

    @display(description=_("対象者"))
    def people(self, use: OffPurposeUse) -> int:
        return use.number  # type: ignore[attr-defined]

    @display(description=_("状態"), label={"valid": "success", "voided": "warning"})
    def state(self, use: OffPurposeUse) -> tuple[str, str]:
        return ("voided", gettext("取消")) if use.voided_at else ("valid", gettext("有効"))

    @display(description=_("根拠にあたると判断した理由"))
    def why(self, use: OffPurposeUse) -> str:
        return use.reason

    @display(description=_("使うデータ項目"))
    def used_items(self, use: OffPurposeUse) -> str:
        return names_of(use.items)

    # ------------------------------------------------------------------------------------------------------- recording

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {
            "title": _("目的外利用を記録する"),
            "show_save_and_add_another": False,
            "show_save_and_continue": False,
        }
        return super().add_view(request, form_url, {**context, **(extra_context or {})})

    def save_model(self, request: HttpRequest, obj: OffPurposeUse, form: UseForm, change: bool) -> None:
        values = form.cleaned_data
        use = off_purpose.record(
            **{name: values[name] for name in _FIELDS},
            reason=values["because"],
            actor=staff(request),
            now=timezone.now(),
        )
        obj.pk = use.pk
        obj._state.adding = False

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """The service has written the items."""

    def changeform_view(self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().changeform_view(request, object_id, *args, **kwargs)
        except off_purpose.OffPurposeError as error:
            messages.error(request, str(error))
            return redirect(request.path)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """The audit trail has it."""

    def response_add(self, request: HttpRequest, obj: OffPurposeUse, post_url_continue: Any = None) -> HttpResponse:
        messages.success(request, _("記録しました。次に、対象の方を加えてください。"))
        return redirect(admin_url(obj))

    # ---------------------------------------------------------------------------------------------------------- people

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        use = self.get_object(request, object_id)
        context: dict[str, Any] = {}
        if use is not None and self.has_view_permission(request, use) and request.user.has_perm(VIEW_CUSTOMER):
            rows = use.persons.select_related("customer").order_by("added_at", "pk")
            context["persons"] = [_masked(row.customer) for row in rows[:200]]
            context["may_add"] = use.voided_at is None and request.user.has_perm(ADD)
            audit.record(action="off_purpose.viewed", actor=staff(request), obj=use)
        if use is not None:
            context["may_void"] = use.voided_at is None and request.user.has_perm(ADD)
        return super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<uuid:pk>/persons/", wrap(require_POST(self.search_view)), name="consent_app_offpurposeuse_persons"),
            path("<uuid:pk>/add/", wrap(require_POST(self.add_person_view)), name="consent_app_offpurposeuse_person"),
            path("<uuid:pk>/void/", wrap(self.void_view), name="consent_app_offpurposeuse_void"),
            *super().get_urls(),
        ]

    def _use(self, request: HttpRequest, pk: uuid.UUID, *, sees_customers: bool = True) -> OffPurposeUse:
        use = OffPurposeUse.objects.filter(pk=pk).first()
        if not request.user.has_perm(ADD) or (sees_customers and not request.user.has_perm(VIEW_CUSTOMER)):
            audit.record(action="off_purpose.denied", actor=staff(request), obj=use)
            raise PermissionDenied
        if use is None:
            raise Http404
        return use

    def search_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        """Whom the words mean, masked, with what is stopped for them; posted, because addresses are kept in logs."""
        use = self._use(request, pk)
        words = request.POST.get("words", "").strip()[:LENGTH]
        found = list(selectors.customers_found(Customer.objects.all(), words)[:FOUND_SHOWN]) if words else []
        stopped = set(Suspension.objects.filter(customer__in=found, ended_at=None).values_list("customer", flat=True))
        already = set(use.persons.filter(customer__in=found).values_list("customer", flat=True))
        rows = [
            {**_masked(one), "key": one.pk, "stopped": one.pk in stopped, "already": one.pk in already} for one in found
        ]
        return self._page(request, use, "search", _("対象の方を加える"), rows=rows, words=words, limit=FOUND_SHOWN)

    def add_person_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        """Add one of the found."""
        use = self._use(request, pk)
        try:
            customer = Customer.objects.filter(pk=uuid.UUID(request.POST.get("customer", ""))).first()
        except ValueError:
            customer = None
        if customer is None:
            raise Http404
        try:
            off_purpose.add_person(use=use, customer=customer, actor=staff(request), now=timezone.now())
        except off_purpose.OffPurposeError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("対象の方を加えました。"))
        return redirect(admin_url(use))

    def void_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        """Why the record was a mistake; then, confirmed, it is voided."""
        use = self._use(request, pk, sees_customers=False)
        if request.method == "POST" and (wrong := refused_reason(request)):
            messages.error(request, wrong)
        elif request.method == "POST":
            try:
                off_purpose.void(
                    use=use, reason=request.POST.get("reason", ""), actor=staff(request), now=timezone.now()
                )
            except off_purpose.OffPurposeError as error:
                messages.error(request, str(error))
                return redirect(reverse("admin:consent_app_offpurposeuse_void", args=[use.pk]))
            messages.success(request, _("取り消しました。記録は理由とともに残ります。"))
            return redirect(admin_url(use))
        if use.voided_at is not None:
            return redirect(admin_url(use))
        return self._page(request, use, "void", _("記録を取り消す"), reason=request.POST.get("reason", ""))

    def _page(
        self, request: HttpRequest, use: OffPurposeUse, template: str, title: Any, **context: Any
    ) -> HttpResponse:
        values = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": title,
            "use": use,
            "back_url": admin_url(use),
            "back_label": use.aim,
            **context,
        }
        return TemplateResponse(request, f"admin/consent_app/offpurposeuse/{template}.html", values)


def _masked(customer: Customer) -> dict[str, str]:
    return {
        "name": masked_name(customer.full_name) or str(customer.pk),
        "email": masked_email(customer.email),
        "prefecture": customer.prefecture,
        "url": admin_url(customer),
    }
