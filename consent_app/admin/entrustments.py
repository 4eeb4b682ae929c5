"""Handing data to subcontractors: choose whom and what, see what will happen, and the record of every attempt."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from privacy_portal.core.services import audit, files

from ..domain import duties
from ..domain.gate import RECIPIENT_ITEM
from ..domain.gate_words import reason_words
from ..models import DataItem, EntrustedPerson, Entrustment, Purpose, Subcontractor
from ..services import entrusted_file, entrustees, entrusting, exports
from ..services.entrusted_file import Chosen, NotChosen, Stopped
from .base import ReadOnlyAdmin, ReadOnlyInline, admin_url, day_widget, link_to_customer
from .exports import second_person
from .refusing import RefusingForm

_ORDERS, _DAYS, _PEOPLE = "orders", "days", "people"


class HandOverForm(RefusingForm):
    """For what, which items, and whose."""

    purpose = forms.ModelChoiceField(
        label=_("利用目的"), queryset=Purpose.objects.none(), to_field_name="code", widget=UnfoldAdminSelectWidget
    )
    items = forms.MultipleChoiceField(
        label=_("渡すデータ項目"),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("この仕事に必要なものだけを選んでください。選べるのは、この委託先に渡してよい項目だけです。"),
    )
    by = forms.ChoiceField(
        label=_("だれのデータか"),
        choices=[
            (_ORDERS, _("注文番号で選ぶ")),
            (_DAYS, _("注文の期間で選ぶ")),
            (_PEOPLE, _("会員番号かメールアドレスで選ぶ")),
        ],
        initial=_ORDERS,
        widget=forms.RadioSelect,
    )
    lines = forms.CharField(
        label=_("注文番号、または会員番号・メールアドレス"),
        required=False,
        max_length=400_000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 6, "autocomplete": "off", "spellcheck": "false"}),
        help_text=_("1行に1つ書きます。"),
    )
    since = forms.DateField(label=_("注文の期間の初日"), required=False, widget=day_widget())
    until = forms.DateField(label=_("注文の期間の末日"), required=False, widget=day_widget())

    chosen: Chosen | None = None

    def __init__(self, *args: Any, subcontractor: Subcontractor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        allowed = {item.code: str(item) for item in subcontractor.items.filter(active=True)}
        purposes = Purpose.objects.filter(active=True, items__code__in=allowed).distinct()
        self.fields["purpose"].queryset = purposes  # type: ignore[attr-defined]
        self.fields["items"].choices = [  # type: ignore[attr-defined]
            (code, allowed[code]) for code in entrusted_file.possible_items(allowed, orders=True)
        ]

    def clean(self) -> dict[str, Any]:
        """Find who is meant."""
        cleaned: dict[str, Any] = super().clean() or {}
        if self.errors:
            return cleaned
        lines = [line.strip() for line in cleaned["lines"].splitlines() if line.strip()]
        try:
            if cleaned["by"] == _PEOPLE:
                self._only_by_order(cleaned["items"])
                self.chosen = entrusted_file.choose_customers(words=lines)
            elif cleaned["by"] == _DAYS:
                self.chosen = entrusted_file.choose_orders(numbers=[], since=cleaned["since"], until=cleaned["until"])
            else:
                self.chosen = entrusted_file.choose_orders(numbers=lines)
        except NotChosen as error:
            raise forms.ValidationError(str(error)) from None
        return cleaned

    def _only_by_order(self, items: list[str]) -> None:
        carried = entrusted_file.possible_items(items, orders=False)
        if set(carried) != set(items):
            raise NotChosen(gettext("注文と贈り先のデータは、注文番号か期間で選んだときだけ渡せます。"))


class PersonInline(ReadOnlyInline):
    """Whose data was handed over, and whose was not."""

    model = EntrustedPerson
    fields = ("person", "gift", "allowed", "why")
    readonly_fields = ("person", "why")
    tab = False
    per_page = 50

    def get_queryset(self, request: HttpRequest) -> QuerySet[EntrustedPerson]:
        rows: QuerySet[EntrustedPerson] = super().get_queryset(request)
        return rows.select_related("customer")

    @display(description=_("顧客"))
    def person(self, row: EntrustedPerson) -> SafeString:
        return link_to_customer(row.customer)

    @display(description=_("断られた理由"))
    def why(self, row: EntrustedPerson) -> str:
        return reasons_in_words(row.reasons)


class OutcomeFilter(admin.SimpleListFilter):
    """Handed over, in part, or refused."""

    title = _("結果")
    parameter_name = "outcome"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("handed", _("渡した")), ("refused", _("断られた人がいる"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Entrustment]) -> QuerySet[Entrustment]:
        if self.value() == "handed":
            return queryset.filter(allowed__gt=0)
        if self.value() == "refused":
            return queryset.exclude(reasons=[])
        return queryset


@admin.register(Entrustment)
class EntrustmentAdmin(ReadOnlyAdmin):
    """Every attempt, whatever came of it."""

    list_display = ("at", "subcontractor", "kind", "shown_outcome", "why", "by")
    list_display_links = ("at",)
    list_filter = (OutcomeFilter, "kind", "subcontractor")
    list_select_related = ("subcontractor", "by")
    date_hierarchy = "at"
    fields = (
        ("at", "by"),
        ("subcontractor", "kind"),
        "purpose",
        "what",
        ("asked", "allowed"),
        "why",
        "reference",
    )
    readonly_fields = ("what", "why")
    inlines = (PersonInline,)
    list_before_template = "admin/consent_app/entrustment/list_before.html"
    change_form_outer_before_template = "admin/consent_app/entrustment/before.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Entrustment]:
        rows: QuerySet[Entrustment] = super().get_queryset(request)
        return rows.select_related("subcontractor", "by", "file", "purpose")

    @display(description=_("結果"), label={"all": "success", "some": "warning", "none": "danger"})
    def shown_outcome(self, record: Entrustment) -> tuple[str, str]:
        words = gettext("%(allowed)s／%(asked)s人") % {"allowed": record.allowed, "asked": record.asked}
        if record.allowed == record.asked:
            return "all", words
        return ("some" if record.allowed else "none"), words

    @display(description=_("データ項目"))
    def what(self, record: Entrustment) -> str:
        return gettext("、").join(_item_names(record.items))

    @display(description=_("断られた理由"))
    def why(self, record: Entrustment) -> str:
        return reasons_in_words(record.reasons)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The record with its persons: a look at whose data it was."""
        record = self.get_object(request, object_id)
        context: dict[str, Any] = {"record": record}
        if isinstance(record, Entrustment) and self.has_view_permission(request, record):
            audit.record(action="entrustment.viewed", actor=_actor(request), obj=record)
            context["has_file"] = bool(record.file and not record.file.erased_at)
            context["may_download"] = request.user.has_perm("consent_app.add_entrustment")
            context["keep_days"] = entrusted_file.KEEP.days
            context["to_be_recorded"] = bool(record.allowed) and entrusting.is_provision_abroad(record.subcontractor)
        return super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})

    # -------------------------------------------------------------------------------------------------------- hand over

    def get_urls(self) -> list[URLPattern]:
        return [
            path(
                "hand-over/<int:pk>/",
                self.admin_site.admin_view(self.hand_over_view),
                name="consent_app_entrustment_hand_over",
            ),
            path(
                "<uuid:pk>/file/",
                self.admin_site.admin_view(require_POST(self.file_view)),
                name="consent_app_entrustment_file",
            ),
            *super().get_urls(),
        ]

    def _require(self, request: HttpRequest, obj: Any) -> None:
        if not request.user.has_perm("consent_app.add_entrustment"):
            audit.record(action="entrustment.denied", actor=_actor(request), obj=obj)
            raise PermissionDenied

    def hand_over_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Choose; look at what will happen; then the gate is asked and the answer recorded."""
        rows = entrustees.supervised(Subcontractor.objects.filter(active=True, pk=pk))
        subcontractor = rows.first()
        if subcontractor is None:
            raise Http404
        self._require(request, subcontractor)
        form = HandOverForm(request.POST if request.method == "POST" else None, subcontractor=subcontractor)
        if form.is_valid() and form.chosen:
            if request.POST.get("confirmed"):
                return self._hand_over(request, subcontractor, form, form.chosen)
            return self._page(request, subcontractor, "confirm", form=form, **_what_will_happen(form, form.chosen))
        obstacles = duties.obstacles(entrustees.supervision(subcontractor), timezone.localdate())
        return self._page(
            request,
            subcontractor,
            "hand_over",
            form=form,
            obstacles=[reason_words(obstacle) for obstacle in obstacles],
            has_items=bool(form.fields["items"].choices),  # type: ignore[attr-defined]
        )

    def _page(self, request: HttpRequest, subcontractor: Subcontractor, template: str, **context: Any) -> HttpResponse:
        response = TemplateResponse(
            request,
            f"admin/consent_app/entrustment/{template}.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "title": _("委託先へデータを渡す"),
                "subcontractor": subcontractor,
                "back_url": admin_url(subcontractor),
                **context,
            },
        )
        response["Cache-Control"] = "no-store"
        return response

    def _hand_over(
        self, request: HttpRequest, subcontractor: Subcontractor, form: HandOverForm, chosen: Chosen
    ) -> HttpResponse:
        items = form.cleaned_data["items"]
        outcome = entrusting.entrust(
            customers=chosen.customers,
            recipients=chosen.recipients if RECIPIENT_ITEM in items else (),
            subcontractor=subcontractor,
            purpose=form.cleaned_data["purpose"].code,
            items=items,
            actor=_actor(request),
            now=timezone.now(),
            write=lambda handed: entrusted_file.write(chosen=chosen, handed=handed, code=subcontractor.code),
        )
        record = outcome.entrustment
        if not record.allowed:
            messages.error(request, _("渡せませんでした。理由を確かめてください。渡そうとしたことは記録しました。"))
        elif record.allowed < record.asked:
            messages.warning(request, _("一部の人のデータは渡せませんでした。ファイルには入っていません。"))
        else:
            messages.success(request, _("渡すファイルを作りました。"))
        return redirect(admin_url(record))

    def file_view(self, request: HttpRequest, pk: Any) -> HttpResponseBase:
        """The file, decrypted while it is sent; the look is recorded."""
        record = self.get_object(request, str(pk))
        if not isinstance(record, Entrustment):
            raise Http404
        self._require(request, record)
        try:
            file = entrusted_file.open_file(entrustment=record, actor=_actor(request), now=timezone.now())
        except exports.NeedsSecondPerson as needed:
            return second_person(request, needed)
        except (NotChosen, Stopped) as error:
            messages.error(request, str(error))
            return redirect(admin_url(record))
        response = StreamingHttpResponse(files.open_stream(file), content_type=file.content_type)
        response["Content-Disposition"] = f'attachment; filename="{file.name}"'
        response["Cache-Control"] = "no-store"
        return response


def reasons_in_words(reasons: list[str]) -> str:
    """The gate's reasons as staff read them."""
    return " ".join(reason_words(reason) for reason in reasons) or "—"


def _item_names(codes: list[str]) -> list[str]:
    names = {item.code: str(item) for item in DataItem.objects.filter(code__in=codes)}
    return [names.get(code, code) for code in codes]


def _what_will_happen(form: HandOverForm, chosen: Chosen) -> dict[str, Any]:
    items = form.cleaned_data["items"]
    gifts = len(chosen.recipients)
    return {
        "orders": len(chosen.orders),
        "people": len(chosen.customers),
        "gifts": gifts if RECIPIENT_ITEM in items else 0,
        "gifts_left_out": gifts if RECIPIENT_ITEM not in items and form.cleaned_data["purpose"].shipping else 0,
        "purpose": form.cleaned_data["purpose"],
        "item_names": _item_names(items),
        "posted": [(name, value) for name in form.fields for value in form.data.getlist(name)],  # type: ignore[attr-defined]
    }


def _actor(request: HttpRequest) -> Any:
    return request.user
