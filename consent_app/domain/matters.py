"""What must be knowable to the person (article 32(1), Cabinet Order article 10), and what of it is missing.

The operator's own registers say it; this module knows what the law asks for. Pure: the facts come in, what is missing
comes out, each with its article and the register where it is mended. The database sees to it that
a fixed fee has its amount.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

# The requests that articles 32(2) to 35 give; 32(1)iii wants the procedure of each knowable.
RIGHTS: Final = frozenset(
    {
        "purpose_notice",
        "disclosure",
        "provision_records",
        "correction",
        "addition",
        "deletion",
        "stop_use",
        "erasure",
        "stop_provision",
    }
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the registers say, as far as completeness depends on it.

    Args:
        offered: codes of the request types that are taken.
        ways, complaint_ways: how requests and complaints can be made, each with an address that is there.
        measures: classes of the security measures that have a public text.
        abroad: whether personal data is handled in a foreign country.
        accredited, accredited_contact: the accredited organisation, empty where the operator belongs to none.
    """

    name: str
    address: str
    representative: str
    purposes: int
    offered: frozenset[str]
    ways: int
    complaint_ways: int
    measures: frozenset[str] = frozenset()
    abroad: bool = False
    accredited: str = ""
    accredited_contact: str = ""


@dataclass(frozen=True, slots=True)
class Matter:
    """One thing that the page must or should say.

    Args:
        code: unique.
        article: of the Act, of the Cabinet Order or of the General Guidelines.
        text: what is to be done when it is missing.
        register: ``app_label.modelname`` where it is mended.
        required: whether publishing waits for it.
        there: whether the facts have it.
    """

    code: str
    article: _StrPromise
    text: _StrPromise
    register: str
    there: Callable[[Facts], bool]
    required: bool = True


_OPERATOR = "consent_app.operator"
_MEASURE = "consent_app.measure"


# The General Guidelines (10-3 to 10-6) want each of these of everybody. To say a part and answer the rest on request is
# lawful (article 32(1): "including answering without delay"), so the lack of one is advice.
def _measure(code: str, text: _StrPromise) -> Matter:
    return Matter(
        code=f"measure_{code}",
        article=_("ガイドライン（通則編）10"),
        text=text,
        register=_MEASURE,
        there=lambda facts: code in facts.measures or not facts.measures,
        required=False,
    )


MATTERS: Final = (
    Matter(
        "name",
        _("法第32条第1項第1号"),
        _("事業者の名称を登録してください。"),
        _OPERATOR,
        lambda facts: bool(facts.name),
    ),
    Matter(
        "address",
        _("法第32条第1項第1号"),
        _("事業者の住所を登録してください。"),
        _OPERATOR,
        lambda facts: bool(facts.address),
    ),
    Matter(
        "representative",
        _("法第32条第1項第1号"),
        _("代表者の氏名を登録してください。"),
        _OPERATOR,
        lambda facts: bool(facts.representative),
    ),
    Matter(
        "purposes",
        _("法第32条第1項第2号"),
        _("利用目的を一つ以上登録してください。"),
        "consent_app.purpose",
        lambda facts: facts.purposes > 0,
    ),
    Matter(
        "rights",
        _("法第32条第1項第3号"),
        _("法律の定める請求のうち、受け付けることになっていないものがあります。すべて受け付けてください。"),
        "consent_app.requestrule",
        lambda facts: facts.offered >= RIGHTS,
    ),
    Matter(
        "ways",
        _("法第32条第1項第3号"),
        _("請求の受付方法を、連絡先のあるものから一つ以上登録してください。"),
        _OPERATOR,
        lambda facts: facts.ways > 0,
    ),
    Matter(
        "measures",
        _("施行令第10条第1号"),
        _("安全管理のための措置を、公表できる文で一つ以上登録してください。"),
        _MEASURE,
        lambda facts: bool(facts.measures),
    ),
    Matter(
        "environment",
        _("施行令第10条第1号"),
        _("外国で個人データを扱っています。その国の制度を踏まえた措置（外的環境の把握）を登録してください。"),
        _MEASURE,
        lambda facts: not facts.abroad or "environment" in facts.measures,
    ),
    Matter(
        "complaints",
        _("施行令第10条第2号"),
        _("苦情の申出先を、連絡先のあるものから一つ以上登録してください。"),
        _OPERATOR,
        lambda facts: facts.complaint_ways > 0,
    ),
    Matter(
        "accredited",
        _("施行令第10条第3号"),
        _("認定個人情報保護団体は、名称と、苦情の解決の申出先の両方を登録してください。"),
        _OPERATOR,
        lambda facts: bool(facts.accredited) == bool(facts.accredited_contact),
    ),
    _measure("organisation", _("組織的な安全管理措置の文がありません。")),
    _measure("people", _("人的な安全管理措置の文がありません。")),
    _measure("premises", _("物理的な安全管理措置の文がありません。")),
    _measure("technology", _("技術的な安全管理措置の文がありません。")),
)


def missing(facts: Facts) -> tuple[Matter, ...]:
    """What publishing waits for, in the order of the law; nothing where all is there."""
    return tuple(matter for matter in MATTERS if matter.required and not matter.there(facts))


def advised(facts: Facts) -> tuple[Matter, ...]:
    """What should be added and does not keep the page from being published."""
    return tuple(matter for matter in MATTERS if not matter.required and not matter.there(facts))
