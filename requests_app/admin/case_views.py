"""The buttons of a case: each shows what will happen, then calls a service."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages as notices
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from consent_app.domain.articles import article_text
from consent_app.domain.normalise import clean_text
from consent_app.models import Customer
from consent_app.selectors import customers_found
from privacy_portal.core.models import User
from privacy_portal.core.services import audit, files

from ..connectors.found import found_data
from ..domain.request_types import REQUEST_TYPES, RequestType
from ..domain.transitions import TransitionRefused
from ..models import AnswerFile, Decision, DisclosureRequest
from ..models.decision import POSITIVE
from ..selectors import candidates as candidates_for
from ..selectors import other_open_cases, perhaps_senders
from ..services import assignment, decisions, effects, fees, fulfilment, lifecycle
from ..services import identity as identity_service
from ..services import messages as message_service
from ..services.errors import ErasureNotSeen, InvalidDecision, InvalidPosting, RequestError
from .case_page import changes_context, recipients_seen
from .forms import AssignForm, DecisionForm, IdentityForm, MessageForm, NoteForm, PostedForm
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


def identity(request: HttpRequest, case: DisclosureRequest, site: DisclosureRequestAdmin) -> HttpResponse:
    """Candidates beside what was stated; confirm one of them, or that the person is no registered customer."""
    if refused := refused_step(case, request, "identity"):
        return refused
    # Posted, not in the address, which lies in logs and histories.
    words = request.POST.get("words", "").strip()[:100]
    candidates = candidates_for(case)
    if words:
        known = {customer.pk for customer in candidates}
        found = customers_found(Customer.objects.all(), words)[:SEARCH_LIMIT]
        candidates += [customer for customer in found if customer.pk not in known]
    judged = request.method == "POST" and "search" not in request.POST
    form = IdentityForm(
        request.POST if judged else None, candidates=candidates, senders=perhaps_senders(case, candidates)
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
            )
        except Refused as error:
            notices.error(request, words_of(error))
        else:
            notices.success(request, str(_("本人であることを確認したと記録しました。")))
            return back_to(case)
    for customer in candidates:
        audit.record(action="customer.viewed", actor=staff_of(request), obj=customer)
    if candidates:
        audit.record(
            action="identity.candidates_viewed", actor=staff_of(request), obj=case, detail={"count": len(candidates)}
        )
    return case_page(
        request, case, site, "identity", _("本人確認"), form=form, candidates=candidates, words=words,
        parties=case.parties.all(), checks=case.identity_checks.all(), recipients=recipients_seen(case, request),
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


def _decision_form(request: HttpRequest, case: DisclosureRequest) -> DecisionForm:
    return DecisionForm(
        request.POST or None,
        case=case,
        outcomes=[str(outcome) for outcome in decisions.allowed_outcomes(case)],
        language=get_language() or "ja",
    )


def _decide_page(
    request: HttpRequest, case: DisclosureRequest, site: DisclosureRequestAdmin, form: DecisionForm
) -> HttpResponse:
    return case_page(request, case, site, "decide", _("回答を決定する"), form=form, fee_owed=fees.is_owed(case))


def decide(request: HttpRequest, case: DisclosureRequest, site: DisclosureRequestAdmin) -> HttpResponse:
    """Choose, look at what will happen, then decide. The last page is the only one that writes."""
    if refused := refused_step(case, request, "decide"):
        return refused
    form = _decision_form(request, case)
    if request.method != "POST" or not form.is_valid() or "change" in request.POST:
        return _decide_page(request, case, site, form)
    proposal = form.proposal
    erasing = type_of(case).effect == "erase" and proposal.outcome in POSITIVE
    untyped = erasing and clean_text(request.POST.get("typed", "")) != case.receipt_number
    if "confirmed" in request.POST and untyped:
        notices.error(request, str(_("受付番号が違います。消去を確かめるため、受付番号を入力してください。")))
    elif "confirmed" in request.POST:
        proposal = replace(proposal, seen=request.POST.get("seen", ""))
        try:
            decisions.decide(request=case, actor=staff_of(request), now=timezone.now(), proposal=proposal)
        except ErasureNotSeen as error:
            notices.error(request, words_of(error))
            return _confirm_page(request, case, site, form)
        except InvalidDecision as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
            return _decide_page(request, case, site, form)
        except Refused as error:
            notices.error(request, words_of(error))
        else:
            notices.success(request, str(_("回答を決定しました。通知書と回答を準備しています。")))
        return back_to(case)
    return _confirm_page(request, case, site, form)


def _confirm_page(
    request: HttpRequest, case: DisclosureRequest, site: DisclosureRequestAdmin, form: DecisionForm
) -> HttpResponse:
    """What the decision says and does, before it is made."""
    proposal = form.proposal
    try:
        unprintable = decisions.unprintable_characters(request=case, now=timezone.now(), proposal=proposal)
    except InvalidDecision as error:
        form.add_error(error.field if error.field in form.fields else None, str(error))
        return _decide_page(request, case, site, form)
    found = found_data(case.customer) if case.customer else None
    withheld = {item.code for item in proposal.withheld_items}
    refusal = next((row for row in type_of(case).refusals if row.code == proposal.ground), None)
    return case_page(
        request,
        case,
        site,
        "decide_confirm",
        _("この内容で決定しますか"),
        form=form,
        values=proposal,
        withheld=[*proposal.withheld_items, *proposal.withheld_purposes],
        outcome_label=Decision.Outcome(proposal.outcome).label,
        refusal=refusal,
        refusal_article=article_text(refusal.article, get_language() or "ja") if refusal else "",
        gives_data=proposal.outcome in POSITIVE and type_of(case).effect == "package",
        effects=_effects(case, proposal),
        **_erasure_context(case, proposal),
        **(changes_context(case) if type_of(case).effect == "change" else {}),
        given_items=[item for item in found.items if item.code not in withheld] if found else [],
        record_counts={k: n for k, n in found.record_counts.items() if k not in withheld} if found else {},
        unprintable=" ".join(unprintable),
    )


def _effects(case: DisclosureRequest, proposal: decisions.Proposal) -> list[str]:
    """What the decision does to the data, in words."""
    if proposal.outcome not in POSITIVE:
        return []
    if type_of(case).effect == "stop_use":
        stopped = effects.purposes_stopped(case, {purpose.pk for purpose in proposal.withheld_purposes})
        if case.wants_everything and not proposal.withheld_purposes:
            return [str(_("すべての目的での利用を止めます。あとから加わる目的も止まります。"))]
        return [str(_("次の目的での利用を止めます：%(purpose)s") % {"purpose": purpose}) for purpose in stopped]
    if type_of(case).effect == "change":
        return [str(_("「変える」とした項目を、登録された内容に書き込みます。前の内容は履歴に残ります。"))]
    if type_of(case).effect == "stop_provision":
        return [str(_("第三者への提供をすべて止めます。"))]
    if type_of(case).effect == "provision_records":
        return [str(_("提供と受け取りの記録のうち、法令で定められた事項だけを開示します。契約書や証拠は渡しません。"))]
    return []


def _erasure_context(case: DisclosureRequest, proposal: decisions.Proposal) -> dict[str, Any]:
    """Every place with what would go now and later; other open cases about the same person."""
    if type_of(case).effect != "erase" or proposal.outcome not in POSITIVE:
        return {}
    found = effects.erasure_preview(case, {item.code for item in proposal.withheld_items}, timezone.now())
    return {"erasure": found, "other_cases": other_open_cases(case)}


@require_POST
def preview_letter(request: HttpRequest, case: DisclosureRequest, site: DisclosureRequestAdmin) -> HttpResponse:
    """The letter as it would go out, as PDF. What was typed comes by POST, so that it stays out of addresses."""
    if refused := refused_step(case, request, "decide"):
        return refused
    form = _decision_form(request, case)
    if not form.is_valid():
        return _decide_page(request, case, site, form)
    proposal, now = form.proposal, timezone.now()
    try:
        pdf = decisions.preview_letter(request=case, actor=staff_of(request), now=now, proposal=proposal)
        missing = decisions.unprintable_characters(request=case, now=now, proposal=proposal)
    except RequestError as error:
        notices.error(request, words_of(error))
        return _decide_page(request, case, site, form)
    if missing:
        # The answer is a PDF in another window: the case's own page says it next.
        words = _("通知書に印刷できない文字があり、〓にしました：%(characters)s")
        notices.warning(request, str(words % {"characters": " ".join(missing)}))
    return HttpResponse(
        pdf, content_type="application/pdf", headers={"Content-Disposition": 'inline; filename="preview.pdf"'}
    )


def ask(request: HttpRequest, case: DisclosureRequest, site: DisclosureRequestAdmin) -> HttpResponse:
    """A question; the clock stands still until the person answers."""
    if refused := refused_step(case, request, "ask"):
        return refused
    form = MessageForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            message_service.ask(
                request=case, actor=staff_of(request), body=form.cleaned_data["body"], now=timezone.now()
            )
        except Refused as error:
            form.add_error("body", words_of(error))
        else:
            notices.success(request, str(_("質問を送りました。返答があるまで社内目標は進みません。")))
            return back_to(case, "messages")
    return case_page(request, case, site, "ask", _("本人に質問する"), form=form)


@require_POST
def message(request: HttpRequest, case: DisclosureRequest, site: DisclosureRequestAdmin) -> HttpResponse:
    """A message that changes no status."""
    form = MessageForm(request.POST)
    if form.is_valid():
        try:
            message_service.write(
                request=case, actor=staff_of(request), body=form.cleaned_data["body"], now=timezone.now()
            )
        except RequestError as error:
            form.add_error("body", str(error))
        else:
            notices.success(request, str(_("メッセージを送りました。")))
            return back_to(case, "messages")
    return case_page(request, case, site, "message", _("メッセージを送る"), form=form)


def assign(request: HttpRequest, case: DisclosureRequest, site: DisclosureRequestAdmin) -> HttpResponse:
    """Who looks after the case."""
    if refused := refused_step(case, request, "assign"):
        return refused
    form = AssignForm(request.POST or None, initial={"assigned_to": case.assigned_to_id})
    if request.method == "POST" and form.is_valid():
        try:
            assignment.assign(
                request=case, actor=staff_of(request), to=form.cleaned_data["assigned_to"], now=timezone.now()
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
