"""Sending documents: what is needed, one page for each of it, a look at what was chosen, then everything at once."""

import uuid
from typing import Any

from django.contrib import messages as flash
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from consent_app.selectors import current_operator
from privacy_portal.core.portal.views import limited, wait_text
from privacy_portal.core.ratelimit import LimitExceeded

from ..domain.evidence import DOCUMENTS, Need, Proof, Reason
from ..models import DisclosureRequest, Evidence, EvidenceRequest
from ..services import evidence, evidence_copies, evidence_pages, evidence_state, mandates
from ..services.errors import EvidenceRefused
from .access import PersonRequest, own_request_or_404
from .document_forms import DocumentForm
from .offers import type_name

get_or_post = require_http_methods(["GET", "HEAD", "POST"])
State = Evidence.State


def _asked_or_404(disclosure: DisclosureRequest) -> EvidenceRequest:
    asked = evidence_state.open_request(disclosure)
    if asked is None:
        raise Http404
    return asked


def documents_context(disclosure: DisclosureRequest) -> dict[str, Any]:
    """For the page of a request: whether documents can be sent, and what became of those that were."""
    asked = evidence_state.open_request(disclosure)
    return {
        "documents_url": reverse("portal:request_documents", args=[disclosure.receipt_number]) if asked else "",
        "documents_owed": evidence_state.documents_owed(disclosure),
    }


@login_required
@never_cache
@get_or_post
def request_documents(request: PersonRequest, receipt: str) -> HttpResponse:
    """What is to be sent, and what was chosen so far; a POST sends it."""
    disclosure = own_request_or_404(request, receipt)
    asked = _asked_or_404(disclosure)
    if request.method == "POST":
        try:
            evidence.send(request=disclosure, actor=request.user, now=timezone.now())
        except EvidenceRefused as error:
            flash.info(request, str(error))
            return redirect("portal:request_documents", receipt=receipt)
        flash.success(request, _("書類を送りました。ありがとうございました。担当者が確認します。"))
        return redirect("portal:request_detail", receipt=receipt)
    rows = list(disclosure.evidence.prefetch_related("pages__file", "judgements").order_by("added_at"))
    operator = current_operator()
    needs = evidence_state.asked_needs(asked)
    context = {
        "disclosure": disclosure,
        "type_name": type_name(disclosure.request_type),
        "note": asked.note,
        "others": [
            {"name": type_name(other.request_type), "receipt": other.receipt_number}
            for other in evidence_copies.together(disclosure).filter(status__in=evidence_state.OPEN)
        ],
        "tasks": [_task(disclosure, need, rows) for need in needs],
        "drafts": [row for row in rows if row.state == State.DRAFT],
        "sent": [{"evidence": row, **_standing(row)} for row in rows if row.state != State.DRAFT],
        "mandate": any("mandate" in need.documents for need in needs),
        "operator": operator,
        "by_post": operator is not None and "letter" in operator.channels,
        "erased_after": evidence_pages.kept_days(),
    }
    return render(request, "portal/requests/documents.html", context)


def _task(disclosure: DisclosureRequest, need: Need, rows: list[Evidence]) -> dict[str, Any]:
    """One thing to show: its page, what shows it, and how far it is."""
    states = {row.state for row in rows if row.proof == need.proof}
    if State.DRAFT in states:
        status, tone = _("送る前です"), "warning"
    elif states & {State.GIVEN, State.CHECKED}:
        status, tone = (_("確認しました"), "success") if State.CHECKED in states else (_("届きました"), "info")
    elif State.REJECTED in states:
        status, tone = _("もう一度お送りください"), "danger"
    elif not need.required:
        status, tone = _("あれば"), "neutral"
    else:
        status, tone = _("まだです"), "neutral"
    names = _("、").join(str(DOCUMENTS[code].name) for code in need.documents)
    hint = _("次のどれか1つ：%(names)s") % {"names": names} if len(need.documents) > 1 else names
    return {
        "label": Proof(need.proof).label,
        "url": reverse("portal:request_document_add", args=[disclosure.receipt_number, need.proof.value]),
        "hint": hint,
        "status": status,
        "tone": tone,
    }


def _standing(row: Evidence) -> dict[str, Any]:
    if row.state == State.CHECKED:
        return {"status": _("確認しました"), "tone": "success", "why": ""}
    if row.state == State.GIVEN:
        return {"status": _("確認しています"), "tone": "info", "why": ""}
    newest = max(row.judgements.all(), key=lambda judgement: judgement.judged_at)
    return {"status": _("受け取れませんでした"), "tone": "danger", "why": Reason(newest.reason).label}


@sensitive_post_parameters()
@login_required
@never_cache
@get_or_post
def request_document_add(request: PersonRequest, receipt: str, proof: str) -> HttpResponse:
    """One thing to show: how to hide what must not be seen, and the photos."""
    disclosure = own_request_or_404(request, receipt)
    asked = _asked_or_404(disclosure)
    need = next((one for one in evidence_state.asked_needs(asked) if one.proof == proof), None)
    if need is None:
        raise Http404
    posted = request.method == "POST"
    form = DocumentForm(request.POST if posted else None, request.FILES if posted else None, need=need)
    too_many: LimitExceeded | None = None
    if posted and form.is_valid():
        try:
            evidence.add(
                request=disclosure,
                actor=request.user,
                proof=need.proof,
                document=form.cleaned_data["document"],
                uploads=form.chosen,
                now=timezone.now(),
            )
        except EvidenceRefused as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        except LimitExceeded as error:
            too_many = error
            words = _("短い間に多くのファイルが送られました。%(wait)sにもう一度お試しください。")
            form.add_error(None, words % {"wait": wait_text(error.retry_after)})
        else:
            flash.success(
                request, _("書類を加えました。まだ送っていません。写り方を確かめて、「書類を送る」を押してください。")
            )
            return redirect("portal:request_documents", receipt=receipt)
    context = {
        "disclosure": disclosure,
        "proof": Proof(need.proof),
        "documents": [DOCUMENTS[code] for code in need.documents],
        "form": form,
        "mandate": "mandate" in need.documents,
    }
    response = render(request, "portal/requests/document_add.html", context)
    return limited(response, too_many) if too_many else response


@login_required
@never_cache
@get_or_post
def request_document_remove(request: PersonRequest, receipt: str, evidence_id: uuid.UUID) -> HttpResponse:
    """Take away what was chosen and not sent; only looking at the address changes nothing."""
    disclosure = own_request_or_404(request, receipt)
    wanted = request.method == "POST"
    if wanted and evidence.remove(request=disclosure, actor=request.user, evidence_id=evidence_id):
        flash.success(request, _("取り除き、消去しました。"))
    return redirect("portal:request_documents", receipt=receipt)


@login_required
@never_cache
@get_or_post
def request_document_page(request: PersonRequest, receipt: str, page_id: uuid.UUID) -> HttpResponse:
    """What was stored of a photo, so that the person sees what staff will see. Only until it is sent."""
    disclosure = own_request_or_404(request, receipt)
    page = evidence.own_draft_page(request=disclosure, actor=request.user, page_id=page_id)
    if page is None:
        raise Http404
    return HttpResponse(
        evidence_pages.content_of(page.file),
        content_type=page.file.content_type,
        headers={"X-Content-Type-Options": "nosniff"},
    )


@login_required
@never_cache
@get_or_post
def request_mandate(request: PersonRequest, receipt: str) -> HttpResponse:
    """The form for a mandate with what is known of the request in it."""
    disclosure = own_request_or_404(request, receipt)
    if disclosure.role != DisclosureRequest.Role.MANDATED_AGENT:
        raise Http404
    return _pdf(mandates.for_request(request=disclosure, actor=request.user, language=_language()))


@require_safe
def mandate_blank(request: HttpRequest) -> HttpResponse:
    """The same form with blank lines, for whoever prepares a request."""
    if current_operator() is None:
        raise Http404
    return _pdf(mandates.blank(language=_language()))


def _language() -> str:
    return "en" if (get_language() or "ja").startswith("en") else "ja"


def _pdf(content: bytes) -> HttpResponse:
    return HttpResponse(
        content,
        content_type="application/pdf",
        headers={"Content-Disposition": 'attachment; filename="mandate.pdf"'},
    )
