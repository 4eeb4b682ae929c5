"""Shopify's customer export («Customer ID, First Name, …», UTF-8).

Shopify puts an apostrophe before ids and telephone numbers so that a spreadsheet keeps them as text; it is taken off.
Notes and tags come as the shop's staff wrote them, formulas and line breaks included: they stay text.
"""

from datetime import date

from ..normalise import clean_text, words, yes_or_no
from .base_format import Format, RawRow
from .cells import Cells, without_empty
from .rows import ACTIVE, Person, RecordRow, SourceRow

_PHONES = ("Phone", "Default Address Phone")


def read_key(cell: str) -> str:
    """The id without Shopify's apostrophe."""
    return clean_text(cell).removeprefix("'")


def build(external_id: str, rows: list[RawRow], today: date) -> SourceRow:
    """One customer out of one row."""
    (raw,) = rows
    values = raw.values
    for column in (*_PHONES, "Default Address Zip"):
        if (cell := values.get(column, "")).startswith("'"):
            values[column] = cell[1:]
    person = Person()
    cells = Cells(values, raw.line, person, external_id)
    cells.text("family_name", "Last Name")
    cells.text("given_name", "First Name")
    cells.text("company", "Default Address Company")
    cells.email("Email")
    cells.telephone(*_PHONES)
    country = cells.word("Default Address Country Code").upper()
    if country in ("", "JP"):
        cells.postal_code("Default Address Zip")
        cells.prefecture("Default Address Province Code")
        cells.address("address1", "Default Address City", "Default Address Address1")
    else:
        # Japan's seven digits and prefectures do not apply: the address stays one line in its own order.
        parts = (
            "Default Address Address1",
            "Default Address City",
            "Default Address Province Code",
            "Default Address Zip",
        )
        values["Default Address Address1"] = ", ".join(filter(None, (*(cells.word(part) for part in parts), country)))
        cells.address("address1", "Default Address Address1")
    cells.address("address2", "Default Address Address2")

    newsletter = yes_or_no(cells.raw("Accepts Email Marketing"))
    other_phone = cells.word("Default Address Phone")
    membership = without_empty(
        {
            "sms": yes_or_no(cells.raw("Accepts SMS Marketing")),
            "tax_exempt": yes_or_no(cells.raw("Tax Exempt")),
            "tags": list(words(cells.word("Tags"))),
            "address_telephone": other_phone if other_phone != cells.word("Phone") else "",
        }
    )
    purchases = without_empty({"total": cells.amount("Total Spent"), "count": cells.amount("Total Orders")})
    note = cells.note("Note")
    records = [RecordRow("membership", None, membership)]
    if purchases:
        records.append(RecordRow("purchases", None, purchases))
    if note:
        records.append(RecordRow("note", None, {"text": note}))
    return SourceRow(
        source="shopify",
        external_id=external_id,
        line=raw.line,
        person=person,
        originals=cells.originals,
        records=records,
        membership=ACTIVE,
        newsletter=newsletter,
        newsletter_column="Accepts Email Marketing",
        problems=cells.problems,
    )


SHOPIFY = Format(
    code="shopify",
    title="Shopify",
    key="Customer ID",
    required=("Customer ID", "First Name", "Last Name", "Email"),
    optional=(
        "Accepts Email Marketing",
        "Default Address Company",
        "Default Address Address1",
        "Default Address Address2",
        "Default Address City",
        "Default Address Province Code",
        "Default Address Country Code",
        "Default Address Zip",
        "Default Address Phone",
        "Phone",
        "Accepts SMS Marketing",
        "Total Spent",
        "Total Orders",
        "Note",
        "Tax Exempt",
        "Tags",
    ),
    grouped=False,
    build=build,
    read_key=read_key,
)
