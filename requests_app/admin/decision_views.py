"""Deciding on a case: choose, look at what will happen, decide."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.contrib import messages as notices
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from consent_app.domain.articles import article_text
from consent_app.domain.normalise import clean_text

from ..connectors.found import found_data
from ..models import Decision, DisclosureRequest
from ..models.decision import POSITIVE
from ..selectors import other_open_cases
from ..services import decisions, effects, fees
from ..services.errors import ErasureNotSeen, InvalidDecision, RequestError
from .case_page import changes_context
from .case_views import Refused, back_to, case_page, refused_step, staff_of, type_of, words_of
from .forms import DecisionForm

if TYPE_CHECKING:
    from .cases import DisclosureRequestAdmin


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
