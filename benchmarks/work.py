"""What workers do, each with a baseline in the same run and the most memory that the process held.

    .venv/bin/python -m benchmarks.work gate|sweep|audit|package|mail|import [--rows N]

Each in a process of its own, for the sake of the memory. What it writes is taken back at the end.
"""

import argparse
import csv
import hashlib
import json
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Any

from . import data, environment
from .measure import database_cpu, memory_mb, own_cpu, peak_memory_mb, row, statements, table
from .people import people


class Clock:
    """Wall and processor time of a block, in seconds."""

    wall = cpu = 0.0

    def __enter__(self) -> "Clock":
        self._start = time.perf_counter(), own_cpu() + database_cpu()
        return self

    def __exit__(self, *error: object) -> None:
        self.wall = time.perf_counter() - self._start[0]
        self.cpu = own_cpu() + database_cpu() - self._start[1]


@contextmanager
def taken_back() -> Iterator[None]:
    """Everything inside is one transaction that does not stay."""
    from django.db import transaction

    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def result(what: str, number: int, clock: Clock, base: Clock | None = None) -> None:
    """A line: how many a second, by both clocks, and what share of the baseline's speed that is."""
    shares = (f"{base.wall / clock.wall:.0%}", f"{base.cpu / clock.cpu:.0%}") if base and clock.cpu else ("", "")
    row(what, number, f"{clock.wall:.2f}", f"{clock.cpu:.2f}", f"{number / clock.wall:,.0f}", *shares)


def begin() -> None:
    table("what", "number", "s", "CPU s", "a second", "of the baseline", "of it in CPU")


def gate(rows: int) -> None:
    """May this customer's data be used for this purpose?"""
    from django.utils import timezone

    from consent_app.models import Customer, Purpose
    from consent_app.services.gate import may_use, may_use_many

    keys = list(Customer.objects.order_by("pk").values_list("pk", flat=True)[:rows])
    purpose, now = Purpose.objects.filter(active=True).values_list("code", flat=True)[0], timezone.now()
    with statements() as one:
        may_use(customer=keys[0], purpose=purpose, at=now)
    with statements() as many:
        may_use_many(customers=keys, purpose=purpose, at=now)
    begin()
    with Clock() as base:
        for key in keys[:500]:
            Customer.objects.get(pk=key)
    result("baseline: reading a customer", len(keys[:500]), base)
    with Clock() as clock:
        for key in keys[:500]:
            may_use(customer=key, purpose=purpose, at=now)
    result(f"may_use, {len(one)} statement", len(keys[:500]), clock, base)
    with Clock() as clock:
        may_use_many(customers=keys, purpose=purpose, at=now)
    result(f"may_use_many, {len(many)} statement", len(keys), clock)


def sweep(rows: int) -> None:
    """Everybody owes an answer, 500 of them for so long that a mail is due."""
    from datetime import timedelta

    from django.db import connection
    from django.utils import timezone

    from requests_app import selectors
    from requests_app.services import silence

    now, patience = timezone.now(), silence.patience()
    wanted = min(500, rows // 4)
    with taken_back(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE requests_app_disclosurerequest SET status = 'waiting', closed_at = NULL, status_changed_at = "
            "CASE WHEN id < %s::uuid THEN %s ELSE %s END",
            [data.key(wanted), now - timedelta(days=8), now - timedelta(hours=1)],
        )
        count = cursor.rowcount
        cursor.execute("DELETE FROM requests_app_message")
        cursor.execute("ANALYZE requests_app_disclosurerequest")
        begin()
        with Clock() as base:
            cursor.execute("SELECT id, status_changed_at FROM requests_app_disclosurerequest")
            old = [one for one in cursor.fetchall() if one[1] <= now - timedelta(days=7)]
        result("baseline: reading all and comparing", count, base)
        with statements() as sent, Clock() as clock:
            due = selectors.to_remind(now=now, patience=patience, limit=1000)
        result(f"finding the {len(due)} that are due, statements: {len(sent)}", count, clock, base)
        if not len(due) == len(old) == wanted:
            raise SystemExit(f"{len(due)} are due, {len(old)} are old")
        with statements() as sent, Clock() as clock:
            for key in due:
                silence.remind(request_id=key, now=now)
        result(f"reminding them: notice, timeline, mail; statements: {len(sent)}", len(due), clock)


def audit(rows: int) -> None:
    """Linking entries, and proving that none was changed."""
    from django.db import connection

    from privacy_portal.core.models import AuditEntry
    from privacy_portal.core.services import audit as service

    with taken_back(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO core_auditentry (at, action, actor, object_type, object_id, request_id, detail)"
            " SELECT now(), 'request.viewed', 'user:' || gen_random_uuid(), 'requests_app.disclosurerequest',"
            " gen_random_uuid()::text, replace(gen_random_uuid()::text, '-', ''), '{}' FROM generate_series(1, %s)",
            [rows],
        )
        begin()
        with Clock() as clock:
            service.link_pending()
        result("linking", rows, clock)
        entries = AuditEntry.objects.order_by("pk").iterator(chunk_size=2000)
        content = [service.canonical_bytes(entry) for entry in entries]
        with Clock() as base:
            digest = service.GENESIS
            for one in content:
                digest = hashlib.sha256(digest + one).digest()
        result("baseline: SHA-256 over the same bytes, in memory", len(content), base)
        del content
        with Clock() as clock:
            found = service.verify()
        if found.problem or found.head != digest:
            raise SystemExit(str(found))
        result("verifying", found.links, clock, base)


def package(rows: int) -> None:
    """The answer to somebody of whom very much is recorded."""
    from django.db import connection
    from django.utils import timezone

    from consent_app.models import Customer, CustomerRecord
    from requests_app.models import Decision, DisclosureRequest
    from requests_app.services.packages import write_package

    now, customer = timezone.now(), Customer.objects.get(pk=data.key(0))
    with taken_back(), connection.cursor() as cursor, tempfile.TemporaryFile() as target:
        cursor.execute(
            "INSERT INTO consent_app_customerrecord (id, customer_id, kind, item_id, source, external_id, occurred_at,"
            " data, created_at) SELECT gen_random_uuid(), %s, 'order', i.id, 'shop', 'many-' || n,"
            " now() - n * interval '1 hour', jsonb_build_object('number', n, 'total', 3300, 'lines',"
            " jsonb_build_array(jsonb_build_object('name', '革の手帳', 'quantity', 1))), now()"
            " FROM generate_series(1, %s) n LEFT JOIN consent_app_dataitem i ON i.code = 'order'",
            [customer.pk, rows],
        )
        request = DisclosureRequest.objects.get(pk=data.key(0))
        decision = Decision.objects.create(
            request=request, outcome="granted", article="33(2)", decided_by_id=_staff(), decided_at=now
        )
        begin()
        before = memory_mb()
        with Clock() as clock:
            write_package(target=target, request=request, decision=decision, customer=customer, now=now)
        peak = peak_memory_mb()
        with Clock() as base, tempfile.TemporaryFile("w+") as file:
            values = CustomerRecord.objects.filter(customer=customer).values("kind", "external_id", "data")
            json.dump(list(values), file, ensure_ascii=False)
        result("baseline: json.dump of the rows", rows, base)
        result("package: pages in two languages, JSON, CSV, ZIP", rows, clock, base)
        print(f"\nmemory {before:.0f} MB before, {peak:.0f} MB at most while it was written")


def _staff() -> Any:
    from privacy_portal.core.models import User

    return User.objects.filter(is_staff=True).values_list("pk", flat=True)[0]


def mail(rows: int) -> None:
    """A notice to everybody: its recipients, their mails, and handing them to a mail server that takes everything."""
    import smtplib

    from django.conf import settings
    from django.test import override_settings
    from django.utils import timezone

    from privacy_portal.core.models import OutgoingMail
    from privacy_portal.core.services import delivery

    begin()
    written = _broadcast(rows)
    OutgoingMail.objects.filter(state__in=["queued", "waiting"]).update(state="sent", sent_at=timezone.now())
    half = rows // 2

    def write(begin: int) -> None:
        """What a broadcast writes, without its rows."""
        for start in range(begin, begin + half, 2000):
            OutgoingMail.objects.bulk_create(
                OutgoingMail(template=written.template, language="ja", recipient=f"c{number}@post.example", bulk=True,
                             message_id=f"<{number}@benchmarks.example>",
                             subject=written.subject, body_text=written.body_text, body_html=written.body_html)
                for number in range(start, min(start + 2000, begin + half))
            )  # fmt: skip

    made = OutgoingMail.objects.filter(message_id__endswith="@benchmarks.example>")
    try:
        with (
            _sink() as port,
            override_settings(
                EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend", EMAIL_HOST="127.0.0.1", EMAIL_PORT=port
            ),
        ):
            write(0)
            content = delivery.as_message(made[0]).message().as_bytes(linesep="\r\n")
            with Clock() as base, smtplib.SMTP("127.0.0.1", port) as server:
                for number in range(half):
                    server.sendmail("desk@shop.example", f"c{number}@post.example", content)
            result("baseline: smtplib, the same message over one connection", half, base)
            sent = delivery.deliver_due(seconds=6000)
            memory = memory_mb()
            write(half)
            with Clock() as clock:
                sent += delivery.deliver_due(seconds=6000)
            if sent != 2 * half or made.filter(state="sent").count() != 2 * half:
                raise SystemExit(f"{sent} of {2 * half} were sent")
            result(f"delivering over {settings.MAIL_CONNECTIONS} connections", half, clock, base)
            print(f"\nmemory {memory:.0f} MB after the first half, {memory_mb():.0f} MB after the second")
    finally:
        made.delete()


def _broadcast(rows: int) -> Any:
    """Print how fast recipients and mails are made; one of the mails."""
    from datetime import timedelta

    from django.utils import timezone

    from consent_app.models import BroadcastRecipient
    from consent_app.services import broadcasts
    from privacy_portal.core.models import OutgoingMail, User
    from tests.factories.policies import published

    now, today = timezone.now(), timezone.localdate()
    with taken_back():
        published(effective_from=today - timedelta(days=100))
        policy = published(effective_from=today + timedelta(days=30), material=True)
        broadcast = broadcasts.start(policy=policy, actor=User.objects.get(pk=_staff()), now=now)
        recipients = BroadcastRecipient.objects.filter(broadcast=broadcast)
        with Clock() as clock:
            while broadcast.found_at is None:
                broadcasts.step(broadcast_id=broadcast.pk, now=now)
                broadcast.refresh_from_db()
        result("finding everybody", recipients.count(), clock)
        with Clock() as clock:
            while recipients.exclude(handled_at=None).count() < min(rows, recipients.count()):
                broadcasts.step(broadcast_id=broadcast.pk, now=now)
        mails = OutgoingMail.objects.filter(pk__in=recipients.exclude(mail=None).values("mail"))
        result("writing their mails", mails.count(), clock)
        return mails[0]


@contextmanager
def _sink() -> Iterator[int]:
    """A mail server in a process of its own that takes everything and keeps nothing; its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "aiosmtpd", "-n", "-c", "aiosmtpd.handlers.Sink", "-l", f"127.0.0.1:{port}"]
    process = subprocess.Popen(command)
    try:
        for _try in range(300):
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(30)


def importing(rows: int) -> None:
    """Customers from a file of EC-CUBE, all new; the baseline copies what came of it into an unlogged table."""
    from django.db import connection

    from consent_app.services import imports

    folder = Path(tempfile.mkdtemp())
    path = folder / "customers.csv"
    _eccube(path, rows)
    before = memory_mb()
    # Identities of this source are what the import made; nothing else in the database has it.
    try:
        with Clock() as clock:
            outcome = imports.import_file(
                source=lambda: path.open("rb"), trial=False, actor="command", on_progress=lambda job: None
            )
        peak = peak_memory_mb()
        if outcome.counts["created"] != rows:
            raise SystemExit(f"not {rows} customers: {outcome.counts}")
        with connection.cursor() as cursor:
            cursor.execute("CREATE UNLOGGED TABLE benchmarks_copy (LIKE consent_app_customer INCLUDING ALL)")
            base = _copied(cursor, folder / "rows")
        begin()
        result("baseline: COPY into an unlogged copy of the table", rows, base)
        result("import", rows, clock, base)
        print(f"\nmemory {before:.0f} MB before, {peak:.0f} MB at most")
    finally:
        path.unlink()
        _forget_import()
        folder.rmdir()


def _copied(cursor: Any, path: Path) -> Clock:
    made = "id IN (SELECT customer_id FROM consent_app_customeridentity WHERE source = 'eccube')"
    cursor.execute(
        "SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute"
        " WHERE attrelid = 'consent_app_customer'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''"
    )
    columns = cursor.fetchone()[0]
    with (
        path.open("wb") as file,
        cursor.copy(f"COPY (SELECT {columns} FROM consent_app_customer WHERE {made}) TO STDOUT") as out,
    ):
        for piece in out:
            file.write(piece)
    with Clock() as clock, path.open("rb") as file, cursor.copy(f"COPY benchmarks_copy ({columns}) FROM STDIN") as copy:
        while piece := file.read(1 << 20):
            copy.write(piece)
    path.unlink()
    return clock


def _forget_import() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS benchmarks_copy")
        cursor.execute(
            "CREATE TEMP TABLE gone AS SELECT customer_id AS id FROM consent_app_customeridentity"
            " WHERE source = 'eccube'"
        )
        for name in ("customerrecord", "consent", "customeridentity"):
            cursor.execute(f"DELETE FROM consent_app_{name} WHERE customer_id IN (SELECT id FROM gone)")
        cursor.execute("DELETE FROM consent_app_customer WHERE id IN (SELECT id FROM gone)")
        cursor.execute("DROP TABLE gone")


def _eccube(path: Path, rows: int) -> None:
    sample = Path(__file__).resolve().parent.parent / "tests" / "data" / "eccube_customers.csv"
    with sample.open(encoding="cp932", newline="") as file:
        reader = csv.reader(file)
        header, first = next(reader), next(reader)
    place = {name: number for number, name in enumerate(header)}
    with path.open("w", encoding="cp932", newline="", errors="replace") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        for number, (family, given, family_kana, given_kana, _mail, _phone) in enumerate(islice(people(7), rows)):
            line = list(first)
            mail, phone = f"imported{number}@import.example", f"080{10_000_000 + number}"
            said = {"会員ID": str(number), "お名前(姓)": family, "お名前(名)": given, "お名前(セイ)": family_kana,
                    "お名前(メイ)": given_kana, "メールアドレス": mail, "TEL": phone,
                    "会員ステータス(ID)": "2", "会員ステータス(名称)": "本会員",
                    # As many postal codes as Japan has, and no two at one address.
                    "郵便番号": f"{number % 120_000 + 5_000_000}",
                    "住所2": f"{number // 120_000 + 1}-{number}"}  # fmt: skip
            for name, value in said.items():
                line[place[name]] = value
            writer.writerow(line)


JOBS: dict[str, tuple[Callable[[int], None], int]] = {
    "gate": (gate, 10_000),
    "sweep": (sweep, 200_000),
    "audit": (audit, 100_000),
    "package": (package, 100_000),
    "mail": (mail, 40_000),
    "import": (importing, 1_000_000),
}


def main() -> None:
    """See the head of the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("job", choices=JOBS)
    parser.add_argument("--rows", type=int)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--requests", type=int, default=200_000)
    chosen = parser.parse_args()
    environment.prepare()
    data.make(chosen.customers, chosen.requests)
    print(f"{chosen.job}: {environment.machine()}")
    job, rows = JOBS[chosen.job]
    job(chosen.rows or rows)


if __name__ == "__main__":
    main()
