"""The manager's queue, search and case page at size: server time, statements and plans.

    .venv/bin/python -m benchmarks.queue [--customers 1000000] [--requests 200000] [--rounds 40]

Makes a database of its own, fills it reproducibly, and asks each page as the manager does, without a network between.
The baseline is the search without the index, in the same database: ILIKE over the names.
"""

import argparse
import random
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

from tests.support.engines import start_engines

FAMILIES = [
    "佐藤",
    "鈴木",
    "高橋",
    "田中",
    "伊藤",
    "渡辺",
    "山本",
    "中村",
    "小林",
    "加藤",
    "吉田",
    "山田",
    "佐々木",
    "山口",
    "松本",
    "井上",
    "木村",
    "林",
    "斎藤",
    "清水",
]
KANA = [
    "サトウ",
    "スズキ",
    "タカハシ",
    "タナカ",
    "イトウ",
    "ワタナベ",
    "ヤマモト",
    "ナカムラ",
    "コバヤシ",
    "カトウ",
    "ヨシダ",
    "ヤマダ",
    "ササキ",
    "ヤマグチ",
    "マツモト",
    "イノウエ",
    "キムラ",
    "ハヤシ",
    "サイトウ",
    "シミズ",
]
GIVEN = [
    "花子",
    "和也",
    "太郎",
    "美咲",
    "翔太",
    "陽菜",
    "健一",
    "由美子",
    "大輔",
    "恵",
    "直樹",
    "さくら",
    "誠",
    "真由美",
    "拓也",
    "綾香",
]
GIVEN_KANA = [
    "ハナコ",
    "カズヤ",
    "タロウ",
    "ミサキ",
    "ショウタ",
    "ヒナ",
    "ケンイチ",
    "ユミコ",
    "ダイスケ",
    "メグミ",
    "ナオキ",
    "サクラ",
    "マコト",
    "マユミ",
    "タクヤ",
    "アヤカ",
]
# Whom every search below means: one in the whole database.
RARE = ("長谷川", "𠮷乃", "ハセガワ", "ヨシノ", "hasegawa.yoshino@rare.example", "+819087654321")
OPEN = 2_000  # requests that are not finished; a shop has no more however long it exists


def fill(customers: int, requests: int) -> None:
    """Rows straight into the tables, always the same."""
    from django.db import connection

    from requests_app.domain import receipt_numbers

    pick = random.Random(20261122)
    started = time.perf_counter()

    def person(number: int) -> tuple[str, str, str, str, str, str]:
        if number == 0:
            return RARE
        family, given = pick.randrange(len(FAMILIES)), pick.randrange(len(GIVEN))
        mail = f"{''.join(pick.choices('abcdefghijklmnopqrstuvwxyz', k=7))}{number}@post.example"
        return (
            FAMILIES[family],
            GIVEN[given],
            KANA[family],
            GIVEN_KANA[given],
            mail,
            f"+8190{pick.randrange(10**8):08d}",
        )

    def digits(value: int) -> str:
        return f"00000000-0000-4000-8000-{value:012x}"

    with connection.cursor() as cursor:
        with cursor.copy(
            "COPY consent_app_customer (id, status, family_name, given_name, family_kana, given_kana, company,"
            " postal_code, prefecture, address1, address2, telephone, email, gender, origins, originals, name_key,"
            " created_at, updated_at) FROM STDIN"
        ) as copy:
            for number in range(customers):
                family, given, family_kana, given_kana, mail, telephone = person(number)
                copy.write_row(
                    (digits(number), "active", family, given, family_kana, given_kana, "", "1000001", "東京都", "例町1",
                     "", telephone, mail, "", "{}", "{}", family + given, "2026-01-01", "2026-01-01")
                )  # fmt: skip
        written = time.perf_counter()
        statuses = ["in_review", "identity_review", "waiting", "fulfilling", "ready_to_post"]
        numbers = [receipt_numbers.generate() for _ in range(requests)]
        with cursor.copy(
            "COPY requests_app_disclosurerequest (id, receipt_number, request_type, status, channel, language, role,"
            " grounds, wants_everything, answer_method, received_at, target_on, status_changed_at, closed_at)"
            " FROM STDIN"
        ) as copy:
            for number in range(requests):
                is_open = number < OPEN
                status = pick.choice(statuses) if is_open else "closed"
                kind = pick.choice(["disclosure", "erasure", "correction", "complaint"])
                day = f"2026-{pick.randrange(1, 12):02d}-{pick.randrange(1, 28):02d}"
                copy.write_row(
                    (digits(number), numbers[number], kind, status, "portal", "ja", "person", "{}", True, "download",
                     day, day, day, None if is_open else day)
                )  # fmt: skip
        with cursor.copy(
            "COPY requests_app_party (id, request_id, kind, family_name, given_name, family_kana, given_kana, email,"
            " telephone, postal_code, prefecture, address1, address2, registered_postal_code, registered_address,"
            " customer_number, order_number) FROM STDIN"
        ) as copy:
            for number in range(requests):
                family, given, family_kana, given_kana, mail, telephone = person(number)
                copy.write_row(
                    (digits(number), digits(number), "principal", family, given, family_kana, given_kana, mail,
                     telephone, "", "", "", "", "", "", "", "")
                )  # fmt: skip
        cursor.execute("VACUUM ANALYZE")
    print(f"filled: {customers} customers in {written - started:.0f} s, all in {time.perf_counter() - started:.0f} s")


def measured(name: str, rounds: int, call: Callable[[], Any]) -> None:
    """One line: fastest, median, 95th percentile and number of statements."""
    from django.db import connection

    statements = []

    def counted(execute: Any, *arguments: Any) -> Any:
        statements.append(1)
        return execute(*arguments)

    with connection.execute_wrapper(counted):
        call()
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        call()
        times.append((time.perf_counter() - started) * 1000)
    times.sort()
    p95 = times[min(len(times) - 1, int(len(times) * 0.95))]
    print(f"| {name} | {times[0]:.0f} | {statistics.median(times):.0f} | {p95:.0f} | {len(statements)} |", flush=True)


def run(rounds: int) -> None:
    """Ask every page."""
    from django.db.models import F, Value
    from django.db.models.functions import Concat
    from django.test import Client

    from consent_app import selectors
    from consent_app.models import Customer
    from requests_app.models import DisclosureRequest, Party
    from requests_app.models.searching import found
    from tests.factories.consent import OperatorFactory, catalogue
    from tests.factories.core import StaffFactory, pass_second_factor

    OperatorFactory()
    catalogue()
    client = Client()
    pass_second_factor(client, StaffFactory())
    queue, customers = "/admin/requests_app/disclosurerequest/", "/admin/consent_app/customer/"
    case = DisclosureRequest.objects.get(pk="00000000-0000-4000-8000-000000000000")
    number = case.receipt_number

    def page(address: str) -> Any:
        response = client.get(address)
        if response.status_code != 200:
            raise SystemExit(f"{address}: {response.status_code}")
        return response

    def searched(address: str, words: str) -> Callable[[], Any]:
        target = client.post(address, {"words": words})["Location"]
        return lambda: page(target)

    print("\n| page | fastest ms | median ms | p95 ms | statements |\n|---|---|---|---|---|")
    measured("queue, all that are open", rounds, lambda: page(f"{queue}?queue=open"))
    measured("queue, one state, one kind", rounds, lambda: page(f"{queue}?queue=open&status=in_review&type=erasure"))
    measured("queue, page 40", rounds, lambda: page(f"{queue}?queue=open&p=40"))
    measured("queue, ended", max(5, rounds // 4), lambda: page(f"{queue}?queue=ended"))
    measured("case", rounds, lambda: page(f"{queue}{case.pk}/change/"))
    terms = {
        "receipt number": number,
        "part of a receipt number": number[5:9] + number[10:12]
        if any(c.isdigit() for c in number[5:9])
        else number[:9],
        "rare name": "長谷川吉乃",
        "kana": "はせがわ",
        "one character": "長",
        "part of a mail address": "hasegawa",
        "telephone": "090-8765-4321",
        "frequent family name (1 in 20)": "渡辺",
    }
    for name, words in terms.items():
        measured(f"requests: {name}", rounds, searched(queue, words))
        if "receipt" not in name:
            measured(f"customers: {name}", rounds, searched(customers, words))
    whole = Concat(F("family_name"), F("given_name"), Value(" "), F("family_kana"), F("given_kana"))
    for model in (Party, Customer):
        rows = model._default_manager.annotate(whole=whole).filter(whole__icontains="ハセガワ")
        measured(
            f"baseline: {model._meta.verbose_name_raw} by ILIKE, the query alone", 5, lambda rows=rows: list(rows.all())
        )
    for words in terms.values():
        for rows in (
            found(DisclosureRequest.objects.all(), words),
            selectors.customers_found(Customer.objects.all(), words),
        ):
            if "Seq Scan" in (plan := rows.explain()):
                print(f"sequential scan for a {len(words)} character search:\n{plan}", file=sys.stderr)


def main() -> None:
    """See the head of the module."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--customers", type=int, default=1_000_000)
    options.add_argument("--requests", type=int, default=200_000)
    options.add_argument("--rounds", type=int, default=40)
    chosen = options.parse_args()
    start_engines()
    import django

    django.setup()
    from django.test.utils import setup_databases, setup_test_environment

    setup_test_environment()
    setup_databases(verbosity=0, interactive=False)
    fill(chosen.customers, chosen.requests)
    run(chosen.rounds)


if __name__ == "__main__":
    main()
