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
from ..domain.reason_blocks import inserted
from ..models import Decision, DecisionProposal, DisclosureRequest
from ..models.decision import POSITIVE
from ..selectors import linked_recipients, needs_second_look, other_open_cases
from ..services import decisions, effects, fees, letters, reason_blocks, second_look
from ..services.errors import ErasureNotSeen, InvalidDecision, NoSecondPerson, RequestError, SecondLookNeeded
from . import gift_words
from .case_page import changes_context
from .case_views import Refused, back_to, case_page, refused_step, staff_of, type_of, words_of
from .forms import DecisionForm

if TYPE_CHECKING:
    from .cases import DisclosureRequestAdmin

# What the last button of a decision that a second person looks at says.
PROPOSE = "propose"
State = DecisionProposal.State


def _decision_form(
    request: HttpRequest, case: DisclosureRequest, *, typed: dict[str, Any] | None = None
) -> DecisionForm:
    """The form as it was sent; with ``typed`` the form to go on with, which nobody has sent yet."""
    return DecisionForm(
        None if typed else request.POST or None,
        initial=typed or _proposed_before(case),
        case=case,
        outcomes=[str(outcome) for outcome in decisions.allowed_outcomes(case)],
        language=get_language() or "ja",
    )


def _proposed_before(case: DisclosureRequest) -> dict[str, Any]:
    """What was proposed last and not approved: whoever goes on with it does not type it again."""
    last = case.proposals.order_by("-proposed_at").first()
    if last is None or last.state not in (State.OPEN, State.RETURNED, State.STALE):
        return {}
    content = second_look.content_of(last)
    names = ("outcome", "ground", "own_ground", "reason", "measure", "withheld_items", "withheld_purposes")
    parts = {f"part_{code}": ground for code, ground in content.part_grounds.items()}
    return {name: getattr(content, name) for name in names} | parts


def _decide_page(
    request: HttpRequest, case: DisclosureRequest, site: DisclosureRequestAdmin, form: DecisionForm
) -> HttpResponse:
    outcomes = [str(outcome) for outcome in decisions.allowed_outcomes(case)]
    return case_page(
        request, case, site, "decide", _("回答を決定する"),
        form=form, fee_owed=fees.is_owed(case), blocks=reason_blocks.offered(case, outcomes),
    )  # fmt: skip


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
            done = _decide_or_propose(request, case, proposal)
        except (ErasureNotSeen, SecondLookNeeded, NoSecondPerson) as error:
            notices.error(request, words_of(error))
            return _confirm_page(request, case, site, form)
        except InvalidDecision as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
            return _decide_page(request, case, site, form)
        except Refused as error:
            notices.error(request, words_of(error))
        else:
            notices.success(request, done)
        return back_to(case)
    return _confirm_page(request, case, site, form)


def _decide_or_propose(request: HttpRequest, case: DisclosureRequest, proposal: decisions.Proposal) -> str:
    """What the button said, and in words that it was done. A rule that came since is not passed by."""
    actor, now = staff_of(request), timezone.now()
    if request.POST["confirmed"] == PROPOSE:
        second_look.propose(request=case, actor=actor, proposal=proposal, now=now)
        return str(_("決定を提案しました。二人目の担当者にメールで知らせます。"))
    decisions.decide(request=case, actor=actor, proposal=proposal, now=now)
    return str(_("回答を決定しました。通知書と回答を準備しています。"))


def _confirm_page(
    request: HttpRequest, case: DisclosureRequest, site: DisclosureRequestAdmin, form: DecisionForm
) -> HttpResponse:
    """What the decision says and does, before it is made."""
    try:
        shown = shown_decision(case, form.proposal)
    except InvalidDecision as error:
        form.add_error(error.field if error.field in form.fields else None, str(error))
        return _decide_page(request, case, site, form)
    second = needs_second_look(case.request_type, form.proposal.outcome)
    title = _("この内容で提案しますか") if second else _("この内容で決定しますか")
    return case_page(
        request,
        case,
        site,
        "decide_confirm",
        title,
        form=form,
        confirmed=PROPOSE if second else "1",
        parts=form.part_fields(),
        **shown,
    )


def shown_decision(case: DisclosureRequest, proposal: decisions.Proposal) -> dict[str, Any]:
    """A decision in words, and what it would do.

    Raises:
        InvalidDecision: it cannot be made.
    """
    unprintable = decisions.unprintable_characters(request=case, now=timezone.now(), proposal=proposal)
    found = found_data(case.customer) if case.customer else None
    withheld = {item.code for item in proposal.withheld_items}
    refusal = next((row for row in type_of(case).refusals if row.code == proposal.ground), None)
    return {
        "values": proposal,
        "withheld": letters.withheld_words(
            case.request_type,
            [*proposal.withheld_items, *proposal.withheld_purposes],
            proposal.ground,
            proposal.part_grounds,
        ),
        "outcome_label": Decision.Outcome(proposal.outcome).label,
        "refusal": refusal,
        "refusal_article": article_text(refusal.article, get_language() or "ja") if refusal else "",
        "gives_data": proposal.outcome in POSITIVE and type_of(case).effect == "package",
        "effects": _effects(case, proposal),
        **_erasure_context(case, proposal),
        **(changes_context(case) if type_of(case).effect == "change" else {}),
        "given_items": [item for item in found.items if item.code not in withheld] if found else [],
        "record_counts": {k: n for k, n in found.record_counts.items() if k not in withheld} if found else {},
        "unprintable": " ".join(unprintable),
    }


def _effects(case: DisclosureRequest, proposal: decisions.Proposal) -> list[str]:
    """What the decision does to the data, in words."""
    if proposal.outcome not in POSITIVE:
        return []
    words = _own_effects(case, proposal) if case.customer_id is not None else []
    gift = gift_words.DONE.get(type_of(case).effect)
    if gift is not None and linked_recipients(case):
        words.append(str(gift))
    return words


def _own_effects(case: DisclosureRequest, proposal: decisions.Proposal) -> list[str]:
    """The same for a customer's own data."""
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
def insert_block(request: HttpRequest, case: DisclosureRequest, site: DisclosureRequestAdmin) -> HttpResponse:
    """A building block below what was typed, on the form as it stands; alone and as text for the page's script."""
    if refused := refused_step(case, request, "decide"):
        return refused
    outcomes = [str(outcome) for outcome in decisions.allowed_outcomes(case)]
    code = request.POST.get("block", "")
    block = next((one for one in reason_blocks.offered(case, outcomes) if one.code == code), None)
    form = _decision_form(request, case)
    names = {name: form[name].value() for name in form.fields}
    chosen = reason_blocks.Chosen(names["outcome"] or "", names.get("ground") or "", _withheld(form))
    text = reason_blocks.text_for(block, case, chosen) if block else ""
    if request.headers.get("X-Requested-With") == "fetch":
        return HttpResponse(text, content_type="text/plain; charset=utf-8", status=200 if block else 404)
    if block is None:
        notices.error(request, str(_("入れる文例を選んでください。")))
    typed = {**names, "reason": inserted(names["reason"] or "", text)}
    return _decide_page(request, case, site, _decision_form(request, case, typed=typed))


def _withheld(form: DecisionForm) -> list[Any]:
    """What is ticked as not granted, in a form that need not be right yet."""
    form.is_valid()
    # Nothing was typed at all: then there is nothing cleaned either.
    cleaned = getattr(form, "cleaned_data", {})
    return [row for name in ("withheld_items", "withheld_purposes") for row in cleaned.get(name, ())]


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
