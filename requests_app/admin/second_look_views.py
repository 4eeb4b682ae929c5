"""The second person: what was proposed, what it would do, and the two answers to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.contrib import messages as notices
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.widgets import UnfoldAdminTextareaWidget

from consent_app.domain.normalise import clean_text

from ..models import DisclosureRequest
from ..models.decision import POSITIVE
from ..selectors import open_proposal
from ..services import decisions, second_look
from ..services.errors import InvalidDecision, RequestError
from .case_views import Refused, back_to, case_page, refused_step, staff_of, type_of, words_of
from .decision_views import shown_decision
from .steps import BY_CODE

if TYPE_CHECKING:
    from .cases import DisclosureRequestAdmin


class RemarkForm(forms.Form):
    """Why a proposal goes back."""

    remark = forms.CharField(
        label=_("差し戻す理由"),
        required=False,
        max_length=second_look.REMARK_LENGTH,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
        help_text=_("差し戻すときに書きます。提案した人が読みます。本人には見えません。"),
    )


def look(request: HttpRequest, case: DisclosureRequest, site: DisclosureRequestAdmin) -> HttpResponse:
    """Approve what a colleague proposed, or return it with a remark."""
    if refused := refused_step(case, request, "second_look"):
        return refused
    proposal = open_proposal(case)
    if proposal is None:
        raise Http404
    form = RemarkForm(request.POST or None)
    if request.method == "POST" and request.POST.get("proposal") != str(proposal.pk):
        notices.error(request, str(_("ほかの提案に替わりました。新しい提案を確かめてください。")))
        form = RemarkForm(initial={"remark": request.POST.get("remark", "")})
    elif "return" in request.POST and form.is_valid():
        remark = form.cleaned_data["remark"]
        try:
            second_look.send_back(proposal=proposal, actor=staff_of(request), remark=remark, now=timezone.now())
        except Refused as error:
            form.add_error("remark", words_of(error))
        else:
            notices.success(request, str(_("提案を差し戻しました。提案した人にメールで知らせます。")))
            return back_to(case)
    elif "approve" in request.POST:
        erasing = type_of(case).effect == "erase" and proposal.outcome in POSITIVE
        if erasing and clean_text(request.POST.get("typed", "")) != case.receipt_number:
            notices.error(request, str(_("受付番号が違います。消去を確かめるため、受付番号を入力してください。")))
        else:
            try:
                second_look.approve(proposal=proposal, actor=staff_of(request), now=timezone.now())
            except Refused as error:
                notices.error(request, words_of(error))
            else:
                notices.success(request, str(_("決定を承認しました。通知書と回答を準備しています。")))
            return back_to(case)
    return _page(request, case, site, form)


def _page(
    request: HttpRequest, case: DisclosureRequest, site: DisclosureRequestAdmin, form: RemarkForm
) -> HttpResponse:
    proposal = open_proposal(case)
    if proposal is None:
        raise Http404
    stale = second_look.is_stale(proposal, timezone.now())
    content = second_look.content_of(proposal)
    try:
        shown = shown_decision(case, content)
    except InvalidDecision:
        shown = {"values": content, "outcome_label": proposal.get_outcome_display()}
    return case_page(
        request, case, site, "second_look", BY_CODE["second_look"].label,
        form=form, proposal=proposal, stale=stale, **shown,
    )  # fmt: skip


@require_POST
def letter(request: HttpRequest, case: DisclosureRequest, site: DisclosureRequestAdmin) -> HttpResponse:
    """The letter of the proposal as it would go out."""
    if refused := refused_step(case, request, "second_look"):
        return refused
    proposal = open_proposal(case)
    if proposal is None:
        raise Http404
    try:
        pdf = decisions.preview_letter(
            request=case,
            actor=staff_of(request),
            proposal=second_look.content_of(proposal),
            now=timezone.now(),
            permission=second_look.APPROVE,
        )
    except RequestError as error:
        notices.error(request, words_of(error))
        return back_to(case)
    headers = {"Content-Disposition": 'inline; filename="preview.pdf"'}
    return HttpResponse(pdf, content_type="application/pdf", headers=headers)
