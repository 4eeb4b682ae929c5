"""Staff write down consents that came by letter, telephone, counter or e-mail, with their proof."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from privacy_portal.core.localized import localized
from privacy_portal.core.models import User
from privacy_portal.core.services import audit

from .. import notifications
from ..domain.normalise import clean_text
from ..models import CollectionWording, Consent, ConsentAgent, Customer, Purpose, PurposeVersion
from . import consent_events

# What reaches staff. The portal and imports write their events themselves.
CHANNELS = (Consent.Channel.LETTER, Consent.Channel.TELEPHONE, Consent.Channel.COUNTER, Consent.Channel.EMAIL)


class RecordError(Exception):
    """The event cannot be recorded like this; the message tells a person why and what to do."""


@dataclass(frozen=True, slots=True)
class Agent:
    """Somebody who spoke for the person, and the paper that showed that they may."""

    relation: str
    name: str
    evidence: str
    checked_on: date


@dataclass(frozen=True, slots=True)
class Said:
    """What the person, or somebody for them, told the operator.

    Args:
        event: given or withdrawn.
        channel: one of ``CHANNELS``.
        at: when they said it; not when it is recorded.
        proof: where the evidence is, without personal data.
        version: the wording of the purpose that was shown or read to them.
        collected: or what stood at the collection point where they gave their data; a consent needs one of the two.
        language: in which they read or heard it.
        valid_until: until when they consented, if it is not what the purpose says.
    """

    event: str
    channel: str
    at: datetime
    proof: str
    version: PurposeVersion | None = None
    collected: CollectionWording | None = None
    language: str = "ja"
    valid_until: datetime | None = None


def record(
    *,
    key: uuid.UUID,
    customer: Customer,
    purpose: Purpose,
    said: Said,
    agent: Agent | None,
    actor: User,
    now: datetime,
) -> Consent:
    """Add the event. The newest one counts, by the moment at which it was said, whatever was recorded later.

    Args:
        key: of the event to write; the form carries it, so that a second click finds the first one's event.
        customer: who consents.
        purpose: one that needs consent, or, for a withdrawal, one that no longer does.
        said: what they said.
        agent: who spoke for them; None where they did themselves.
        actor: the member of staff.
        now: an aware moment.

    Raises:
        RecordError: something is missing or contradicts itself.
    """
    with transaction.atomic():
        row = consent_events.locked(customer)
        if present := Consent.objects.filter(pk=key, customer=row).first():
            return present
        proof = clean_text(said.proof)
        _check(row, purpose, said, agent, proof, now)
        given = said.event == Consent.Event.GIVEN
        until = (said.valid_until or consent_events.limit(purpose, said.at)) if given else None
        version = said.version or _meant_by(said.collected, purpose)
        shown = _shown(said)
        consent = Consent.objects.create(
            pk=key,
            customer=row,
            purpose=purpose,
            event=said.event,
            channel=said.channel,
            wording=shown,
            purpose_version=version,
            collection_wording=said.collected,
            proof=proof,
            recorded_by=actor,
            at=said.at,
            recorded_at=now,
            valid_until=until,
        )
        if agent is not None:
            ConsentAgent.objects.create(
                consent=consent,
                relation=agent.relation,
                name=clean_text(agent.name),
                evidence=agent.evidence,
                checked_on=agent.checked_on,
            )
        detail = {"purpose": purpose.pk, "event": str(said.event)}
        audit.record(action="consent.recorded", actor=actor, obj=consent, detail=detail)
        notifications.consent_recorded(consent=consent)
    return consent


def _check(customer: Customer, purpose: Purpose, said: Said, agent: Agent | None, proof: str, now: datetime) -> None:
    given = said.event == Consent.Event.GIVEN
    if said.event not in (Consent.Event.GIVEN, Consent.Event.WITHDRAWN) or said.channel not in CHANNELS:
        raise RecordError(_("同意か撤回かと、受けた方法を選んでください。"))
    if not proof or len(proof) > 200:
        raise RecordError(_("証跡を200文字以内で書いてください（例：手紙の綴り 2026-11 12番）。"))
    if said.at > now:
        raise RecordError(_("受けた日時が未来です。"))
    if said.version is not None and said.version.purpose_id != purpose.pk:
        raise RecordError(_("説明の版が、この利用目的のものではありません。"))
    if said.collected is not None:
        _check_collected(purpose, said.collected, said.at)
    if given:
        _check_given(customer, purpose, said)
    _check_agent(customer, agent, now)


def _check_given(customer: Customer, purpose: Purpose, said: Said) -> None:
    if not purpose.asks_for_consent:
        raise RecordError(_("この利用目的では、いまは同意をお願いしていません。"))
    if customer.status != Customer.Status.ACTIVE:
        raise RecordError(_("退会されたお客さまの新しい同意は記録できません。撤回は記録できます。"))
    if said.version is None and said.collected is None:
        raise RecordError(_("どの版の説明を示したかを選んでください。示していないときは、同意として使えません。"))
    if said.version is not None and said.version.since > said.at:
        raise RecordError(_("その版の説明は、受けた日時にはまだありませんでした。"))
    if said.valid_until is not None and said.valid_until <= said.at:
        raise RecordError(_("有効期限は、受けた日時より後にしてください。"))


def _check_collected(purpose: Purpose, collected: CollectionWording, at: datetime) -> None:
    point = collected.point
    if not point.purposes.filter(Q(pk=purpose.pk) | Q(parts=purpose)).exists():
        raise RecordError(_("その取得の場面では、この利用目的を示していません。"))
    if collected.shown_from > at:
        raise RecordError(_("その場面の文言は、受けた日時にはまだありませんでした。"))


def _meant_by(collected: CollectionWording | None, purpose: Purpose) -> PurposeVersion | None:
    """What the purpose meant when the text of the point was written; the first version for an older text."""
    if collected is None:
        return None
    versions = purpose.versions.order_by("-number")
    return versions.filter(since__lte=collected.shown_from).first() or versions.last()


def _shown(said: Said) -> str:
    texts = [
        localized(row, name, said.language) for row, name in ((said.version, "shown"), (said.collected, "text")) if row
    ]
    return "\n\n".join(texts)


def _check_agent(customer: Customer, agent: Agent | None, now: datetime) -> None:
    if agent is None:
        if consent_events.is_minor(customer, now):
            raise RecordError(_("16歳未満の方です。法定代理人からの申出を、代理人の欄に記入してください。"))
        return
    if agent.relation not in ConsentAgent.Relation.values or not clean_text(agent.name):
        raise RecordError(_("代理人の氏名と、本人との関係を入れてください。"))
    if agent.evidence not in ConsentAgent.SHOWN_BY[ConsentAgent.Relation(agent.relation)]:
        raise RecordError(_("この書類では、本人との関係を確かめられません。"))
    if agent.checked_on > timezone.localdate(now):
        raise RecordError(_("書類を確かめた日が未来です。"))
    if consent_events.is_minor(customer, now) and agent.relation not in ConsentAgent.STATUTORY:
        raise RecordError(_("16歳未満の方です。委任ではなく、法定代理人からの申出が必要です。"))
