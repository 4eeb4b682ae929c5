"""What the page of one case shows, tab by tab."""

from typing import Any, cast

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from consent_app.models import DataItem, Purpose, Recipient
from consent_app.selectors import open_marks
from privacy_portal.core.models import User
from privacy_portal.core.services import audit, uploads

from .. import selectors, selectors_instructions
from ..connectors.found import found_data
from ..domain import identity_levels
from ..domain.request_types import REQUEST_TYPES
from ..domain.transitions import OPEN_STATUSES, Event, Status
from ..models import AnswerMail, Decision, DecisionProposal, DisclosureRequest, HandOver, Party
from ..selectors_case import posting, suit
from ..services import (
    answer_mails,
    case_file,
    changes,
    evidence_state,
    fees,
    holds,
    letters,
    message_files,
    receipts,
    registration,
    retention,
    undo,
)
from ..services.permissions import may_act_as_staff
from ..words import field_words, value_words
from .evidence_card import evidence_context
from .steps import VIEW_CUSTOMER, WAITS_FOR, choices

TABS = (
    ("overview", _("概要")),
    ("data", _("見つかったデータ")),
    ("messages", _("メッセージ")),
    ("files", _("回答と通知書")),
    ("instructions", _("指示・メモ")),
    ("timeline", _("経過")),
)
RECORDS_A_PAGE = 50
HAND_OVERS = 10


def case_context(case: DisclosureRequest, request: HttpRequest) -> dict[str, Any]:
    """The frame of the page and the parts of the tab that is open."""
    tab = request.GET.get("tab", "")
    if tab not in dict(TABS):
        tab = TABS[0][0]
    primary, others = choices(case, cast(User, request.user))
    return {
        "case": case,
        "tab": tab,
        "tabs": TABS,
        "primary": primary,
        "others": others,
        "request_type": REQUEST_TYPES[case.request_type],
        "waits_for": WAITS_FOR[Status(case.status)],
        "is_open": case.status in OPEN_STATUSES,
        "days_left": (case.target_on - timezone.localdate()).days,
        "days_left_words": days_left(case),
        "may_take": may_act_as_staff(cast(User, request.user), case),
        "may_print": may_act_as_staff(cast(User, request.user), case, case_file.PERMISSION),
        **suit(case),
        "hold": holds.in_force(case),
        "back_url": reverse("admin:requests_app_disclosurerequest_changelist"),
        **PARTS[tab](case, request),
    }


def days_left(case: DisclosureRequest) -> str:
    """How far the target date is, in words."""
    days = (case.target_on - timezone.localdate()).days
    if days < 0:
        return ngettext("%(days)d日超過", "%(days)d日超過", -days) % {"days": -days}
    if days == 0:
        return gettext("今日")
    return ngettext("あと%(days)d日", "あと%(days)d日", days) % {"days": days}


def _overview(case: DisclosureRequest, request: HttpRequest) -> dict[str, Any]:
    entry = REQUEST_TYPES[case.request_type]
    return {
        "kept_stages": retention.stages_of(case),
        "parties": sorted(case.parties.all(), key=lambda party: party.kind != Party.Kind.PRINCIPAL),
        "stated_grounds": [one for one in entry.grounds if one.code in case.grounds],
        "asks_scope": "wanted" in entry.asks or "purposes" in entry.asks,
        "wanted": case.wanted_purposes.all() if "purposes" in entry.asks else case.wanted_items.all(),
        "received_files": case.received_files.filter(message=None).select_related("file", "added_by"),
        "may_read_received": any(map(request.user.has_perm, registration.READERS)),
        "sent": sent(case),
        # Those that say something; the others are in the audit trail.
        "hand_overs": case.hand_overs.filter(note__isnull=False)
        .select_related("by", "to")
        .order_by("-at")[:HAND_OVERS],
        "alike": [one for one in selectors.alike(case) if one.applicant_id != request.user.pk],
        "identity_rule": identity_rule(case),
        "checks": case.identity_checks.select_related("customer", "decided_by"),
        "recipients": recipients_seen(case, request),
        "corrections": [
            {
                "row": row,
                "words": field_words(row),
                "before": value_words(row, row.before),
                "after": value_words(row, row.after),
            }
            for row in (case.corrections.select_related("made_by") if case.registered_by_id else ())
        ],
        "gifts_linked": case.gift_links.count(),
        **evidence_context(case, request),
        **fee_context(case),
        **changes_context(case),
        "decision": case.decisions.filter(superseded_at=None)
        .select_related("decided_by", "proposal__proposed_by")
        .first(),
        "proposal": _proposal(case),
        **_withheld(case),
        **_done(case, request),
    }


def identity_rule(case: DisclosureRequest) -> dict[str, Any] | None:
    """How sure it has to be for this type, how that is reached here, and how far it is; None where nobody is asked."""
    if not REQUEST_TYPES[case.request_type].needs_identity:
        return None
    level = identity_levels.Level(evidence_state.needed_level(case) or identity_levels.Level.DOCUMENTS)
    return {
        "level": level,
        "ordinary": [means.label for means in identity_levels.ordinary(level)],
        "otherwise": [means.label for means in identity_levels.otherwise(level, selectors.offered_means())],
    }


def _done(case: DisclosureRequest, request: HttpRequest) -> dict[str, Any]:
    """What the decisions did to the data, where they did anything, and whether a correction can be taken back here."""
    done = undo.done_by(case)
    changes_made = list(done.changes)
    names = {item.code: item for item in DataItem.objects.filter(code__in={row.item for row in changes_made})}
    shown = {
        "changes": [{"pk": row.pk, "at": row.at, "item_name": names.get(row.item, row.item)} for row in changes_made],
        "stops": list(done.stops),
        "erasures": list(done.erasures),
    }
    may = all(map(request.user.has_perm, ("requests_app.decide_request", VIEW_CUSTOMER)))
    return {"done": shown if any(shown.values()) else None, "may_take_back": may}


def _withheld(case: DisclosureRequest) -> dict[str, Any]:
    """What the decision in force does not grant, in words."""
    decision = case.decisions.filter(superseded_at=None, outcome=Decision.Outcome.PARTLY).first()
    if decision is None:
        return {"withheld": []}
    rows: list[DataItem | Purpose] = [*decision.withheld_items.all(), *decision.withheld_purposes.all()]
    return {"withheld": letters.withheld_words(case.request_type, rows, decision.ground, decision.part_grounds)}


def _proposal(case: DisclosureRequest) -> DecisionProposal | None:
    """The newest proposal, as long as it is not a decision."""
    newest = case.proposals.select_related("proposed_by", "settled_by").first()
    settled = (DecisionProposal.State.APPROVED, DecisionProposal.State.REPLACED)
    return None if newest is None or newest.state in settled else newest


def _hand_overs(case: DisclosureRequest) -> QuerySet[HandOver]:
    """Those that say something, the newest first; the others are in the audit trail."""
    rows = case.hand_overs.filter(note__isnull=False).select_related("by", "to")
    return rows.order_by("-at", "pk")[:HAND_OVERS]


def sent(case: DisclosureRequest) -> dict[str, Any] | None:
    """When the printed answer was sent the last time, and its number at the post."""
    event = case.events.filter(kind=Event.POSTED).order_by("-at", "-pk").first()
    return posting(event) if event else None


def changes_context(case: DisclosureRequest) -> dict[str, Any]:
    """What is asked to be changed, beside what is registered and what was found."""
    rows = case.changes.select_related("item", "request__customer", "examined_by")
    return {
        "changes": [
            {
                "change": row,
                "registered": changes.registered_words(row),
                "new": changes.new_words(row) if row.accepted and row.of_columns else "",
            }
            for row in rows
        ]
    }


def fee_context(case: DisclosureRequest) -> dict[str, Any]:
    """The newest fee with its money, for the pages of the case; empty values where there is none."""
    fee = case.fees.select_related("asked_by", "waived_by", "request").order_by("-asked_at").first()
    if fee is None:
        return {"fee": None}
    return {
        "fee": fee,
        "payments": fee.payments.select_related("recorded_by"),
        "fee_paid": fees.paid_yen(fee),
        "fee_owed_back": fees.owed_back_yen(fee),
        "fee_missing": max(0, fee.amount_yen - fees.paid_yen(fee)) if not fee.is_settled else 0,
        "has_receipt": receipts.is_available(fee),
    }


def recipients_seen(case: DisclosureRequest, request: HttpRequest) -> list[Recipient]:
    """The recipients of gifts who may be the person, for who may judge that; the look is recorded."""
    user = cast(User, request.user)
    judges = user.has_perm("requests_app.check_identity") or user.has_perm("requests_app.decide_request")
    if not judges or user.pk == case.applicant_id:
        return []
    recipients = selectors.recipients(case)
    if recipients:
        audit.record(action="identity.recipients_viewed", actor=user, obj=case, detail={"count": len(recipients)})
    return recipients


def _data(case: DisclosureRequest, request: HttpRequest) -> dict[str, Any]:
    if case.customer is None:
        return {"found": None}
    if not request.user.has_perm(VIEW_CUSTOMER):
        return {"found": None, "may_not_see": True}
    audit.record(action="customer.viewed", actor=cast(User, request.user), obj=case.customer)
    records = case.customer.records.select_related("item").prefetch_related("recipients", open_marks())
    page = Paginator(records.order_by("kind", "-occurred_at", "id"), RECORDS_A_PAGE).get_page(request.GET.get("page"))
    return {"found": found_data(case.customer), "records": page}


def _messages(case: DisclosureRequest, request: HttpRequest) -> dict[str, Any]:
    return {
        "thread": selectors.thread_page(case, request.GET.get("page")),
        "may_read_received": any(map(request.user.has_perm, registration.READERS)),
        "chosen": message_files.unsent(request=case, actor=cast(User, request.user)),
        "accept": uploads.ACCEPT,
    }


def _files(case: DisclosureRequest, request: HttpRequest) -> dict[str, Any]:
    mails = AnswerMail.objects.filter(decision__request=case).select_related("mail", "decision")
    return {
        "answer_files": case.answer_files.select_related("file", "decision").order_by("-created_at"),
        "answer_mails": mails.order_by("-created_at"),
        "can_switch": answer_mails.can_be_switched(case) and request.user.has_perm("requests_app.decide_request"),
    }


def _instructions(case: DisclosureRequest, request: HttpRequest) -> dict[str, Any]:
    return {
        "instructions": selectors_instructions.instructions_of(case),
        "notes": selectors_instructions.notes_of(case),
    }


def _timeline(case: DisclosureRequest, request: HttpRequest) -> dict[str, Any]:
    events = list(selectors.timeline(case, public_only=False))
    extended = selectors.extensions_of(case, events)
    return {
        "rows": [
            {
                "event": event,
                "extension": extended.get(event.pk),
                "posting": posting(event) if event.kind == Event.POSTED else None,
            }
            for event in events
        ]
    }


PARTS = {
    "overview": _overview,
    "data": _data,
    "messages": _messages,
    "files": _files,
    "instructions": _instructions,
    "timeline": _timeline,
}
