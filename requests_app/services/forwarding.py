"""Handing the content of an inquiry to the subcontractor who answers it (promise C2): the gate first, then the mail."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from consent_app.domain.gate_words import reason_words
from consent_app.models import DataItem, Purpose
from consent_app.services import entrusting
from privacy_portal.core.models import User

from ..domain.instructions import By, Kind
from ..models import DisclosureRequest, Instruction, InstructionContact
from . import instructions
from .instructions import InvalidInstruction
from .permissions import require_staff

INQUIRIES = frozenset({"inquiry", "complaint"})


class Refused(InvalidInstruction):
    """The gate refuses; the attempt is recorded all the same. ``reasons`` are in words."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__("contact", _("この委託先には渡せません。"))
        self.reasons = list(reasons)


def forward(
    *,
    request: DisclosureRequest,
    contact: InstructionContact,
    purpose: Purpose,
    items: Sequence[DataItem],
    text: str,
    actor: User,
    now: datetime,
) -> Instruction:
    """Ask the gate, record what is handed over, and send it by an instruction.

    Args:
        text: the inquiry and the contact details the reply needs, and nothing else; it stands behind link and code.

    Raises:
        InvalidInstruction: not an inquiry of a registered person, no subcontractor, or a text that cannot be kept.
        Refused: the gate says no. What it said is committed.
        NotAllowed: no permission, or their own request.
    """
    require_staff(actor, request, instructions.permission_for(Kind.FORWARD))
    if request.request_type not in INQUIRIES or request.customer_id is None:
        raise InvalidInstruction(
            "contact", _("顧客と結び付いたお問い合わせだけを渡せます。個人データを含まないことは、質問として送れます。")
        )
    if contact.subcontractor is None:
        raise InvalidInstruction("contact", _("委託先を選んでください。"))
    body = instructions.clean_body(text, "text")
    with transaction.atomic():
        instructions.require_open(request, Kind.FORWARD)
        outcome = entrusting.forward(
            customer=request.customer_id,
            subcontractor=contact.subcontractor,
            purpose=purpose.code,
            items=[item.code for item in items],
            reference=request.receipt_number,
            actor=actor,
            now=now,
        )
        if outcome.handed.customers:
            instruction = instructions.create(
                request=request,
                addressee=instructions.addressee_of(contact),
                kind=Kind.FORWARD,
                actor=actor,
                now=now,
                items=list(outcome.handed.items),
                text=body,
                entrustment=outcome.entrustment,
            )
            return instructions.send_new(instruction=instruction, actor=actor, by=By.STAFF, now=now)
    # Outside of the transaction: the record of the refusal stays.
    raise Refused([str(reason_words(reason)) for reason in outcome.entrustment.reasons])
