"""The buttons of a case: each shows what will happen, then calls a service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages as notices
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from consent_app.models import Customer
from consent_app.selectors import customers_found
from privacy_portal.core.models import User
from privacy_portal.core.services import audit, files

from ..domain.request_types import REQUEST_TYPES, RequestType
from ..domain.transitions import TransitionRefused
from ..models import AnswerFile, DisclosureRequest
from ..selectors import candidates as candidates_for
from ..selectors import perhaps_senders
from ..services import assignment, fulfilment, lifecycle
from ..services import identity as identity_service
from ..services.errors import InvalidPosting, RequestError
from .case_page import recipients_seen
from .forms import IdentityForm, NoteForm, PostedForm
from .queue_forms import AssignForm
from .steps import BY_CODE, VIEW_CUSTOMER, why_not

if TYPE_CHECKING:
    from .cases import DisclosureRequestAdmin

SEARCH_LIMIT = 20
# What a step can meet: the case is not as the page showed it, or the input is not as the law wants it.
Refused = (RequestError, TransitionRefused)
OUTDATED = _("ほかの操作で状態が変わりました。画面を読み直して、いまの状態を確かめてください。")
TEMPLATES = "admin/requests_app/disclosurerequest"


def type_of(case: DisclosureRequest) -> RequestType:
    """The row of the table for the case."""
    return REQUEST_TYPES[case.request_type]


def staff_of(request: HttpRequest) -> User:
    """Who is signed in."""
    # The admin site lets nobody else in.
    return cast(User, request.user)


def _address(case: DisclosureRequest, tab: str = "") -> str:
    address = reverse("admin:requests_app_disclosurerequest_change", args=[case.pk])
    return f"{address}?tab={tab}" if tab else address


def back_to(case: DisclosureRequest, tab: str = "") -> HttpResponseRedirect:
    """To the page of the case."""
    return HttpResponseRedirect(_address(case, tab))


def require_permission(request: HttpRequest, case: DisclosureRequest, permission: str) -> None:
    """Before anything that was posted is looked at.

    Raises:
        PermissionDenied: recorded.
    """
    if not staff_of(request).has_perm(f"requests_app.{permission}"):
        audit.record(action="admin.denied", actor=staff_of(request), obj=case)
        raise PermissionDenied


def refused_step(case: DisclosureRequest, request: HttpRequest, code: str) -> HttpResponse | None:
    """None when the step is possible; otherwise back to the case, which says why not."""
    step = BY_CODE[code]
    allowed = staff_of(request).has_perm(step.permission)
    if not allowed or (step.shows_customers and not staff_of(request).has_perm(VIEW_CUSTOMER)):
        audit.record(action="admin.denied", actor=staff_of(request), obj=case)
        raise PermissionDenied
    reason = why_not(case, step, staff_of(request))
    if reason:
        notices.error(request, str(reason))
        return back_to(case)
    return None


def case_page(
    request: HttpRequest,
    case: DisclosureRequest,
    site: DisclosureRequestAdmin,
    template: str,
    title: Any,
    **context: Any,
) -> HttpResponse:
    """A page of one step, in the frame of the case."""
    return TemplateResponse(
        request,
        f"{TEMPLATES}/{template}.html",
        {
            **site.admin_site.each_context(request),
            "opts": site.opts,
            "case": case,
            "request_type": type_of(case),
            "title": title,
            "back_url": _address(case),
            **context,
        },
    )


def words_of(error: RequestError | TransitionRefused) -> str:
    """What went wrong, for the page."""
    return str(error if isinstance(error, RequestError) else OUTDATED)


def candidates_shown(case: DisclosureRequest, request: HttpRequest) -> tuple[list[Customer], str]:
    """Whom the page of a check shows, with the words that staff searched for."""
    # Posted, not in the address, which lies in logs and histories.
    words = request.POST.get("words", "").strip()[:100]
    candidates = candidates_for(case)
    if words:
        known = {customer.pk for customer in candidates}
        found = customers_found(Customer.objects.all(), words)[:SEARCH_LIMIT]
        candidates += [customer for customer in found if customer.pk not in known]
    return candidates, words


def record_candidates_seen(case: DisclosureRequest, request: HttpRequest, candidates: list[Customer]) -> None:
    """Each customer that a page showed, and how many it were for this case."""
    for customer in candidates:
        audit.record(action="customer.viewed", actor=staff_of(request), obj=customer)
    if candidates:
        audit.record(
            action="identity.candidates_viewed", actor=staff_of(request), obj=case, detail={"count": len(candidates)}
        )


def identity(request: HttpRequest, case: DisclosureRequest, site: DisclosureRequestAdmin) -> HttpResponse:
    """Candidates beside what was stated; confirm one of them, or that the person is no registered customer."""
    if refused := refused_step(case, request, "identity"):
        return refused
    candidates, words = candidates_shown(case, request)
    likenesses = identity_service.likenesses(case, candidates)
    places = {key: place for place, key in enumerate(likenesses)}
    candidates.sort(key=lambda customer: places[customer.pk])
    judged = request.method == "POST" and "search" not in request.POST
    recipients = recipients_seen(case, request)
    form = IdentityForm(
        request.POST if judged else None,
        candidates=candidates,
        senders=perhaps_senders(case, candidates),
        recipients=recipients,
    )
    if judged and form.is_valid():
        chosen: Customer | None = form.cleaned_data["customer"]
        try:
            identity_service.confirm(
                request=case,
                actor=staff_of(request),
                customer=chosen,
                note=form.cleaned_data["note"],
                now=timezone.now(),
                gifts=form.cleaned_data.get("gifts", ()),
            )
        except Refused as error:
            notices.error(request, words_of(error))
        else:
            notices.success(request, str(_("本人であることを確認したと記録しました。")))
            return back_to(case)
    record_candidates_seen(case, request, candidates)
    return case_page(
        request, case, site, "identity", _("本人確認"), form=form, candidates=candidates, words=words,
        parties=case.parties.all(), checks=case.identity_checks.all(), recipients=recipients,
        compared=[(customer, likenesses[customer.pk]) for customer in candidates],
    )  # fmt: skip


def reconsider(request: HttpRequest, case: DisclosureRequest, site: DisclosureRequestAdmin) -> HttpResponse:
    """The wrong customer was linked, or a doubt came up: back to the check of identity."""
    if refused := refused_step(case, request, "reconsider"):
        return refused
    form = NoteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            identity_service.reconsider(
                request=case, actor=staff_of(request), note=form.cleaned_data["note"], now=timezone.now()
            )
        except Refused as error:
            form.add_error("note", words_of(error))
        else:
            notices.success(request, str(_("顧客との結び付きを外し、本人確認に戻しました。")))
            return back_to(case)
    return case_page(request, case, site, "reconsider", BY_CODE["reconsider"].label, form=form)


def assign(request: HttpRequest, case: DisclosureRequest, site: DisclosureRequestAdmin) -> HttpResponse:
    """Who looks after the case."""
    if refused := refused_step(case, request, "assign"):
        return refused
    form = AssignForm(request.POST or None, initial={"assigned_to": case.assigned_to_id})
    if request.method == "POST" and form.is_valid():
        try:
            assignment.assign(
                request=case,
                actor=staff_of(request),
                to=form.cleaned_data["assigned_to"],
                note=form.cleaned_data["note"],
                now=timezone.now(),
            )
        except RequestError as error:
            notices.error(request, words_of(error))
        else:
            notices.success(request, str(_("担当者を決めました。")))
        return back_to(case)
    return case_page(request, case, site, "assign", _("担当者を決める"), form=form)


def confirmed_step(
    request: HttpRequest,
    case: DisclosureRequest,
    site: DisclosureRequestAdmin,
    code: str,
    effect: Any,
    done: Any,
    service: Any,
) -> HttpResponse:
    """A step that takes no input: say what will happen, then do it."""
    if refused := refused_step(case, request, code):
        return refused
    if request.method != "POST":
        return case_page(request, case, site, "confirm", BY_CODE[code].label, effect=effect)
    try:
        service(request=case, actor=staff_of(request), now=timezone.now())
    except Refused as error:
        notices.error(request, words_of(error))
    else:
        notices.success(request, str(done))
    return back_to(case)


def posted(request: HttpRequest, case: DisclosureRequest, site: DisclosureRequestAdmin) -> HttpResponse:
    """The printed answer is on its way."""
    if refused := refused_step(case, request, "posted"):
        return refused
    form = PostedForm(request.POST or None, initial={"sent_on": timezone.localdate()})
    if request.method == "POST" and form.is_valid():
        try:
            fulfilment.mark_posted(request=case, actor=staff_of(request), now=timezone.now(), **form.cleaned_data)
        except InvalidPosting as error:
            form.add_error(error.field, str(error))
        except Refused as error:
            form.add_error(None, words_of(error))
        else:
            notices.success(request, str(_("郵送したことを記録しました。")))
            return back_to(case)
    return case_page(request, case, site, "posted", BY_CODE["posted"].label, form=form)


def close(request: HttpRequest, case: DisclosureRequest, site: DisclosureRequestAdmin) -> HttpResponse:
    """Nothing more is to be done."""
    effect = _("この請求の手続きを終了します。回答ファイルは公開の期限まで本人が開けます。")
    return confirmed_step(request, case, site, "close", effect, _("手続きを終了しました。"), lifecycle.close)


def withdrawn(request: HttpRequest, case: DisclosureRequest, site: DisclosureRequestAdmin) -> HttpResponse:
    """Somebody without an account took the request back."""
    effect = _(
        "本人が手紙や電話で請求を取り下げたことを記録します。この請求は終わり、元には戻せません。"
        "受け取った手紙は、事業所の手順で保管してください。"
    )
    done = _("取下げを記録しました。")
    return confirmed_step(request, case, site, "withdrawn", effect, done, lifecycle.record_withdrawal)


def reopen(request: HttpRequest, case: DisclosureRequest, site: DisclosureRequestAdmin) -> HttpResponse:
    """The decision was wrong, or something was forgotten."""
    effect = _("この請求をもう一度確認します。前の回答ファイルは開けなくなり、新しい決定が必要になります。")
    return confirmed_step(
        request, case, site, "reopen", effect, _("もう一度確認する状態に戻しました。"), lifecycle.reopen
    )


@require_POST
def open_file(
    request: HttpRequest, case: DisclosureRequest, site: DisclosureRequestAdmin, file_id: Any
) -> HttpResponse | StreamingHttpResponse:
    """Staff open the letter or the package, to print it. Recorded."""
    if not staff_of(request).has_perm("requests_app.decide_request"):
        audit.record(action="admin.denied", actor=staff_of(request), obj=case)
        raise PermissionDenied
    answer = case.answer_files.select_related("file").filter(pk=file_id, file__erased_at=None).first()
    if answer is None:
        raise Http404
    if answer.kind == AnswerFile.Kind.PACKAGE and not staff_of(request).has_perm(VIEW_CUSTOMER):
        audit.record(action="admin.denied", actor=staff_of(request), obj=case)
        raise PermissionDenied
    audit.record(
        action="answer.opened_by_staff", actor=staff_of(request), obj=answer, detail={"kind": str(answer.kind)}
    )
    return StreamingHttpResponse(
        files.open_stream(answer.file),
        content_type=answer.file.content_type,
        headers={
            "Content-Disposition": f'attachment; filename="{answer.file.name}"',
            "X-Content-Type-Options": "nosniff",
        },
    )
