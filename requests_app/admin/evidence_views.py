"""The pages about documents: asking for them, what came on paper, looking, covering, judging."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import messages as notices
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from privacy_portal.core.services import audit

from ..domain.requesters import Requester
from ..models import DisclosureRequest, Evidence, EvidencePage
from ..selectors import recipients
from ..services import evidence as evidence_service
from ..services import evidence_review, evidence_state
from ..services.errors import EvidenceRefused, NotAllowed
from .case_views import Refused, back_to, case_page, refused_step, staff_of, words_of
from .evidence_card import PERMISSION
from .evidence_forms import AcceptForm, AskDocumentsForm, CoverForm, RecordForm, RejectForm

if TYPE_CHECKING:
    from .cases import DisclosureRequestAdmin


def _show(form: forms.Form, error: Exception, field: str = "") -> None:
    name = field or getattr(error, "field", "")
    form.add_error(name if name in form.fields else None, words_of(cast(Any, error)))


def ask(request: HttpRequest, case: DisclosureRequest, site: DisclosureRequestAdmin) -> HttpResponse:
    """Ask for documents; the clock stands still until they come."""
    if refused := refused_step(case, request, "documents"):
        return refused
    gift = case.role == "person" and recipients(case)
    initial = {"requester": case.requester or Requester.RECIPIENT.value} if case.requester or gift else {}
    form = AskDocumentsForm(request.POST or None, case=case, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            evidence_service.ask(request=case, actor=staff_of(request), now=timezone.now(), **form.cleaned_data)
        except Refused as error:
            _show(form, error)
        else:
            notices.success(request, str(_("書類をお願いしました。届くまで社内目標は進みません。")))
            return back_to(case)
    return case_page(request, case, site, "documents", _("書類をお願いする"), form=form, table=form.table(case.role))


def record(request: HttpRequest, case: DisclosureRequest, site: DisclosureRequestAdmin) -> HttpResponse:
    """A document that came by post or was shown at the counter."""
    if refused := refused_step(case, request, "evidence_add"):
        return refused
    posted = request.method == "POST"
    form = RecordForm(
        request.POST if posted else None,
        request.FILES if posted else None,
        case=case,
        initial={"came_on": timezone.localdate()},
    )
    if posted and form.is_valid():
        try:
            kept = evidence_service.record(request=case, actor=staff_of(request), now=timezone.now(), **form.values)
        except Refused as error:
            _show(form, error, "what" if getattr(error, "field", "") == "document" else "")
        else:
            notices.success(request, str(_("届いた書類を記録しました。続けて判断してください。")))
            return _viewer(case, kept.pk)
    return case_page(request, case, site, "evidence_add", _("届いた書類を記録する"), form=form)


def _viewer(case: DisclosureRequest, key: uuid.UUID) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("admin:requests_app_case_evidence", args=[case.pk, key]))


def _one(request: HttpRequest, case: DisclosureRequest, evidence_id: uuid.UUID) -> Evidence:
    """The document of this case, for who may see it."""
    if not staff_of(request).has_perm(PERMISSION):
        audit.record(action="admin.denied", actor=staff_of(request), obj=case)
        raise PermissionDenied
    found = case.evidence.exclude(state=Evidence.State.DRAFT).filter(pk=evidence_id).first()
    if found is None:
        raise Http404
    found.request = case
    return found


def view(
    request: HttpRequest, case: DisclosureRequest, site: DisclosureRequestAdmin, evidence_id: uuid.UUID
) -> HttpResponse:
    """One document: its pages, what to look at, and the judgement."""
    return _page(request, case, site, _one(request, case, evidence_id))


def _page(
    request: HttpRequest,
    case: DisclosureRequest,
    site: DisclosureRequestAdmin,
    evidence: Evidence,
    **bound: Any,
) -> HttpResponse:
    cover = bound.get("cover")
    pages = [
        {"page": page, "cover": cover if cover and cover.prefix == f"p{page.pk}" else CoverForm(prefix=f"p{page.pk}")}
        for page in evidence.pages.select_related("file", "masked_by")
    ]
    return case_page(
        request,
        case,
        site,
        "evidence",
        evidence.kind.name,
        evidence=evidence,
        pages=pages,
        judgements=evidence.judgements.select_related("judged_by").order_by("-judged_at"),
        can_judge=case.status in evidence_state.OPEN,
        accept_form=bound.get("accept") or AcceptForm(evidence=evidence, prefix="accept"),
        reject_form=bound.get("reject") or RejectForm(prefix="reject"),
    )


@require_safe
def page_picture(
    request: HttpRequest,
    case: DisclosureRequest,
    site: DisclosureRequestAdmin,
    evidence_id: uuid.UUID,
    page_id: uuid.UUID,
) -> HttpResponse:
    """A page as pixels with the name of who looks in them. Each look is recorded."""
    page = _page_of(_one(request, case, evidence_id), page_id)
    try:
        content = evidence_review.look(page=page, actor=staff_of(request), now=timezone.now())
    except EvidenceRefused:
        raise Http404 from None
    except NotAllowed:
        raise PermissionDenied from None
    return HttpResponse(
        content,
        content_type="image/jpeg",
        headers={
            "Cache-Control": "no-store, private",
            "Cross-Origin-Resource-Policy": "same-origin",
            "X-Content-Type-Options": "nosniff",
        },
    )


def _page_of(evidence: Evidence, page_id: uuid.UUID) -> EvidencePage:
    page = evidence.pages.select_related("file").filter(pk=page_id).first()
    if page is None:
        raise Http404
    page.evidence = evidence
    return page


@require_POST
def cover(
    request: HttpRequest,
    case: DisclosureRequest,
    site: DisclosureRequestAdmin,
    evidence_id: uuid.UUID,
    page_id: uuid.UUID,
) -> HttpResponse:
    """Cover parts of a page for good."""
    evidence = _one(request, case, evidence_id)
    page = _page_of(evidence, page_id)
    form = CoverForm(request.POST, prefix=f"p{page.pk}")
    if form.is_valid():
        actor, now = staff_of(request), timezone.now()
        _tried(form, lambda: evidence_review.cover(page=page, actor=actor, boxes=form.boxes, now=now))
        if not form.errors:
            notices.success(request, str(_("塗りつぶしました。前のファイルは消去しました。")))
            return _viewer(case, evidence.pk)
    return _page(request, case, site, evidence, cover=form)


def _tried(form: forms.Form, act: Callable[[], object]) -> None:
    """Do it; what is wrong goes to the form."""
    try:
        act()
    except NotAllowed:
        raise PermissionDenied from None
    except Refused as error:
        _show(form, error)


@require_POST
def judge(
    request: HttpRequest, case: DisclosureRequest, site: DisclosureRequestAdmin, evidence_id: uuid.UUID
) -> HttpResponse:
    """Found good, or not enough, with what was looked at or why."""
    evidence = _one(request, case, evidence_id)
    if case.status not in evidence_state.OPEN:
        notices.error(request, str(evidence_review.SETTLED))
        return _viewer(case, evidence.pk)
    actor, now = staff_of(request), timezone.now()
    if "accept" in request.POST:
        form: Any = AcceptForm(request.POST, evidence=evidence, prefix="accept")
        if form.is_valid():
            _tried(form, lambda: evidence_review.accept(evidence=evidence, actor=actor, now=now, **form.values))
        bound = {"accept": form}
    else:
        form = RejectForm(request.POST, prefix="reject")
        if form.is_valid():
            _tried(form, lambda: evidence_review.reject(evidence=evidence, actor=actor, now=now, **form.cleaned_data))
        bound = {"reject": form}
    if form.errors:
        return _page(request, case, site, evidence, **bound)
    notices.success(request, str(_("判断を記録しました。")))
    return back_to(case)
