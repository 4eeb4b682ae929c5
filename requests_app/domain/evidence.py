"""THE table of evidence: who asks, what has to be shown for it, and which documents show it.

Article 37(2), (3) and Cabinet Order 12, 13 let the operator set how identity and the authority of an agent are shown,
as long as that is no heavier than what is held deserves. The procedure page, the portal, the admin and the tests read
this table. What must not be seen is hidden before it is sent; a My Number is never kept.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.db import models
from django.utils.translation import gettext_lazy as _

from .requesters import REQUESTERS_OF, Requester

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


class Proof(models.TextChoices):
    """What a document can show."""

    PRINCIPAL = "principal", _("ご本人の確認")
    AGENT = "agent", _("代理人の確認")
    AUTHORITY = "authority", _("代理であることの確認")
    SEAL = "seal", _("委任状がご本人のものであることの確認")
    CONNECTION = "connection", _("データとのつながりの確認")


class Mask(models.TextChoices):
    """What has to be hidden before a copy is sent."""

    MY_NUMBER = "my_number", _("マイナンバー（12桁の個人番号）")
    DOMICILE = "domicile", _("本籍")
    INSURANCE = "insurance", _("保険者番号と、被保険者の記号・番号")
    QR_CODE = "qr_code", _("QRコード")
    ORGAN_DONATION = "organ_donation", _("臓器提供の意思の欄")
    FAMILY = "family", _("ご本人と代理人のほかの、ご家族の欄")
    OTHERS = "others", _("ほかの人の名前・住所・電話番号")


class Check(models.TextChoices):
    """What staff looked at in a document."""

    NAME = "name", _("氏名")
    ADDRESS = "address", _("住所")
    BIRTH_DATE = "birth_date", _("生年月日")
    PHOTO = "photo", _("顔写真")
    IN_DATE = "in_date", _("有効期限または発行日")
    RELATION = "relation", _("ご本人と代理人の関係")
    SCOPE = "scope", _("頼まれた内容とご本人の署名または押印")
    SEAL = "seal", _("委任状の印影と同じこと")
    DATA = "data", _("持っているデータと合うこと")


class Reason(models.TextChoices):
    """Why a document is not enough. The person reads it."""

    UNREADABLE = "unreadable", _("文字が読み取れませんでした")
    NOT_MASKED = "not_masked", _("隠していただくところが見えていました")
    OUT_OF_DATE = "out_of_date", _("有効期限が過ぎているか、発行から時間がたっています")
    OTHER_DOCUMENT = "other_document", _("お願いした書類と違うものでした")
    OTHER_NAME = "other_name", _("書類のお名前や住所が、ご請求の内容と違いました")
    INCOMPLETE = "incomplete", _("足りないページや、書かれていない欄がありました")


@dataclass(frozen=True, slots=True)
class Document:
    """A kind of document.

    Args:
        code: its key.
        name: as it is called on it.
        proves: what it can show.
        shows: the same in one sentence, for the person.
        checks: what staff look at.
        masks: what has to be hidden before it is sent.
        max_age_days: how long ago it may have been issued; None where a period of validity stands on it, or none.
        original: whether the paper itself is needed when it comes by post; a picture is enough otherwise.
        note: what else is to be known.
        picture: drawing of how to hide things, in ``static/portal/evidence/``; empty where nothing has to be hidden.
    """

    code: str
    name: _StrPromise | str
    proves: tuple[Proof, ...]
    shows: _StrPromise | str
    checks: tuple[Check, ...]
    masks: tuple[Mask, ...] = ()
    max_age_days: int | None = None
    original: bool = False
    note: _StrPromise | str = ""
    picture: str = ""

    @property
    def is_valid_for_a_time(self) -> bool:
        """Whether a period of validity stands on it."""
        return Check.IN_DATE in self.checks and self.max_age_days is None

    @property
    def picture_path(self) -> str:
        """The drawing among the static files."""
        return f"portal/evidence/{self.picture}.svg"

    @property
    def picture_words(self) -> tuple[_StrPromise | str, ...]:
        """What the numbers of the drawing mean, in their order."""
        return PICTURES[self.picture]


@dataclass(frozen=True, slots=True)
class Need:
    """Something that has to be shown, by any one of the documents; ``required``: nothing is confirmed without it."""

    proof: Proof
    documents: tuple[str, ...]
    required: bool = True


# Numbers of the drawings -> what is hidden there.
PICTURES: Final[dict[str, tuple[_StrPromise | str, ...]]] = {
    "driving_licence": (_("本籍（書かれているとき）"), Mask.ORGAN_DONATION.label),
    "individual_number_card": (Mask.ORGAN_DONATION.label, _("裏は送らないでください")),
    "eligibility_certificate": (Mask.INSURANCE.label, Mask.QR_CODE.label, Mask.ORGAN_DONATION.label),
    "residence_record": (Mask.DOMICILE.label, Mask.MY_NUMBER.label, Mask.FAMILY.label),
}
NEW_ENOUGH: Final = 90
_WHO = _("だれであるか（氏名、住所、生年月日）")
_CARD = (Check.NAME, Check.ADDRESS, Check.BIRTH_DATE, Check.PHOTO, Check.IN_DATE)
_EITHER = (Proof.PRINCIPAL, Proof.AGENT)

DOCUMENTS: Final[dict[str, Document]] = {
    entry.code: entry
    for entry in (
        Document(
            "driving_licence",
            _("運転免許証"),
            _EITHER,
            _WHO,
            _CARD,
            (Mask.DOMICILE, Mask.ORGAN_DONATION),
            note=_("住所の変更が裏にあるときは、裏もお送りください。"),
            picture="driving_licence",
        ),
        Document(
            "individual_number_card",
            _("マイナンバーカード（表だけ）"),
            _EITHER,
            _WHO,
            _CARD,
            (Mask.ORGAN_DONATION,),
            note=_("裏はお送りにならないでください。マイナンバーは受け取れません。"),
            picture="individual_number_card",
        ),
        Document(
            "eligibility_certificate",
            _("健康保険の資格確認書"),
            _EITHER,
            _("だれであるか（氏名、生年月日）"),
            (Check.NAME, Check.BIRTH_DATE, Check.IN_DATE),
            (Mask.INSURANCE, Mask.QR_CODE, Mask.ORGAN_DONATION),
            picture="eligibility_certificate",
        ),
        Document(
            "passport",
            _("パスポート（旅券）"),
            _EITHER,
            _("だれであるか（氏名、生年月日）"),
            (Check.NAME, Check.BIRTH_DATE, Check.PHOTO, Check.IN_DATE),
            (Mask.DOMICILE,),
            note=_("顔写真のページをお送りください。住所の欄があるときは、そのページもお送りください。"),
        ),
        Document(
            "residence_card",
            _("在留カード・特別永住者証明書"),
            _EITHER,
            _WHO,
            _CARD,
            note=_("住所の変更が裏にあるときは、裏もお送りください。"),
        ),
        Document(
            "residence_record",
            _("住民票の写し"),
            (*_EITHER, Proof.AUTHORITY, Proof.CONNECTION),
            _("氏名、住所、生年月日。続柄があれば、お子さんとの関係"),
            (Check.NAME, Check.ADDRESS, Check.BIRTH_DATE, Check.RELATION, Check.IN_DATE),
            (Mask.MY_NUMBER, Mask.DOMICILE, Mask.FAMILY),
            NEW_ENOUGH,
            note=_("マイナンバーと本籍が書かれていないものを、役所で出してもらえます。"),
            picture="residence_record",
        ),
        Document(
            "family_register",
            _("戸籍謄本・戸籍抄本"),
            (Proof.PRINCIPAL, Proof.AUTHORITY),
            _("お子さんと親権者の関係"),
            (Check.NAME, Check.BIRTH_DATE, Check.RELATION, Check.IN_DATE),
            (Mask.DOMICILE, Mask.FAMILY),
            NEW_ENOUGH,
            picture="residence_record",
        ),
        Document(
            "guardianship_certificate",
            _("登記事項証明書（成年後見など）"),
            (Proof.AUTHORITY,),
            _("後見人などであることと、代理できる範囲"),
            (Check.NAME, Check.RELATION, Check.SCOPE, Check.IN_DATE),
            (Mask.DOMICILE,),
            NEW_ENOUGH,
            picture="residence_record",
        ),
        Document(
            "mandate",
            _("委任状"),
            (Proof.AUTHORITY,),
            _("ご本人が、この請求を代理人に頼んだこと"),
            (Check.NAME, Check.ADDRESS, Check.SCOPE, Check.IN_DATE),
            max_age_days=NEW_ENOUGH,
            original=True,
            note=_("ご本人が書き、実印を押したもの。用紙は、このページからダウンロードできます。"),
        ),
        Document(
            "seal_certificate",
            _("印鑑登録証明書"),
            (Proof.SEAL,),
            _("委任状の印が、ご本人の印であること"),
            (Check.NAME, Check.ADDRESS, Check.SEAL, Check.IN_DATE),
            max_age_days=NEW_ENOUGH,
            original=True,
            note=_("委任状に押した印のもの。"),
        ),
        Document(
            "signature_certificate",
            _("署名証明書（日本国外にお住まいの方など）"),
            (Proof.SEAL,),
            _("委任状の署名が、ご本人の署名であること"),
            (Check.NAME, Check.SEAL, Check.IN_DATE),
            max_age_days=NEW_ENOUGH,
            original=True,
            note=_("印鑑登録のない方は、領事館や公証人による署名の証明で足ります。"),
        ),
        Document(
            "delivery_label",
            _("荷物の送り状や納品書"),
            (Proof.CONNECTION,),
            _("ご本人に荷物が届いたこと"),
            (Check.NAME, Check.ADDRESS, Check.DATA),
            (Mask.OTHERS,),
            note=_("送り主のお名前や住所は隠してください。"),
        ),
        Document(
            "correspondence",
            _("当方からのメールや手紙の控え"),
            (Proof.CONNECTION,),
            _("ご注文、ご応募、お問い合わせがあったこと"),
            (Check.NAME, Check.DATA),
            (Mask.OTHERS,),
        ),
    )
}

_IDENTITY: Final = tuple(entry.code for entry in DOCUMENTS.values() if Proof.AGENT in entry.proves)
# Only with a picture is it the one who came; an address may be missing on a passport.
NEEDED_AT_COUNTER: Final = frozenset({Check.NAME, Check.PHOTO, Check.IN_DATE})
AT_COUNTER: Final = tuple(code for code in _IDENTITY if set(DOCUMENTS[code].checks) >= NEEDED_AT_COUNTER)
_PERSON: Final = Need(Proof.PRINCIPAL, _IDENTITY)
_AGENT: Final = Need(Proof.AGENT, _IDENTITY)

NEEDS: Final[dict[Requester, tuple[Need, ...]]] = {
    Requester.PERSON: (_PERSON,),
    Requester.FORMER: (_PERSON, Need(Proof.CONNECTION, ("residence_record", "correspondence"), required=False)),
    Requester.RECIPIENT: (_PERSON, Need(Proof.CONNECTION, ("delivery_label",), required=False)),
    Requester.APPLICANT: (_PERSON, Need(Proof.CONNECTION, ("correspondence",), required=False)),
    Requester.UNKNOWN: (
        _PERSON,
        Need(Proof.CONNECTION, ("correspondence", "delivery_label", "residence_record"), required=False),
    ),
    # A small child has no card of its own: what shows the relation may show who the child is.
    Requester.PARENT: (
        Need(Proof.PRINCIPAL, (*_IDENTITY, "family_register")),
        _AGENT,
        Need(Proof.AUTHORITY, ("family_register", "residence_record")),
    ),
    Requester.GUARDIAN: (_PERSON, _AGENT, Need(Proof.AUTHORITY, ("guardianship_certificate",))),
    Requester.MANDATED: (
        _PERSON,
        _AGENT,
        Need(Proof.AUTHORITY, ("mandate",)),
        Need(Proof.SEAL, ("seal_certificate", "signature_certificate")),
    ),
}

DOCUMENTS_LEVEL: Final = 3
AGENT_PROOFS: Final = frozenset({Proof.AGENT, Proof.AUTHORITY, Proof.SEAL})


def needs_of(role: str, requester: str = "") -> tuple[Need, ...]:
    """What is to be shown, each proof once.

    Args:
        role: a value of ``DisclosureRequest.Role``.
        requester: who it is of those with this role, where that is known; else what any agent of the role may send.
            A person of whom nothing more is known is asked as one.
    """
    known = [one for one in REQUESTERS_OF[role] if one == requester]
    if not known and role == "person":
        known = [Requester.PERSON]
    return _merged(known or REQUESTERS_OF[role])


def possible_needs(role: str) -> tuple[Need, ...]:
    """Whatever anybody with this role may be asked to show: what staff write down when it comes on paper."""
    return _merged(REQUESTERS_OF[role])


def _merged(requesters: Iterable[Requester]) -> tuple[Need, ...]:
    merged: dict[Proof, Need] = {}
    for need in (need for one in requesters for need in NEEDS[one]):
        before = merged.get(need.proof)
        documents = tuple(dict.fromkeys((*(before.documents if before else ()), *need.documents)))
        merged[need.proof] = Need(need.proof, documents, required=need.required)
    return tuple(merged.values())


def required_proofs(*, role: str, level: int, needs_identity: bool) -> frozenset[Proof]:
    """What must have been checked before anybody is confirmed; nothing may be decided without it.

    Args:
        role: a value of ``DisclosureRequest.Role``. For an agent everything is needed at every level (Order 13).
        level: of the operator's rule for the type.
        needs_identity: of the table of types; a complaint or an inquiry asks nobody.
    """
    if not needs_identity or (role == "person" and level < DOCUMENTS_LEVEL):
        return frozenset()
    return frozenset(need.proof for need in needs_of(role) if need.required)


def is_agents(proof: str, document: str) -> bool:
    """Whether a document sent for ``proof`` is the agent's own; a mandate and its seal are the principal's."""
    return proof == Proof.AGENT or (proof == Proof.AUTHORITY and document != "mandate")


# Driving licences and My Numbers have twelve digits, passports two letters and seven digits, residence cards two
# letters, eight digits and two letters; the others eight digits and more.
_NUMBER: Final = re.compile(r"\d{7,}|[A-Z]{2}\d{6,}")
_BETWEEN: Final = re.compile(r"(?<=\d)[\s\-‐‑–—−ー・.]{1,2}(?=\d)")
_DATE: Final = re.compile(r"\d{4}[-/.年]\s?\d{1,2}[-/.月]\s?\d{1,2}日?")


def holds_document_number(text: str) -> bool:
    """Whether a text seems to hold the number of a document, which is never kept; a date is none."""
    plain = _DATE.sub("", unicodedata.normalize("NFKC", text)).upper()
    return bool(_NUMBER.search(_BETWEEN.sub("", plain)))
