"""The manager's queue and the page of one case."""

from collections.abc import Callable
from typing import Any, cast

from django.contrib import admin
from django.contrib.admin.views.main import ORDER_VAR
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import action, display

from consent_app.admin.care import CareFilter
from consent_app.domain.masking import masked_name
from privacy_portal.core.admin.lookups import OfferedLookups
from privacy_portal.core.admin.search import FOUND_VAR, PostedChangeList, PostedSearch, search_words
from privacy_portal.core.models import User
from privacy_portal.core.services import audit

from .. import selectors
from ..domain.transitions import OPEN_STATUSES, Status
from ..models import DisclosureRequest, Party
from ..models.searching import FOUND_LIMIT, found, found_by_number
from ..services import messages, registration
from . import (
    answer_mail_views,
    bulk_views,
    call_views,
    case_views,
    change_views,
    clock_views,
    code_views,
    correction_views,
    decision_views,
    evidence_views,
    fee_views,
    found_views,
    gift_views,
    hold_views,
    instruction_views,
    message_views,
    paper_views,
    print_views,
    register_views,
    second_look_views,
    type_views,
    undo_views,
    view_pages,
)
from .case_page import case_context, days_left
from .queue_filters import QUEUE_FILTERS, QueuePaginator, groups_of
from .steps import WAITS_FOR

STATUS_COLOURS = {
    "info": [Status.RECEIVED, Status.FULFILLING],
    "warning": [Status.IDENTITY_REVIEW, Status.IN_REVIEW, Status.READY_TO_POST],
    "success": [Status.ANSWERED],
    "default": [Status.IDENTITY_WAITING, Status.WAITING, Status.FEE_WAITING, Status.CLOSED, Status.WITHDRAWN],
}


QUEUES = {
    "decide": _("回答を決める"),
    "second_look": _("二人目の確認"),
    "identity": _("本人確認"),
    "to_post": _("郵送する"),
    "stuck": _("回答の準備が止まっている"),
    "unread": _("読んでいないメッセージ"),
    "overdue": _("目標を過ぎた"),
    "due_today": _("今日が目標"),
    "due_this_week": _("今週が目標"),
    "waiting": _("返答待ち"),
    "mine": _("自分の担当"),
    "ended": _("回答済み・終了"),
}


class QueueFilter(admin.SimpleListFilter):
    """One saved view for each job of the day."""

    title = _("仕事")
    parameter_name = "queue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(QUEUES.items())

    def choices(self, changelist: Any) -> Any:
        for choice in super().choices(changelist):
            if choice["query_string"] == changelist.get_query_string(remove=[self.parameter_name]):
                choice["display"] = _("進行中のすべて")
            yield choice

    def queryset(self, request: HttpRequest, queryset: QuerySet[DisclosureRequest]) -> QuerySet[DisclosureRequest]:
        value = self.value()
        if search_words(request) or CareFilter.parameter_name in request.GET:
            # Whoever searches for a case wants it found, whatever its state; money is owed back after the end, too.
            return queryset
        if value == "mine":
            return queryset.filter(status__in=OPEN_STATUSES, assigned_to=request.user.pk)
        if value == "ended":
            return queryset.exclude(status__in=OPEN_STATUSES).order_by("-received_at")
        conditions = selectors.queue_conditions(timezone.now())
        return queryset.filter(conditions.get(value or "open", conditions["open"]))


class QueueList(PostedChangeList):
    """Knows which saved view was opened; whoever filters on is no longer in it."""

    not_filters = (*PostedChangeList.not_filters, view_pages.VIEW_VAR)
    found_limit = FOUND_LIMIT

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        """That of the saved view, where nobody asked for another one."""
        if self.params.get(ORDER_VAR):
            return super().get_ordering(request, queryset)
        return self._get_deterministic_ordering(list(queryset.query.order_by))

    @property
    def is_cut(self) -> bool:
        """Whether the search stopped at its limit, whatever the filters left of what it found."""
        searched = bool(search_words(self.request))
        return searched and sum(group["number"] for group in groups_of(self).rows) >= self.found_limit

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        for kept in (self.params, self.filter_params):
            kept.pop(view_pages.VIEW_VAR, None)


@admin.register(DisclosureRequest)
class DisclosureRequestAdmin(PostedSearch, OfferedLookups, ModelAdmin):
    """The queue. Nothing is edited in forms of the admin: every button calls a service."""

    list_display = ("number", "type_name", "status_label", "who", "target", "waits_for", "assigned_to")
    list_display_links = ("number",)
    list_filter = (QueueFilter, CareFilter, *QUEUE_FILTERS)
    list_filter_submit = False
    list_per_page = 25
    show_full_result_count = False
    paginator = QueuePaginator
    # The case page leads back to the list by itself, and finding out which page each link leads to takes long.
    preserve_filters = False
    list_before_template = "admin/requests_app/disclosurerequest/search.html"
    search_label = _("請求を探す")
    search_help = _(
        "受付番号、氏名、フリガナ、メールアドレス、電話番号の全部または一部。表記の違いは気にしなくてかまいません。終わった請求も探します。"
    )
    ordering = ("target_on", "received_at")
    actions = ("assign_selected",)
    compressed_fields = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[DisclosureRequest]:
        rows = super().get_queryset(request).prefetch_related("parties", "assigned_to")
        words = search_words(request)
        # Whoever may not see cases must not learn from the search who made one.
        return found_by_number(rows, words) if words and not super().has_view_permission(request) else rows

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[QueueList]:
        return QueueList

    def searched(self, queryset: QuerySet[Any], words: str) -> QuerySet[Any]:
        return found(queryset, words)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if request.method == "GET" and not request.GET and (first := view_pages.first_address(request)):
            return HttpResponseRedirect(first)
        context = {
            **(extra_context or {}),
            "views": [] if FOUND_VAR in request.GET else _views(request),
            **view_pages.list_context(request),
            "list_limit": QueuePaginator.LIMIT,
            "may_register": request.user.has_perm(registration.PERMISSION),
        }
        return super().changelist_view(request, context)

    @action(description=_("担当者を決める"), permissions=["change"])
    def assign_selected(self, request: HttpRequest, queryset: QuerySet[DisclosureRequest]) -> HttpResponse | None:
        """Several cases at once: the only thing that may be done to more than one, since it decides nothing."""
        return bulk_views.assign_selected(self, request, queryset)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: DisclosureRequest | None = None) -> bool:
        """Nobody looks at their own request as staff: it would show what was found about whom they say they are.

        The list, with masked names, is open to support too; a case is not.
        """
        if obj is None and request.user.has_perm(selectors.LIST_PERMISSION):
            return True
        own = obj is not None and obj.applicant_id == request.user.pk
        return not own and super().has_view_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: DisclosureRequest | None = None) -> bool:
        own = obj is not None and obj.applicant_id == request.user.pk
        return not own and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @display(description=_("受付番号"), ordering="receipt_number")
    def number(self, obj: DisclosureRequest) -> str:
        return obj.receipt_number

    @display(description=_("種類"))
    def type_name(self, obj: DisclosureRequest) -> str:
        return str(case_views.type_of(obj).name)

    @display(
        description=_("状態"),
        ordering="status",
        label={value: key for key, all_ in STATUS_COLOURS.items() for value in all_},
    )
    def status_label(self, obj: DisclosureRequest) -> tuple[str, str]:
        return obj.status, obj.get_status_display()

    @display(description=_("請求した人"))
    def who(self, obj: DisclosureRequest) -> str:
        principal = next((party for party in obj.parties.all() if party.kind == Party.Kind.PRINCIPAL), None)
        return (masked_name(principal.full_name) if principal else "") or "—"

    @display(description=_("社内目標"), ordering="target_on")
    def target(self, obj: DisclosureRequest) -> str:
        if obj.status not in OPEN_STATUSES:
            return str(obj.target_on)
        return f"{obj.target_on:%Y-%m-%d}  {days_left(obj)}"

    @display(description=_("待っている相手"))
    def waits_for(self, obj: DisclosureRequest) -> str:
        return str(WAITS_FOR[Status(obj.status)])

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The case page. Opening it is a look at personal data and is recorded."""
        case = self._case(request, object_id)
        audit.record(action="request.viewed", actor=request.user, obj=case)
        # The thread is on this page: what the person wrote is no longer new.
        # An auditor's look takes it from nobody's list.
        if self.has_change_permission(request, case):
            messages.mark_read(request=case, reader=cast(User, request.user), now=timezone.now())
        context = {
            **self.admin_site.each_context(request),
            **case_context(case, request),
            "opts": self.opts,
            "title": case.receipt_number,
        }
        return TemplateResponse(request, "admin/requests_app/disclosurerequest/case.html", context)

    def _case(self, request: HttpRequest, object_id: str) -> DisclosureRequest:
        case = self.get_object(request, object_id)
        if case is None:
            raise Http404
        if not self.has_view_permission(request, case):
            audit.record(action="request.denied", actor=cast(User, request.user), obj=case)
            raise PermissionDenied
        return case

    def get_urls(self) -> list[Any]:
        def page(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
            def with_case(request: HttpRequest, object_id: str, **kwargs: Any) -> HttpResponseBase:
                return view(request, self._case(request, object_id), self, **kwargs)

            return self.admin_site.admin_view(with_case)

        def site_page(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
            def with_site(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
                return view(request, self, **kwargs)

            return self.admin_site.admin_view(with_site)

        prefix = "<uuid:object_id>/"
        own = [
            path("views/", site_page(view_pages.overview), name="requests_app_views"),
            path("views/save/", site_page(view_pages.save), name="requests_app_view_save"),
            path("views/<uuid:view_id>/", site_page(view_pages.edit), name="requests_app_view"),
            path("views/<uuid:view_id>/delete/", site_page(view_pages.delete), name="requests_app_view_delete"),
            path("views/<uuid:view_id>/first/", site_page(view_pages.first), name="requests_app_view_first"),
            path("register/", site_page(register_views.choose), name="requests_app_register"),
            path("register/<slug:request_type>/", site_page(register_views.fill_in), name="requests_app_register_type"),
            path(
                f"{prefix}received/<uuid:file_id>/",
                page(register_views.open_received),
                name="requests_app_case_received",
            ),
            path(f"{prefix}print/", page(print_views.print_case), name="requests_app_case_print"),
            path(f"{prefix}identity/", page(case_views.identity), name="requests_app_case_identity"),
            path(f"{prefix}code-letter/", page(code_views.letter), name="requests_app_case_code_letter"),
            path(f"{prefix}call-back/", page(call_views.call_back), name="requests_app_case_call_back"),
            path(f"{prefix}counter/", page(call_views.counter), name="requests_app_case_counter"),
            path(f"{prefix}code-told/", page(code_views.told), name="requests_app_case_code_told"),
            path(f"{prefix}reconsider/", page(case_views.reconsider), name="requests_app_case_reconsider"),
            path(f"{prefix}gifts/", page(gift_views.choose), name="requests_app_case_gifts"),
            path(f"{prefix}decide/", page(decision_views.decide), name="requests_app_case_decide"),
            path(f"{prefix}decide/block/", page(decision_views.insert_block), name="requests_app_case_block"),
            path(f"{prefix}findings/<uuid:finding_id>/", page(found_views.contents), name="requests_app_case_found"),
            path(f"{prefix}found/<uuid:content_id>/", page(found_views.open_file), name="requests_app_case_found_file"),
            path(f"{prefix}second-look/", page(second_look_views.look), name="requests_app_case_second_look"),
            path(
                f"{prefix}second-look/letter/",
                page(second_look_views.letter),
                name="requests_app_case_second_look_letter",
            ),
            path(f"{prefix}letter/", page(decision_views.preview_letter), name="requests_app_case_letter"),
            path(f"{prefix}examine/", page(change_views.examine), name="requests_app_case_examine"),
            path(
                f"{prefix}examine/<uuid:change_id>/",
                page(change_views.examine_one),
                name="requests_app_case_examine_one",
            ),
            path(f"{prefix}stops/<uuid:stop_id>/", page(undo_views.end_stop), name="requests_app_case_end_stop"),
            path(
                f"{prefix}taken-back/<uuid:change_id>/", page(undo_views.take_back), name="requests_app_case_take_back"
            ),
            path(f"{prefix}fee/", page(fee_views.ask), name="requests_app_case_fee"),
            path(f"{prefix}fee-accepted/", page(fee_views.accepted), name="requests_app_case_fee_accepted"),
            path(f"{prefix}fee-declined/", page(fee_views.declined), name="requests_app_case_fee_declined"),
            path(f"{prefix}money/", page(fee_views.money), name="requests_app_case_money"),
            path(f"{prefix}waive/", page(fee_views.waive), name="requests_app_case_waive"),
            path(f"{prefix}fee-cancel/", page(fee_views.cancel), name="requests_app_case_fee_cancel"),
            path(f"{prefix}receipt/", page(fee_views.receipt), name="requests_app_case_receipt"),
            path(f"{prefix}hold/", page(hold_views.place), name="requests_app_case_hold"),
            path(f"{prefix}unhold/", page(hold_views.end), name="requests_app_case_unhold"),
            path(f"{prefix}documents/", page(evidence_views.ask), name="requests_app_case_documents"),
            path(f"{prefix}evidence/add/", page(evidence_views.record), name="requests_app_case_evidence_add"),
            path(f"{prefix}evidence/<uuid:evidence_id>/", page(evidence_views.view), name="requests_app_case_evidence"),
            path(
                f"{prefix}evidence/<uuid:evidence_id>/judge/",
                page(evidence_views.judge),
                name="requests_app_case_evidence_judge",
            ),
            path(
                f"{prefix}evidence/<uuid:evidence_id>/<uuid:page_id>/",
                page(evidence_views.page_picture),
                name="requests_app_case_evidence_page",
            ),
            path(
                f"{prefix}evidence/<uuid:evidence_id>/<uuid:page_id>/cover/",
                page(evidence_views.cover),
                name="requests_app_case_evidence_cover",
            ),
            path(f"{prefix}extend/", page(clock_views.extend), name="requests_app_case_extend"),
            path(f"{prefix}ask/", page(paper_views.ask), name="requests_app_case_ask"),
            path(f"{prefix}correct/", page(correction_views.person), name="requests_app_case_correct"),
            path(f"{prefix}type/", page(type_views.choose), name="requests_app_case_retype"),
            path(f"{prefix}type/<slug:request_type>/", page(type_views.correct), name="requests_app_case_retype_to"),
            path(
                f"{prefix}type-letter/<uuid:correction_id>/",
                page(type_views.letter),
                name="requests_app_case_type_letter",
            ),
            path(f"{prefix}arrival/", page(correction_views.arrival), name="requests_app_case_arrival"),
            path(f"{prefix}scans/", page(correction_views.scans), name="requests_app_case_scans"),
            path(f"{prefix}answered/", page(paper_views.answered), name="requests_app_case_answered"),
            path(f"{prefix}remind/", page(paper_views.remind), name="requests_app_case_remind"),
            path(
                f"{prefix}question/<uuid:message_id>/",
                page(paper_views.question_letter),
                name="requests_app_case_question_letter",
            ),
            path(f"{prefix}message/", page(message_views.message), name="requests_app_case_message"),
            path(
                f"{prefix}message/<uuid:file_id>/",
                page(message_views.open_file),
                name="requests_app_case_message_file",
            ),
            path(f"{prefix}instruct/", page(instruction_views.instruct), name="requests_app_case_instruct"),
            path(f"{prefix}forward/", page(instruction_views.forward), name="requests_app_case_forward"),
            path(
                f"{prefix}instructions/<int:number>/",
                page(instruction_views.instruction),
                name="requests_app_case_instruction",
            ),
            path(f"{prefix}note/", page(instruction_views.note), name="requests_app_case_note"),
            path(f"{prefix}finding/", page(instruction_views.finding), name="requests_app_case_finding"),
            path(f"{prefix}assign/", page(case_views.assign), name="requests_app_case_assign"),
            path(f"{prefix}posted/", page(case_views.posted), name="requests_app_case_posted"),
            path(f"{prefix}close/", page(case_views.close), name="requests_app_case_close"),
            path(f"{prefix}withdrawn/", page(case_views.withdrawn), name="requests_app_case_withdrawn"),
            path(f"{prefix}reopen/", page(case_views.reopen), name="requests_app_case_reopen"),
            path(f"{prefix}answer-mail/", page(answer_mail_views.answer_mail), name="requests_app_case_answer_mail"),
            path(f"{prefix}files/<uuid:file_id>/", page(case_views.open_file), name="requests_app_case_file"),
        ]
        return own + super().get_urls()


def _views(request: HttpRequest) -> list[dict[str, Any]]:
    """The saved views above the list, each with its number; everything that is open comes first."""
    counts = selectors.dashboard_counts(timezone.now())
    chosen = request.GET.get("queue", "open")
    return [
        {
            "address": f"?queue={code}",
            "label": label,
            "number": counts.get(code),
            "chosen": code == chosen,
        }
        for code, label in {"open": _("進行中のすべて"), **QUEUES}.items()
    ]
