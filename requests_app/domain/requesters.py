"""THE table of who asks: in which role, in which words of their own, and to whom the answer goes.

What each of them has to show is the table beside it, ``domain.evidence``. The portal's form, the form on which staff
write a request down, the procedure page and the tests read both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.db import models
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


class Requester(models.TextChoices):
    """Who asks, as far as it decides what has to be shown."""

    PERSON = "person", _("ご本人")
    FORMER = "former", _("以前のお客さま（退会した方など）")
    RECIPIENT = "recipient", _("贈り物を受け取った方")
    APPLICANT = "applicant", _("採用に応募した方")
    UNKNOWN = "unknown", _("登録が見つからない方")
    PARENT = "parent", _("親権者（お子さんの代理）")
    GUARDIAN = "guardian", _("成年後見人など")
    MANDATED = "mandated", _("ご本人に頼まれた代理人")


class AnswerTo(models.TextChoices):
    """To whom the answer goes, as the person reads it."""

    PRINCIPAL = "principal", _("回答は、ご本人にお渡しします。")
    AGENT = "agent", _("回答は、代理人の方にお渡しします。")
    BY_MANDATE = (
        "by_mandate",
        _("回答は、受け取りも委任状に書かれていれば代理人の方に、書かれていなければご本人に郵送でお渡しします。"),
    )


@dataclass(frozen=True, slots=True)
class Asker:
    """Somebody who may ask.

    Args:
        requester: the key.
        role: a value of ``DisclosureRequest.Role``.
        answer: to whom the answer goes.
        words: what they say of themselves in the form; empty where nobody knows it of themselves: whether something
            is registered is found out by the operator.
    """

    requester: Requester
    role: str
    answer: AnswerTo
    words: _StrPromise | str = ""


ASKERS: Final[dict[str, Asker]] = {
    row.requester.value: row
    for row in (
        Asker(Requester.PERSON, "person", AnswerTo.PRINCIPAL, _("自分の情報です")),
        Asker(Requester.FORMER, "person", AnswerTo.PRINCIPAL, _("自分の情報です（退会した、以前に利用していたなど）")),
        Asker(Requester.RECIPIENT, "person", AnswerTo.PRINCIPAL, _("自分の情報です（贈り物を受け取った）")),
        Asker(Requester.APPLICANT, "person", AnswerTo.PRINCIPAL, _("自分の情報です（採用に応募した）")),
        Asker(Requester.UNKNOWN, "person", AnswerTo.PRINCIPAL),
        Asker(Requester.PARENT, "statutory_agent", AnswerTo.AGENT, _("子どもの情報です（親権者）")),
        Asker(
            Requester.GUARDIAN,
            "statutory_agent",
            AnswerTo.AGENT,
            _("後見などを受けている人の情報です（成年後見人など、ほかの法定代理人）"),
        ),
        Asker(
            Requester.MANDATED,
            "mandated_agent",
            AnswerTo.BY_MANDATE,
            _("頼まれた人の情報です（委任による代理人）"),
        ),
    )
}
# Values of ``DisclosureRequest.Role`` -> who that may be, the usual one first.
REQUESTERS_OF: Final[dict[str, tuple[Requester, ...]]] = {
    role: tuple(row.requester for row in ASKERS.values() if row.role == role)
    for role in dict.fromkeys(row.role for row in ASKERS.values())
}


def usual(role: str) -> Requester | None:
    """Who it is when nothing was said but the role; nobody where those of the role show different documents."""
    requesters = REQUESTERS_OF[role]
    return requesters[0] if role == "person" or len(requesters) == 1 else None


def answer_to(role: str) -> AnswerTo:
    """To whom an answer goes when somebody with this role asked: the same for all of a role."""
    return ASKERS[REQUESTERS_OF[role][0]].answer
