"""BASE's order export («注文ID, 注文日時, 氏(請求先), …», UTF-8 with a byte order mark).

One row per item: the rows of one 注文ID make one order of one buyer (請求先). BASE has no members, so the order's id is
the id under which the buyer is known. The recipient (配送先) of a gift is another person and never becomes a customer.
"""

from datetime import date
from typing import Any, Final

from ..normalise import address_key, clean_text, name_key
from .base_format import Format, RawRow
from .cells import Cells, without_empty
from .rows import Person, Problem, RecipientRow, RecordRow, SourceRow

ORDER_ROWS_DISAGREE: Final = "order_rows_disagree"

_BUYER, _RECIPIENT = "(請求先)", "(配送先)"
_ITEM = {
    "product": "商品名",
    "variation": "バリエーション",
    "price": "価格",
    "tax_rate": "税率",
    "quantity": "数量",
    "product_id": "商品ID",
    "variation_id": "種類ID",
}
_ITEM_AMOUNTS = {"price", "quantity"}
_ORDER_AMOUNTS = {
    "total": "合計金額",
    "shipping_fee": "送料",
    "cod_fee": "代引き手数料",
    "adjustment": "調整金額",
}
_ORDER_WORDS = {
    "payment": "支払い方法",
    "status": "発送状況",
    "channel": "購入元",
    "delivery_date": "配送日",
    "delivery_time": "配送時間帯",
}
_ORDER_NOTES = {"remarks": "備考", "memo": "注文メモ"}


def read_key(cell: str) -> str:
    """The order's id."""
    return clean_text(cell)


def _fill(cells: Cells, side: str) -> None:
    cells.text("family_name", f"氏{side}")
    cells.text("given_name", f"名{side}")
    cells.postal_code(f"郵便番号{side}")
    cells.prefecture("", f"都道府県{side}")
    cells.address("address1", f"住所{side}")
    cells.address("address2", f"住所2{side}")
    cells.telephone(f"電話番号{side}")


def _compared(who: Person | RecipientRow) -> tuple[str, ...]:
    return (
        name_key(who.family_name, who.given_name),
        who.postal_code,
        who.prefecture,
        address_key(who.address1, who.address2),
        who.telephone,
    )


def _recipient(raw: RawRow, external_id: str) -> tuple[RecipientRow, list[Problem]]:
    recipient = RecipientRow()
    cells = Cells(raw.values, raw.line, recipient, external_id)
    _fill(cells, _RECIPIENT)
    recipient.originals = cells.originals
    return recipient, cells.problems


def _item(raw: RawRow, external_id: str, order: Cells) -> dict[str, Any]:
    cells = Cells(raw.values, raw.line, RecipientRow(), external_id)
    item = {key: cells.amount(column) if key in _ITEM_AMOUNTS else cells.word(column) for key, column in _ITEM.items()}
    order.problems += cells.problems
    return without_empty(item)


def _where_to(recipient: RecipientRow) -> dict[str, Any]:
    fields = ("family_name", "given_name", "postal_code", "prefecture", "address1", "address2", "telephone")
    return without_empty({field: getattr(recipient, field) for field in fields})


def build(external_id: str, rows: list[RawRow], today: date) -> SourceRow:
    """One order with its buyer out of the rows of its items."""
    first = rows[0]
    person = Person()
    cells = Cells(first.values, first.line, person, external_id)
    _fill(cells, _BUYER)
    cells.email(f"メールアドレス{_BUYER}")
    ordered_at = cells.moment("注文日時")
    data: dict[str, Any] = {"number": external_id, "ordered_at": cells.word("注文日時")}
    data |= {key: cells.amount(column) for key, column in _ORDER_AMOUNTS.items()}
    data |= {key: cells.word(column) for key, column in _ORDER_WORDS.items()}
    data |= {key: cells.note(column) for key, column in _ORDER_NOTES.items()}
    data["items"] = [_item(raw, external_id, cells) for raw in rows]

    buyer = _compared(person)
    recipients: dict[tuple[str, ...], RecipientRow] = {}
    buyer_cells = [column for column in first.values if column.endswith(_BUYER)]
    for raw in rows:
        if any(raw.values.get(column) != first.values[column] for column in buyer_cells):
            cells.problems.append(Problem(raw.line, "", ORDER_ROWS_DISAGREE, external_id))
        if raw is not first and all(
            raw.values[column] == first.values.get(column) for column in raw.values if column.endswith(_RECIPIENT)
        ):
            continue
        recipient, problems = _recipient(raw, external_id)
        key = _compared(recipient)
        if key == buyer or not any(key):
            continue  # the same cells again: whatever is wrong with them was noted for the buyer
        cells.problems += problems
        if key[0] in ("", buyer[0]):
            # The buyer's own parcel to another address: part of the order, not another person.
            data["sent_to"] = _where_to(recipient)
        else:
            recipients[key] = recipient
    return SourceRow(
        source="base",
        external_id=external_id,
        line=first.line,
        person=person,
        originals=cells.originals,
        records=[RecordRow("order", ordered_at, without_empty(data), list(recipients.values()))],
        as_of=ordered_at,
        problems=cells.problems,
    )


BASE = Format(
    code="base",
    title="BASE",
    key="注文ID",
    required=("注文ID", "氏(請求先)", "名(請求先)", "メールアドレス(請求先)"),
    optional=(
        "注文日時",
        *(f"{column}{_BUYER}" for column in ("郵便番号", "都道府県", "住所", "住所2", "電話番号")),
        *(f"{column}{_RECIPIENT}" for column in ("氏", "名", "郵便番号", "都道府県", "住所", "住所2", "電話番号")),
        *_ITEM.values(),
        *_ORDER_AMOUNTS.values(),
        *_ORDER_WORDS.values(),
        *_ORDER_NOTES.values(),
    ),
    grouped=True,
    build=build,
    read_key=read_key,
)
