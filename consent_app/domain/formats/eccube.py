"""EC-CUBE 4's member export («会員ID, お名前(姓), …», CP932).

Three columns come as a pair of number and label (都道府県, 性別, 会員ステータス). Where the two disagree, the label is
what people read, so it is taken and the row is listed. For the membership the cautious reading wins: who is withdrawn
by either of the two is withdrawn.
"""

from datetime import date

from ..normalise import CODE_AND_NAME_DISAGREE, clean_text, yes_or_no
from .base_format import Format, RawRow
from .cells import Cells, without_empty
from .rows import ACTIVE, WITHDRAWN, Person, RecordRow, SourceRow

_GENDERS_BY_ID = {"1": "male", "2": "female", "3": "other"}
_GENDERS_BY_NAME = {"男性": "male", "男": "male", "女性": "female", "女": "female", "その他": "other"}
_STATUS_BY_ID = {"1": "仮会員", "2": "本会員", "3": "退会"}
_NEWSLETTER_COLUMNS = ("メルマガ", "メールマガジン", "メルマガ購読")


def read_key(cell: str) -> str:
    """The member's number."""
    return clean_text(cell)


def _gender(cells: Cells) -> str:
    by_id = _GENDERS_BY_ID.get(cells.word("性別(ID)"), "")
    by_name = _GENDERS_BY_NAME.get(cells.word("性別(名称)"), "")
    if by_id and by_name and by_id != by_name:
        cells.problem("性別(名称)", CODE_AND_NAME_DISAGREE)
    return by_name or by_id


def _status(cells: Cells) -> tuple[str, str]:
    """The membership and the label to keep."""
    by_id = _STATUS_BY_ID.get(cells.word("会員ステータス(ID)"), "")
    by_name = cells.word("会員ステータス(名称)")
    if by_id and by_name and by_id != by_name:
        cells.problem("会員ステータス(名称)", CODE_AND_NAME_DISAGREE)
    withdrawn = "退会" in (by_id, by_name) or by_name.startswith("退会")
    return (WITHDRAWN if withdrawn else ACTIVE), by_name or by_id


def build(external_id: str, rows: list[RawRow], today: date) -> SourceRow:
    """One member out of one row."""
    (raw,) = rows
    person = Person()
    cells = Cells(raw.values, raw.line, person, external_id)
    cells.text("family_name", "お名前(姓)")
    cells.text("given_name", "お名前(名)")
    cells.kana("family_kana", "お名前(セイ)")
    cells.kana("given_kana", "お名前(メイ)")
    cells.text("company", "会社名")
    cells.postal_code("郵便番号")
    cells.prefecture("都道府県(ID)", "都道府県(名称)")
    cells.address("address1", "住所1")
    cells.address("address2", "住所2")
    cells.email("メールアドレス")
    cells.telephone("TEL")
    cells.birth_date("誕生日", today)
    person.gender = _gender(cells)
    status, label = _status(cells)
    newsletter_column = next((column for column in _NEWSLETTER_COLUMNS if cells.raw(column)), "")
    newsletter = yes_or_no(cells.raw(newsletter_column)) if newsletter_column else None
    updated_at = cells.moment("更新日")
    membership = without_empty(
        {
            "status": label,
            "registered_at": cells.word("登録日"),
            "updated_at": cells.word("更新日"),
            "occupation": cells.word("職業(名称)") or cells.word("職業(ID)"),
            "points": cells.amount("ポイント"),
        }
    )
    purchases = without_empty(
        {
            "first_at": cells.word("初回購入日"),
            "last_at": cells.word("最終購入日"),
            "count": cells.amount("購入回数"),
            "total": cells.amount("購入金額"),
        }
    )
    note = cells.note("ショップ用メモ欄")
    records = [RecordRow("membership", cells.moment("登録日"), membership)]
    if purchases:
        records.append(RecordRow("purchases", cells.moment("最終購入日"), purchases))
    if note:
        records.append(RecordRow("note", None, {"text": note}))
    return SourceRow(
        source="eccube",
        external_id=external_id,
        line=raw.line,
        person=person,
        originals=cells.originals,
        records=records,
        membership=status,
        as_of=updated_at,
        newsletter=newsletter,
        newsletter_column=newsletter_column,
        problems=cells.problems,
    )


ECCUBE = Format(
    code="eccube",
    title="EC-CUBE",
    key="会員ID",
    required=("会員ID", "お名前(姓)", "お名前(名)", "メールアドレス"),
    optional=(
        "お名前(セイ)",
        "お名前(メイ)",
        "会社名",
        "郵便番号",
        "都道府県(ID)",
        "都道府県(名称)",
        "住所1",
        "住所2",
        "TEL",
        "性別(ID)",
        "性別(名称)",
        "職業(ID)",
        "職業(名称)",
        "誕生日",
        "初回購入日",
        "最終購入日",
        "購入回数",
        "購入金額",
        "ポイント",
        "ショップ用メモ欄",
        "会員ステータス(ID)",
        "会員ステータス(名称)",
        "登録日",
        "更新日",
        *_NEWSLETTER_COLUMNS,
    ),
    grouped=False,
    build=build,
    read_key=read_key,
)
