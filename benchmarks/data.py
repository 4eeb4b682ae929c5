"""The database of the benchmarks: customers, their records and requests, always the same.

    .venv/bin/python -m benchmarks.data [--customers 1000000] [--requests 200000]
    .venv/bin/python -m benchmarks.data --drop 1

Kept between runs. Called again with the same numbers it does nothing; with others it makes everything anew. Rows go in
by COPY while the indexes are away; identities of the source, accounts, records and timelines are made from them by the
database.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from itertools import islice

from . import environment
from .people import people

PROFILE = "rokusho"
STAFF = "manager@benchmarks.example"
SOURCE = "shop"
OPEN = 2_000  # requests that are not finished; a shop has no more however long it exists
WITH_RECORDS = 50_000  # customers with five orders each
WITH_ACCOUNT = 50_000
WITH_MESSAGE = 20_000  # requests, of which every hundredth has one that nobody has read
VERSION = 2  # of what stands here; another one makes the rows anew
TABLES = (
    "consent_app_customer",
    "consent_app_customeridentity",
    "consent_app_customerrecord",
    "requests_app_disclosurerequest",
    "requests_app_party",
    "requests_app_requestevent",
    "requests_app_identitycheck",
    "requests_app_message",
)


def key(number: int) -> str:
    """The key of the row with this number, of customers and requests alike."""
    return f"00000000-0000-4000-8000-{number:012x}"


def make(customers: int, requests: int) -> None:
    """Fill the database, unless it holds just that."""
    from django.db import connection

    wanted = f"version {VERSION}, {customers} customers, {requests} requests"
    if held() == wanted:
        return
    print(f"making {wanted}", flush=True)
    environment.renew()
    fill(customers, requests)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        cursor.execute(f"COMMENT ON DATABASE {environment.DATABASE} IS '{wanted}'")


def held() -> str:
    """What the database says that it holds; empty before it was filled to the end."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()"
        )
        return cursor.fetchone()[0] or ""


def fill(customers: int, requests: int) -> None:
    """Write the rows into empty tables; prints what took how long."""
    from django.core.cache import cache
    from django.core.management import call_command
    from django.db import connection

    from privacy_portal.core.models import User

    cache.clear()
    call_command("load_profile", PROFILE, stdout=_Nowhere())
    User.objects.create_superuser(STAFF)
    with connection.cursor() as cursor, _without_indexes(cursor):
        with _timed(f"{customers} customers"):
            _customers(cursor, customers)
        with _timed("accounts, identities of the source, records"):
            _around_customers(cursor)
        with _timed(f"{requests} requests with parties"):
            _requests(cursor, requests)
        with _timed("timelines, checks and messages"):
            _around_requests(cursor)
            _messages()
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(TABLES)}")


def _customers(cursor, count: int) -> None:
    with cursor.copy(
        "COPY consent_app_customer (id, status, family_name, given_name, family_kana, given_kana, company,"
        " postal_code, prefecture, address1, address2, telephone, email, gender, origins, originals, name_key,"
        " created_at, updated_at) FROM STDIN"
    ) as copy:
        origins = '{"name": {"source": "shop", "at": "2026-01-01T00:00:00+09:00"}}'
        for number, (family, given, family_kana, given_kana, mail, telephone) in enumerate(
            islice(people(20261122), count)
        ):
            day = f"{date(2020, 1, 1) + timedelta(days=number % 2000)}"
            copy.write_row(
                (key(number), "active", family, given, family_kana, given_kana, "", f"{1000001 + number % 5000}",
                 "東京都", f"千代田区例町{number % 97 + 1}-{number % 13 + 1}", "", telephone, mail, "", origins, "{}",
                 family + given, day, day)
            )  # fmt: skip


def _around_customers(cursor) -> None:
    first = "id < %s::uuid"
    cursor.execute(
        "INSERT INTO consent_app_customeridentity (customer_id, source, external_id, digest, seen_at)"
        " SELECT id, %s, ('x' || right(id::text, 12))::bit(48)::bigint::text, sha256(id::text::bytea), created_at"
        " FROM consent_app_customer",
        [SOURCE],
    )
    cursor.execute(
        "INSERT INTO core_user (id, password, is_superuser, email, display_name, language, is_staff, is_active,"
        " created_at) SELECT id, '!', false, email, '', 'ja', false, true, created_at"
        f" FROM consent_app_customer WHERE {first}",
        [key(WITH_ACCOUNT)],
    )
    cursor.execute(f"UPDATE consent_app_customer SET user_id = id WHERE {first}", [key(WITH_ACCOUNT)])
    cursor.execute(
        "INSERT INTO consent_app_customerrecord (id, customer_id, kind, item_id, source, external_id, occurred_at,"
        " data, created_at) SELECT gen_random_uuid(), c.id, 'order', i.id, %s, right(c.id::text, 12) || '-' || n,"
        " c.created_at + n * interval '40 days', jsonb_build_object('number', n, 'total', 3300 * n, 'lines',"
        " jsonb_build_array(jsonb_build_object('name', '革の手帳', 'quantity', n))), c.created_at"
        " FROM consent_app_customer c CROSS JOIN generate_series(1, 5) n"
        " LEFT JOIN consent_app_dataitem i ON i.code = 'order' WHERE c.id < %s::uuid",
        [SOURCE, key(WITH_RECORDS)],
    )


def _requests(cursor, count: int) -> None:
    import random

    from requests_app.domain import receipt_numbers

    pick = random.Random(4)
    statuses = ["in_review", "identity_review", "waiting", "fulfilling", "ready_to_post"]
    kinds = ["disclosure", "erasure", "correction", "stop_use", "complaint"]
    with cursor.copy(
        "COPY requests_app_disclosurerequest (id, receipt_number, request_type, status, channel, language, role,"
        " grounds, wants_everything, answer_method, received_at, target_on, status_changed_at, closed_at, customer_id,"
        " applicant_id) FROM STDIN"
    ) as copy:
        for number in range(count):
            is_open = number < OPEN
            day = date(2026, 10, 1) + timedelta(days=number % 50) if is_open else _past(number)
            linked = key(number) if is_open and number < WITH_ACCOUNT else None
            # The same numbers in every database: drawn from a seed, with the check character that belongs to them.
            receipt = _receipt(pick, receipt_numbers)
            copy.write_row(
                (key(number), receipt, pick.choice(kinds), pick.choice(statuses) if is_open else "closed", "portal",
                 "ja", "person", "{}", True, "download", day, day + timedelta(days=21), day,
                 None if is_open else day + timedelta(days=14), linked, linked)
            )  # fmt: skip
    with cursor.copy(
        "COPY requests_app_party (id, request_id, kind, family_name, given_name, family_kana, given_kana, email,"
        " telephone, postal_code, prefecture, address1, address2, registered_postal_code, registered_address,"
        " customer_number, order_number) FROM STDIN"
    ) as copy:
        for number, (family, given, family_kana, given_kana, mail, telephone) in enumerate(
            islice(people(20261122), count)
        ):
            copy.write_row(
                (key(number), key(number), "principal", family, given, family_kana, given_kana, mail, telephone,
                 f"{1000001 + number % 5000}", "東京都", f"千代田区例町{number % 97 + 1}-{number % 13 + 1}", "", "", "",
                 "", "")
            )  # fmt: skip


def _past(number: int) -> date:
    return date(2021, 1, 1) + timedelta(days=number % 2000)


def _receipt(pick, receipt_numbers) -> str:
    body = "".join(pick.choices(receipt_numbers.ALPHABET, k=11))
    return receipt_numbers.parse(body + receipt_numbers.check_character(body))


def _around_requests(cursor) -> None:
    for kind, after in (("received", "0"), ("identity_passed", "1 hour"), ("closed", "14 days")):
        cursor.execute(
            "INSERT INTO requests_app_requestevent (request_id, kind, from_status, to_status, actor_kind, public, data,"
            " at) SELECT id, %s, '', '', 'worker', true, '{}', received_at + %s::interval"
            " FROM requests_app_disclosurerequest WHERE %s <> 'closed' OR status = 'closed'",
            [kind, after, kind],
        )
    cursor.execute(
        "INSERT INTO requests_app_identitycheck (id, request_id, level, method, state, findings, customer_id, note,"
        " created_at, finished_at) SELECT gen_random_uuid(), id, 1, 'email_code', 'passed', '{}', customer_id, '',"
        " received_at, received_at FROM requests_app_disclosurerequest"
    )


def _messages() -> None:
    """Encrypted like any other, therefore not by the database."""
    from datetime import UTC, datetime

    from requests_app.models import DisclosureRequest, Message

    now = datetime(2026, 11, 20, tzinfo=UTC)
    requests = DisclosureRequest.objects.filter(pk__lt=key(WITH_MESSAGE)).order_by("pk").values_list("pk", flat=True)
    Message.objects.bulk_create(
        (
            Message(request_id=request, from_person=True, body="よろしくお願いします。", sent_at=now,
                    read_at=None if number % 100 == 0 else now)
            for number, request in enumerate(requests)
        ),
        batch_size=2000,
    )  # fmt: skip


@contextmanager
def _without_indexes(cursor) -> Iterator[None]:
    """Take away the indexes that no constraint needs, and make them anew at the end: much faster than row by row."""
    cursor.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema() AND tablename = ANY(%s)"
        " AND indexname NOT IN (SELECT conname FROM pg_constraint) AND indexdef NOT LIKE 'CREATE UNIQUE%%'",
        [list(TABLES)],
    )
    indexes = cursor.fetchall()
    for name, _definition in indexes:
        cursor.execute(f'DROP INDEX "{name}"')
    yield
    # What a transaction of its own would have settled by now: an index cannot be made while triggers wait.
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with _timed(f"{len(indexes)} indexes"):
        cursor.execute("SET maintenance_work_mem = '512MB'")
        for _name, definition in indexes:
            cursor.execute(definition)
        cursor.execute("RESET maintenance_work_mem")
    cursor.execute("SET CONSTRAINTS ALL DEFERRED")


@contextmanager
def _timed(what: str) -> Iterator[None]:
    started = time.perf_counter()
    yield
    print(f"{what}: {time.perf_counter() - started:.0f} s", flush=True)


class _Nowhere:
    def write(self, text: str) -> None:
        """Say nothing."""


def main() -> None:
    """See the head of the module."""
    chosen = environment.arguments(__doc__, customers=1_000_000, requests=200_000, drop=0)
    environment.prepare()
    if chosen.drop:
        environment.drop()
        return
    started = time.perf_counter()
    make(chosen.customers, chosen.requests)
    print(
        f"there are {chosen.customers} customers and {chosen.requests} requests, {time.perf_counter() - started:.0f} s"
    )


if __name__ == "__main__":
    main()
