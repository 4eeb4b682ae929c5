"""The file that a subcontractor gets: only those whom the gate allows, only the items that were asked for.

One line an order, or one line a person where no orders were chosen. Of an order it carries what a delivery needs:
number, goods, wished time, and the amount that is collected at the door.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from privacy_portal.core.models import EncryptedFile
from privacy_portal.core.services import audit, files

from .. import selectors
from ..domain import normalise, spreadsheets
from ..domain.formats import FORMATS
from ..domain.gate import RECIPIENT_ITEM
from ..domain.record_fields import plain, record_lines
from ..domain.written import written_telephone
from ..models import Customer, CustomerRecord, DataItem, Entrustment, ExportKind, ExportOrder, Recipient
from . import entrusting, exports
from .entrusting import Handed

ORDER_ITEM: str = CustomerRecord.Kind.ORDER
# How many orders or persons one file can carry, and how long it lies ready.
LIMIT = 5000
KEEP = timedelta(days=7)
_CHUNK = 500

# Items that stand in columns of the person, in the order of the file.
_PERSON: dict[str, tuple[str, ...]] = {
    "name": ("family_name", "given_name"),
    "kana": ("family_kana", "given_kana"),
    "company": ("company",),
    "address": ("postal_code", "prefecture", "address1", "address2"),
    "telephone": ("telephone",),
    "email": ("email",),
    "gender": ("gender",),
    "birth_date": ("birth_date",),
}
_RECIPIENT = ("family_name", "given_name", "postal_code", "prefecture", "address1", "address2", "telephone")


class NotChosen(Exception):
    """Whom to hand over cannot be told; the message says which lines are wrong and what to do."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Whose data is to be handed over: customers, and the orders that it is about, if it is about orders."""

    customers: tuple[uuid.UUID, ...]
    orders: tuple[uuid.UUID, ...] = ()
    recipients: tuple[uuid.UUID, ...] = ()

    @property
    def lines(self) -> int:
        """How many orders or persons."""
        return len(self.orders) or len(self.customers)


def possible_items(codes: Iterable[str], *, orders: bool) -> list[str]:
    """Those items that are held here and that a file can carry; an order and its gift's recipient only by order."""
    kinds = set(CustomerRecord.Kind.values) - {ORDER_ITEM}
    carried = {*_PERSON, *kinds, *((ORDER_ITEM, RECIPIENT_ITEM) if orders else ())}
    return [code for code in codes if code in carried]


def choose_orders(*, numbers: Sequence[str], since: date | None = None, until: date | None = None) -> Chosen:
    """The orders of these numbers, or of these days (in Japan), with their customers and gift recipients.

    Raises:
        NotChosen: a number that is not known or stands for several orders; nothing or too much chosen.
    """
    orders = CustomerRecord.objects.filter(kind=CustomerRecord.Kind.ORDER)
    if numbers:
        found: dict[str, list[Any]] = defaultdict(list)
        wanted = orders.filter(source__in={*FORMATS, *selectors.customer_sources()}, external_id__in=numbers)
        for key, customer, number in wanted.values_list("pk", "customer", "external_id"):
            found[number].append((key, customer))
        rows = _one_each(numbers, found)
    elif since and until:
        if until < since:
            raise NotChosen(_("期間の終わりは、始まり以後にしてください。"))
        begin, end = _begin_of(since), _begin_of(until + timedelta(days=1))
        in_days = orders.filter(occurred_at__gte=begin, occurred_at__lt=end).order_by("occurred_at", "pk")
        rows = list(in_days.values_list("pk", "customer")[: LIMIT + 1])
    else:
        raise NotChosen(_("注文番号か、期間の始まりと終わりを入れてください。"))
    _check_number(rows)
    keys = [key for key, _customer in rows]
    recipients = Recipient.objects.filter(record__in=keys).order_by("record", "pk").values_list("pk", flat=True)
    customers = tuple(dict.fromkeys(customer for _key, customer in rows))
    return Chosen(customers, tuple(keys), tuple(recipients))


def choose_customers(*, words: Sequence[str]) -> Chosen:
    """The customers with these member numbers, mail addresses or keys.

    Raises:
        NotChosen: one is not known or stands for several customers; nothing or too many chosen.
    """
    if not words:
        raise NotChosen(_("会員番号かメールアドレスを入れてください。"))
    found: dict[str, list[Any]] = defaultdict(list)
    members = Customer.objects.filter(
        identities__source__in=selectors.customer_sources(), identities__external_id__in=words
    )
    for key, number in members.values_list("pk", "identities__external_id"):
        found[number].append(key)
    addresses = {address: word for word in words if (address := normalise.email(word).value)}
    for key, address in Customer.objects.filter(email__in=addresses).values_list("pk", "email"):
        found[addresses[address]].append(key)
    by_key = {found_key: word for word in words if (found_key := _uuid(word))}
    for key in Customer.objects.filter(pk__in=by_key).values_list("pk", flat=True):
        found[by_key[key]].append(key)
    rows = _one_each(words, {word: list(dict.fromkeys(people)) for word, people in found.items()})
    _check_number(rows)
    return Chosen(tuple(dict.fromkeys(rows)))


def _one_each(words: Sequence[str], found: dict[str, list[Any]]) -> list[Any]:
    missing = [str(line) for line, word in enumerate(words, 1) if not found.get(word)]
    several = [str(line) for line, word in enumerate(words, 1) if len(found.get(word, ())) > 1]
    problems = []
    if missing:
        problems.append(_("見つかりません：%(lines)s行目。") % {"lines": _("、").join(missing[:20])})
    if several:
        problems.append(
            _("二つ以上に当てはまります：%(lines)s行目。別の番号で指定してください。")
            % {"lines": _("、").join(several[:20])}
        )
    if problems:
        raise NotChosen(" ".join(problems))
    return list(dict.fromkeys(found[word][0] for word in words))


def _check_number(rows: Sequence[Any]) -> None:
    if not rows:
        raise NotChosen(_("当てはまる注文がありません。"))
    if len(rows) > LIMIT:
        raise NotChosen(_("一度に渡せるのは%(limit)s件までです。分けてください。") % {"limit": LIMIT})


def write(*, chosen: Chosen, handed: Handed, code: str) -> EncryptedFile | None:
    """Write the file, encrypted; None where nothing is left to be written.

    Args:
        code: of the subcontractor, for the name of the file.
    """
    lines = _order_lines(chosen, handed) if chosen.orders else _person_lines(chosen, handed)
    first = next(lines, None)
    if first is None:
        return None
    with files.create(name=f"{code}.csv", content_type="text/csv; charset=utf-8") as writer:
        writer.write(spreadsheets.MARK.encode() + _csv([_header(handed.items, orders=bool(chosen.orders)), first]))
        piece: list[list[str]] = []
        for line in lines:
            piece.append(line)
            if len(piece) == _CHUNK:
                writer.write(_csv(piece))
                piece = []
        writer.write(_csv(piece))
    return writer.file


def _csv(lines: Iterable[Sequence[str]]) -> bytes:
    return spreadsheets.text(lines).encode()


def _header(items: Sequence[str], *, orders: bool) -> list[str]:
    header: list[str] = []
    if orders and ORDER_ITEM in items:
        header += [_("注文番号"), _("商品"), _("配送日"), _("配送時間帯"), _("代引きで受け取る金額")]
    for item, columns in _PERSON.items():
        if item in items:
            header += [str(Customer._meta.get_field(column).verbose_name) for column in columns]  # type: ignore[union-attr]
    if orders and RECIPIENT_ITEM in items:
        names = [str(Recipient._meta.get_field(column).verbose_name) for column in _RECIPIENT]  # type: ignore[union-attr]
        header += [_("届け先 %(name)s") % {"name": name} for name in names]
    known = {item.code: str(item) for item in DataItem.objects.filter(code__in=_kinds(items))}
    return header + [known.get(item, item) for item in _kinds(items)]


def _kinds(items: Sequence[str]) -> list[str]:
    """The items that records other than orders are held under."""
    return [kind for kind in CustomerRecord.Kind.values if kind in items and kind != ORDER_ITEM]


def _order_lines(chosen: Chosen, handed: Handed) -> Iterator[list[str]]:
    for start in range(0, len(chosen.orders), _CHUNK):
        keys = chosen.orders[start : start + _CHUNK]
        orders = CustomerRecord.objects.select_related("customer").prefetch_related("recipients").in_bulk(keys)
        further = _further({order.customer_id for order in orders.values()}, handed)
        for key in keys:
            order = orders.get(key)
            if order is None or order.customer_id not in handed.customers:
                continue
            own = _order_cells(order, handed.items) + _person_cells(order.customer, handed.items, order.data)
            more = further[order.customer_id]
            if RECIPIENT_ITEM not in handed.items:
                yield own + more
                continue
            gifts = list(order.recipients.all())
            for gift in gifts:
                if gift.pk in handed.recipients:
                    yield own + [_cell(column, getattr(gift, column)) for column in _RECIPIENT] + more
            if not gifts:
                yield own + [""] * len(_RECIPIENT) + more


def _person_lines(chosen: Chosen, handed: Handed) -> Iterator[list[str]]:
    for start in range(0, len(chosen.customers), _CHUNK):
        keys = [key for key in chosen.customers[start : start + _CHUNK] if key in handed.customers]
        customers = Customer.objects.in_bulk(keys)
        further = _further(set(customers), handed)
        for key in keys:
            if key in customers:
                yield _person_cells(customers[key], handed.items, {}) + further[key]


def _order_cells(order: CustomerRecord, items: Sequence[str]) -> list[str]:
    if ORDER_ITEM not in items:
        return []
    data = order.data
    goods = [
        " ".join(filter(None, (_text(one.get("product")), _text(one.get("variation")), f"×{one.get('quantity') or 1}")))
        for one in data.get("items", [])
    ]
    collected = _text(data.get("total")) if _text(data.get("cod_fee")) not in ("", "0") else ""
    return [
        order.external_id,
        _("、").join(goods),
        _text(data.get("delivery_date")),
        _text(data.get("delivery_time")),
        collected,
    ]


def _person_cells(customer: Customer, items: Sequence[str], order: dict[str, Any]) -> list[str]:
    """The person's columns; of an order that goes to another address of theirs, that address."""
    elsewhere = order.get("sent_to") or {}
    cells = []
    for item, columns in _PERSON.items():
        if item not in items:
            continue
        moved = item in ("address", "telephone") and any(elsewhere.get(column) for column in columns)
        for column in columns:
            cells.append(_cell(column, elsewhere.get(column, "") if moved else getattr(customer, column)))
    return cells


def _further(customers: set[uuid.UUID], handed: Handed) -> dict[uuid.UUID, list[str]]:
    """The texts of other records, one cell for each item."""
    kinds = _kinds(handed.items)
    cells: dict[uuid.UUID, dict[str, list[str]]] = {key: {kind: [] for kind in kinds} for key in customers}
    if kinds:
        records = CustomerRecord.objects.filter(customer__in=customers).filter(
            Q(item__code__in=kinds) | Q(item=None, kind__in=kinds)
        )
        rows = records.order_by("occurred_at", "pk").values_list("customer", "item__code", "kind", "data")
        for customer, item, kind, data in rows:
            lines = [f"{name} {value}" for name, value in record_lines(data) if value]
            cells[customer][item or kind].append(_("、").join(lines))
    return {key: [plain(texts) for texts in own.values()] for key, own in cells.items()}


def _cell(column: str, value: Any) -> str:
    """As it is written in Japan: a leading plus would have to be guarded against spreadsheets."""
    return written_telephone(value) if column == "telephone" and value else _text(value)


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else plain(value)


def _uuid(word: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(word)
    except ValueError:
        return None


def _begin_of(day: date) -> datetime:
    return timezone.make_aware(datetime(day.year, day.month, day.day))  # noqa: DTZ001, made aware right here


def purge(*, now: datetime) -> int:
    """Erase the files whose time is over; the records stay. Returns how many."""
    rows = Entrustment.objects.filter(file__erased_at=None, file__created_at__lt=now - KEEP).select_related("file")
    number = 0
    for entrustment in rows:
        if entrustment.file is not None:
            files.erase(file=entrustment.file, actor="worker")
            number += 1
    return number


class Stopped(Exception):
    """Somebody in the file may not be handed over any more. The file was erased; ``people`` says how many they are."""

    def __init__(self, people: int) -> None:
        super().__init__(
            _("%(people)s人のデータは、もう渡せません。ファイルを消しました。作り直してください。") % {"people": people}
        )


def open_file(
    *, entrustment: Entrustment, actor: audit.Actor, now: datetime, order: ExportOrder | None = None
) -> EncryptedFile:
    """The file of a record, about to leave. Everybody in it is asked about once more; the look is recorded.

    Args:
        order: a second person's leave, where the file needs one.

    Raises:
        ExportError: see :func:`.exports.allow`.
        NotChosen: there is none any more.
        Stopped: a stop was set, a consent withdrawn or a contract ended since it was made.
    """
    with transaction.atomic():
        locked = Entrustment.objects.select_for_update(of=["self"]).select_related("file").get(pk=entrustment.pk)
        if locked.file is None or locked.file.erased_at:
            raise NotChosen(_("ファイルはもうありません。"))
        stopped = entrusting.refused_now(entrustment=locked, now=now)
        if stopped:
            files.erase(file=locked.file, actor=actor)
            audit.record(action="entrustment.file_stopped", actor=actor, obj=locked, detail={"people": stopped})
        else:
            exports.allow(
                kind=ExportKind.ENTRUSTMENT, obj=locked, persons=locked.allowed, actor=actor, now=now, order=order
            )
            audit.record(action="entrustment.downloaded", actor=actor, obj=locked)
    if stopped:
        raise Stopped(stopped)
    return locked.file
