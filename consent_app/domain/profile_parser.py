"""Reading an operator profile: strict, and with every mistake told at once."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator, validate_email
from django.utils.translation import gettext as _

from .colour import HEX_COLOUR, MINIMUM_CONTRAST, WHITE, contrast
from .profile import (
    CHANGEABLE_ITEMS,
    CHANGES,
    CHANNELS,
    DEFAULT_MEANS,
    DIRECT_ITEMS,
    ENTERED_BY,
    FEES,
    FORMAT,
    MAY_BE_LEFT_OUT,
    MEANS,
    PROVISION_ARTICLES,
    REFUSAL_ARTICLES,
    REQUEST_TYPES,
    BasisSection,
    ItemSection,
    OperatorSection,
    Profile,
    PurposeSection,
    RefusalSection,
    RequestSection,
    SubcontractorSection,
)
from .profile_collection import collection_point
from .profile_reader import Problem, Problems, TableReader, Text
from .profile_security import security_sections
from .profile_sharing import joint_use, tracker
from .reason_texts import GROUNDS, ReasonSection
from .request_words import OUTCOME_WORDS
from .retention import retention_section
from .toml_positions import Path, Place, key_positions

_CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")
_POSTAL_CODE = re.compile(r"\d{3}-\d{4}")
_TELEPHONE = re.compile(r"0\d{1,4}-\d{1,4}-\d{3,4}")
_LOGO = re.compile(r"[a-z][a-z0-9_]{0,39}\.svg")
_COUNTRY = re.compile(r"[A-Z]{2}")
_SYNTAX_PLACE = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)$")


class ProfileError(Exception):
    """A profile that cannot be loaded. ``problems`` has every reason, in the order of the file."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))


def parse_profile(content: bytes) -> Profile:
    """Read the bytes of a TOML file into a profile.

    Raises:
        ProfileError: with all problems at once, each with line, column, key, what is wrong and how to mend it.
            Only a file that is not UTF-8 or not TOML has a single problem, because nothing behind it can be read.
    """
    data, places = _decode(content)
    problems = Problems(places)
    root = TableReader(problems, data)
    root.version("format", FORMAT)
    policy = root.text("policy", required=False, max_length=40, pattern=_CODE, example="rokusho")
    operator = _operator(root)
    if policy and operator.policy_updated_on is None:
        problems.add(
            ("policy",),
            _("プライバシーポリシーの日付がありません。"),
            _("[operator] に「policy_updated_on = 2026-04-01」のように書いてください。"),
        )
    items = tuple(_item(reader) for reader in root.tables("data_items"))
    item_codes = tuple(item.code for item in items if item.code)
    purposes = _purposes(root.tables("purposes"), item_codes)
    bases = tuple(_basis(reader) for reader in root.tables("provision_bases"))
    subcontractors = tuple(
        _subcontractor(reader, item_codes) for reader in root.tables("subcontractors", required=False)
    )
    requests = tuple(_request(reader) for reader in root.tables("requests"))
    grounds = tuple(_refusal(reader) for reader in root.tables("refusal_grounds", required=False))
    blocks = tuple(_reason_block(reader) for reader in root.tables("reason_blocks", required=False))
    purpose_codes = tuple(purpose.code for purpose in purposes if purpose.code)
    joint_uses = tuple(
        joint_use(reader, code=_code(reader), item_codes=item_codes, purpose_codes=purpose_codes)
        for reader in root.tables("joint_uses", required=False)
    )
    trackers = tuple(
        tracker(reader, code=_code(reader), purpose_codes=purpose_codes)
        for reader in root.tables("trackers", required=False)
    )
    security = security_sections(root, _CODE)
    items_of_purposes = {purpose.code: purpose.items for purpose in purposes if purpose.code}
    points = tuple(
        collection_point(reader, code=_code(reader), item_codes=item_codes, items_of_purposes=items_of_purposes)
        for reader in root.tables("collection_points", required=False)
    )
    retention = retention_section(root)
    root.close()

    _no_code_twice(problems, "data_items", "code", [item.code for item in items])
    _no_code_twice(problems, "purposes", "code", [purpose.code for purpose in purposes])
    _no_code_twice(problems, "provision_bases", "code", [basis.code for basis in bases])
    _no_code_twice(problems, "subcontractors", "code", [subcontractor.code for subcontractor in subcontractors])
    _no_code_twice(problems, "refusal_grounds", "code", [ground.code for ground in grounds])
    _no_code_twice(problems, "reason_blocks", "code", [block.code for block in blocks])
    _no_code_twice(problems, "joint_uses", "code", [section.code for section in joint_uses])
    _no_code_twice(problems, "trackers", "code", [section.code for section in trackers])
    _no_code_twice(problems, "collection_points", "code", [section.code for section in points])
    _no_code_twice(problems, "requests", "type", [request.type for request in requests])
    _no_code_twice(problems, "measures", "code", [measure.code for measure in security.measures])
    _no_code_twice(problems, "departments", "code", [department.code for department in security.departments])
    _no_code_twice(problems, "reviews", "code", [review.code for review in security.reviews])
    _every_item_has_a_purpose(problems, items, purposes)
    _every_right_is_there(problems, requests)
    if root.given("contact"):
        _fees_say_how_to_pay(problems, operator, requests)
    if problems.found:
        raise ProfileError(problems.found)
    return Profile(
        operator,
        items,
        purposes,
        bases,
        subcontractors,
        requests,
        grounds,
        policy,
        joint_uses=joint_uses,
        trackers=trackers,
        security=security,
        collection_points=points,
        reason_blocks=blocks,
        retention=retention,
    )


def _decode(content: bytes) -> tuple[dict[str, object], dict[Path, Place]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line = before.count(b"\n") + 1
        column = len(before.rpartition(b"\n")[2].decode("utf-8", "replace")) + 1
        remedy = _("ファイルを UTF-8 で保存し直してください。")
        raise ProfileError([Problem(line, column, "", _("UTF-8 ではない文字があります。"), remedy)]) from None
    text = text.replace("\r\n", "\n")
    try:
        return tomllib.loads(text), dict(key_positions(text))
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        place = _SYNTAX_PLACE.search(message)
        if place and place[1]:
            line, column = int(place[1]), int(place[2])
        else:
            line, column = text.count("\n") + 1, len(text.rpartition("\n")[2]) + 1
        what = _("TOML として読めません（%(message)s）。") % {"message": _SYNTAX_PLACE.sub("", message)}
        remedy = _("この行か、すぐ前の行の引用符・かっこ・等号を確かめてください。")
        raise ProfileError([Problem(line, column, "", what, remedy)]) from None


def _code(reader: TableReader) -> str:
    return reader.text("code", max_length=40, pattern=_CODE, example="gift_recipient")


def _means(contact: TableReader) -> tuple[str, ...]:
    given = contact.given("identity_means")
    return contact.choices("identity_means", MEANS, required=False) if given else DEFAULT_MEANS


def _operator(root: TableReader) -> OperatorSection:
    reader, contact = root.table("operator"), root.table("contact")
    accredited = root.table("accredited_organisation") if root.given("accredited_organisation") else None
    section = OperatorSection(
        code=_code(reader),
        name=reader.pair("name", max_length=200),
        introduction=reader.pair("introduction"),
        representative=reader.pair("representative", max_length=200),
        postal_code=reader.text("postal_code", pattern=_POSTAL_CODE, example="100-0000"),
        address=reader.pair("address"),
        manager_title=reader.pair("manager_title", max_length=100),
        website=reader.text("website", required=False),
        accent_color=_accent(reader),
        logo=reader.text("logo", required=False, max_length=44, pattern=_LOGO, example="rokusho.svg"),
        policy_updated_on=reader.date("policy_updated_on"),
        email=contact.text("email", max_length=254),
        telephone=contact.text("telephone", required=False, pattern=_TELEPHONE, example="050-0000-0000"),
        hours=contact.pair("hours", max_length=200),
        payment=contact.pair("payment", required=False, max_length=500),
        mails_answers=contact.flag("mails_answers", default=False),
        identity_means=_means(contact),
        channels=contact.choices("channels", CHANNELS),
        complaint_channels=contact.choices("complaint_channels", CHANNELS),
        accredited_name=accredited.pair("name", max_length=200) if accredited else Text(),
        accredited_contact=accredited.pair("contact", max_length=300) if accredited else Text(),
    )
    if section.website:
        try:
            URLValidator(schemes=["https"])(section.website)
        except ValidationError:
            reader.add("website", _("ウェブアドレスではありません。"), _("https:// で始まるアドレスを書いてください。"))
    if section.email:
        try:
            validate_email(section.email)
        except ValidationError:
            contact.add(
                "email", _("メールアドレスではありません。"), _("例：%(example)s") % {"example": "privacy@shop.example"}
            )
    if "telephone" in (*section.channels, *section.complaint_channels) and not contact.given("telephone"):
        contact.add(
            "telephone",
            _("電話で受け付けるのに番号がありません。"),
            _("番号を書くか、channels から telephone を外してください。"),
        )
    reader.close()
    contact.close()
    if accredited:
        accredited.close()
    return section


def _accent(reader: TableReader) -> str:
    """The accent colour is text on white and the ground under white text, which is the same contrast.

    For the dark mode the theme lightens it by itself, whatever it is.
    """
    colour = reader.text("accent_color", max_length=7, pattern=HEX_COLOUR, example="#0017c1")
    if colour and (ratio := contrast(colour, WHITE)) < MINIMUM_CONTRAST:
        reader.add(
            "accent_color",
            _("白とのコントラスト比が%(ratio).2fで、足りません（4.5以上が必要です）。")
            # Rounded down, so that 4.499 does not read as 4.50.
            % {"ratio": int(ratio * 100) / 100},
            _("より暗い色にしてください。"),
        )
    return colour


def _item(reader: TableReader) -> ItemSection:
    code = _code(reader)
    entered_by = reader.choice("entered_by", ENTERED_BY, default="customer")
    by_default = "direct" if code in DIRECT_ITEMS and entered_by == "customer" else "request"
    section = ItemSection(
        code=code,
        name=reader.pair("name", max_length=100),
        optional=reader.flag("optional", default=True),
        sensitive=reader.flag("sensitive", default=False),
        entered_by=entered_by,
        change=reader.choice("change", CHANGES, default=by_default),
        consequence=reader.pair("consequence", required=False),
    )
    if section.entered_by == "customer" and not reader.given("consequence"):
        reader.add(
            "consequence",
            _("お客さまが入力する項目なのに、提供しない場合の影響がありません。"),
            _("consequence.ja と consequence.en を書いてください。"),
        )
    if section.change == "direct" and (code not in CHANGEABLE_ITEMS or entered_by != "customer"):
        reader.add(
            "change",
            _("この項目は、お客さまがポータルで直接変えることができません。"),
            _('この行を消すか、change = "request" にしてください。'),
        )
    reader.close()
    return section


def _purposes(readers: list[TableReader], item_codes: tuple[str, ...]) -> tuple[PurposeSection, ...]:
    """A part comes after the whole, so that its row can be written after the other's; a part has no parts."""
    purposes: list[PurposeSection] = []
    for reader in readers:
        wholes = tuple(purpose.code for purpose in purposes if purpose.code and not purpose.part_of)
        purposes.append(_purpose(reader, item_codes, wholes))
    return tuple(purposes)


def _purpose(reader: TableReader, item_codes: tuple[str, ...], wholes: tuple[str, ...]) -> PurposeSection:
    section = PurposeSection(
        code=_code(reader),
        text=reader.pair("text"),
        needs_consent=reader.flag("needs_consent", default=False),
        statistical_only=reader.flag("statistical_only", default=False),
        shipping=reader.flag("shipping", default=False),
        provided_to=reader.text("provided_to", required=False, max_length=200),
        items=reader.choices("items", item_codes),
        part_of=reader.choice("part_of", wholes, default=""),
        explanation=reader.pair("explanation", required=False),
        valid_months=reader.integer("valid_months", low=1, high=120),
    )
    for name in ("valid_months", "explanation"):
        if reader.given(name) and not section.needs_consent:
            reader.add(
                name,
                _("個別の同意が要らない利用目的には書けません。"),
                _("この行を消すか、needs_consent = true としてください。"),
            )
    reader.close()
    return section


def _basis(reader: TableReader) -> BasisSection:
    statutory = reader.flag("statutory", default=True)
    section = BasisSection(
        code=_code(reader),
        text=reader.pair("text"),
        article=reader.choice("article", PROVISION_ARTICLES, default=None if statutory else ""),
        statutory=statutory,
        warning=reader.pair("warning", required=not statutory),
        requires=reader.choices("requires", PROVISION_ARTICLES, required=not statutory),
    )
    _either_article_or_requires(reader, section)
    reader.close()
    return section


def _either_article_or_requires(reader: TableReader, section: BasisSection | RefusalSection) -> None:
    if section.statutory and section.requires:
        reader.add(
            "requires",
            _("法律上の根拠になる場合には書けません。"),
            _("この行を消すか、statutory = false としてください。"),
        )
    if not section.statutory and section.article:
        reader.add(
            "article",
            _("法律上の根拠にならない場合には書けません。"),
            _("この行を消し、要る根拠を requires に書いてください。"),
        )


def _subcontractor(reader: TableReader, item_codes: tuple[str, ...]) -> SubcontractorSection:
    section = SubcontractorSection(
        code=_code(reader),
        name=reader.pair("name", max_length=200),
        service=reader.pair("service"),
        items=reader.choices("items", item_codes),
        items_note=reader.pair("items_note", required=False),
        country=reader.text("country", pattern=_COUNTRY, example="JP"),
        public=reader.flag("public", default=True),
        education=reader.flag("education", default=False),
        review_months=reader.integer("review_months", low=1, high=36, default=12) or 12,
    )
    reader.close()
    return section


def _request(reader: TableReader) -> RequestSection:
    section = RequestSection(
        type=reader.choice("type", tuple(REQUEST_TYPES)),
        offered=reader.flag("offered", default=True),
        identity_level=reader.integer("identity_level", low=1, high=3, default=2) or 2,
        target_business_days=reader.integer("target_business_days", low=1, high=60, default=10) or 10,
        fee=reader.choice("fee", FEES, default="none"),
        fee_yen=reader.integer("fee_yen", low=1, high=100_000),
        fee_note=reader.pair("fee_note", required=False),
        second_look=reader.choices("second_look", tuple(OUTCOME_WORDS), required=False),
    )
    if section.fee != "none" and not REQUEST_TYPES.get(section.type, True):
        reader.add(
            "fee",
            _("この請求では手数料をとれません（法第38条）。"),
            _("この行を消してください。手数料は利用目的の通知と開示だけです。"),
        )
    if section.fee == "fixed" and not reader.given("fee_yen"):
        reader.add(
            "fee_yen", _("定額なのに金額がありません。"), _("「fee_yen = 1100」のように、税込の円で書いてください。")
        )
    if section.fee != "fixed" and section.fee_yen is not None:
        reader.add(
            "fee_yen", _("定額ではないのに金額があります。"), _('この行を消すか、fee = "fixed" としてください。')
        )
    if not section.offered and section.type and section.type not in MAY_BE_LEFT_OUT:
        reader.add(
            "offered",
            _("法律で定められた請求と苦情・問合せは、受け付けないことにできません。"),
            _("この行を消してください。"),
        )
    reader.close()
    return section


def _refusal(reader: TableReader) -> RefusalSection:
    statutory = reader.flag("statutory", default=True)
    section = RefusalSection(
        code=_code(reader),
        text=reader.pair("text"),
        requests=reader.choices("requests", tuple(REQUEST_TYPES)),
        article=reader.choice("article", REFUSAL_ARTICLES, default=None if statutory else ""),
        statutory=statutory,
        requires=reader.choices("requires", REFUSAL_ARTICLES, required=not statutory),
    )
    _either_article_or_requires(reader, section)
    reader.close()
    return section


def _reason_block(reader: TableReader) -> ReasonSection:
    block = ReasonSection(
        code=_code(reader),
        title=reader.pair("title", max_length=100),
        text=reader.pair("text", max_length=2000),
        requests=reader.choices("requests", tuple(REQUEST_TYPES), required=False),
        outcomes=reader.choices("outcomes", tuple(OUTCOME_WORDS), required=False),
        grounds=reader.choices("grounds", GROUNDS, required=False),
    )
    reader.close()
    return block


def _no_code_twice(problems: Problems, section: str, key: str, codes: list[str]) -> None:
    for index, code in enumerate(codes):
        if code and code in codes[:index]:
            problems.add(
                (section, index, key),
                _("「%(code)s」が2回あります。") % {"code": code},
                _("ほかと違う値にしてください。"),
            )


def _every_item_has_a_purpose(
    problems: Problems, items: tuple[ItemSection, ...], purposes: tuple[PurposeSection, ...]
) -> None:
    """Holding data that no purpose needs would breach articles 17 and 18."""
    used = {code for purpose in purposes for code in purpose.items}
    for index, item in enumerate(items):
        if item.code and item.code not in used:
            problems.add(
                ("data_items", index, "code"),
                _("「%(code)s」を使う利用目的がありません。") % {"code": item.code},
                _("どれかの purposes の items に加えるか、この項目を消してください。"),
            )


def _fees_say_how_to_pay(problems: Problems, operator: OperatorSection, requests: tuple[RequestSection, ...]) -> None:
    """How a fee is collected is told beforehand (article 37(1), Cabinet Order 12(iv))."""
    if any(request.fee != "none" for request in requests) and not operator.payment.ja:
        problems.add(
            ("contact", "payment"),
            _("手数料があるのに、支払い方法がありません。"),
            _("[contact] に payment.ja と payment.en を書いてください（振込先など）。"),
        )


def _every_right_is_there(problems: Problems, requests: tuple[RequestSection, ...]) -> None:
    if not requests:
        return
    missing = [code for code in REQUEST_TYPES if code not in {request.type for request in requests}]
    if missing:
        problems.add(
            ("requests",),
            _("請求の種類が足りません：%(missing)s。") % {"missing": ", ".join(missing)},
            _("それぞれの「[[requests]]」の節を書いてください。"),
        )
