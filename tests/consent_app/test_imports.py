"""Imports against the real database: who is created, who is joined, and that nothing else happens."""

import csv
import functools
import io
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from consent_app import tasks
from consent_app.domain.formats import FORMATS, FileProblem
from consent_app.domain.trust import TRUST
from consent_app.models import (
    Consent,
    Customer,
    CustomerIdentity,
    CustomerRecord,
    ImportBatch,
    Recipient,
)
from consent_app.services import file_runs, gift_erasure, import_engine, import_tables, import_work, imports
from privacy_portal.core.models import AuditEntry, EncryptedFile, Job
from privacy_portal.core.services import files
from tests.factories.consent import PurposeFactory

pytestmark = pytest.mark.django_db

DATA = Path(__file__).parents[1] / "data"
SAMPLES = ("shopify_customers.csv", "eccube_customers.csv", "base_orders.csv")
COUNTED = ("created", "merged", "updated", "unchanged", "rejected", "possible_duplicates")

SHOPIFY = "Customer ID,First Name,Last Name,Email,Phone,Accepts Email Marketing,Note,Default Address Zip"
ECCUBE = (
    "会員ID,お名前(姓),お名前(名),お名前(セイ),お名前(メイ),郵便番号,住所1,メールアドレス,TEL,誕生日,"
    "会員ステータス(名称),更新日"
)


def load(content, *, trial=False, wanted=""):
    source = functools.partial(io.BytesIO, content.encode() if isinstance(content, str) else content)
    return imports.import_file(source=source, wanted=wanted, trial=trial, actor="command", on_progress=lambda job: None)


def load_sample(name, **options):
    return load((DATA / name).read_bytes(), **options)


def shopify(
    external_id="1", given="花子", family="髙橋", email="hanako@x.example", phone="", newsletter="", note="", postal=""
):
    return f"{SHOPIFY}\n{external_id},{given},{family},{email},{phone},{newsletter},{note},{postal}\n"


def eccube(
    external_id="1",
    family="高橋",
    given="花子",
    postal="",
    address="",
    email="",
    phone="",
    born="",
    status="本会員",
    updated="2026-06-01 00:00:00",
):
    return f"{ECCUBE}\n{external_id},{family},{given},,,{postal},{address},{email},{phone},{born},{status},{updated}\n"


def counts(outcome):
    return {name: count for name, count in outcome.counts.items() if count}


def fingerprint():
    """Every row of what an import writes, with the transaction that wrote it: any touch shows."""
    found = {}
    with connection.cursor() as cursor:
        for model in (Customer, CustomerIdentity, CustomerRecord, Recipient, Consent):
            cursor.execute(f"SELECT id::text, xmin::text, ctid::text, t.* FROM {model._meta.db_table} t ORDER BY 1")
            found[model] = cursor.fetchall()
    return found


class TestSampleFiles:
    """The three files overlap: 1,200 people. Six of them are kept as two, because one side has no mail address."""

    def test_counts(self):
        outcomes = [load_sample(name) for name in SAMPLES]
        assert [counts(outcome) for outcome in outcomes] == [
            {"created": 600},
            {"created": 603, "merged": 197, "rejected": 1, "possible_duplicates": 3},
            {"created": 3, "merged": 1197, "possible_duplicates": 5},
        ]
        assert [outcome.problems for outcome in outcomes] == [0, 28, 5]
        assert Customer.objects.count() == 1206
        assert CustomerIdentity.objects.count() == 600 + 800 + 1200
        assert Counter(CustomerRecord.objects.values_list("kind", flat=True)) == {
            "membership": 1400,
            "purchases": 1400,
            "newsletter": 600,
            "note": 300,
            "order": 1200,
        }
        assert Recipient.objects.count() == 173
        assert Customer.objects.filter(status="withdrawn").count() == 15

    @pytest.mark.parametrize("order", [SAMPLES, SAMPLES[::-1], (*SAMPLES[1:], SAMPLES[0])])
    def test_it_is_the_same_people_in_whatever_order(self, order):
        for name in order:
            load_sample(name)
        assert self.joined() == self.truth()

    @staticmethod
    def joined():
        """Which rows were put together: sets of (source, id)."""
        groups = defaultdict(set)
        for customer_id, source, external_id in CustomerIdentity.objects.values_list(
            "customer_id", "source", "external_id"
        ):
            groups[customer_id].add((source, external_id))
        return {frozenset(group) for group in groups.values()}

    @staticmethod
    def truth():
        """What may be joined, by a way of its own: the digits of the telephone, which each of the 1,200 has for
        themself, and whether there is a mail address, without which nobody can be joined to somebody who has one."""
        wide = str.maketrans("０１２３４５６７８９", "0123456789")
        groups = defaultdict(set)
        for name, encoding, source, key, phone, mail in (
            ("shopify_customers.csv", "utf-8", "shopify", "Customer ID", "Phone", "Email"),
            ("eccube_customers.csv", "cp932", "eccube", "会員ID", "TEL", "メールアドレス"),
            ("base_orders.csv", "utf-8-sig", "base", "注文ID", "電話番号(請求先)", "メールアドレス(請求先)"),
        ):
            with (DATA / name).open(encoding=encoding, newline="") as file:
                for row in csv.DictReader(file):
                    digits = "".join(c for c in (row[phone] or "").translate(wide) if c in "0123456789")
                    if digits:
                        groups[digits[-10:], "@" in row[mail]].add((source, row[key].lstrip("'")))
        assert len({digits for digits, _ in groups}) == 1200
        return {frozenset(group) for group in groups.values()}

    def test_a_second_import_changes_nothing(self):
        for name in SAMPLES:
            load_sample(name)
        before = fingerprint()
        outcomes = [load_sample(name) for name in SAMPLES]
        assert fingerprint() == before
        assert [counts(outcome) for outcome in outcomes] == [
            {"unchanged": 600},
            {"unchanged": 800, "rejected": 1},
            {"unchanged": 1200},
        ]

    def test_a_trial_counts_the_same_and_writes_nothing(self):
        for name in SAMPLES:
            before = fingerprint()
            trial = load_sample(name, trial=True)
            assert fingerprint() == before
            real = load_sample(name)
            assert trial.counts == real.counts
            assert trial.problems == real.problems
            assert trial.report is None or trial.report != real.report

    def test_small_chunks_come_to_the_same(self, monkeypatch):
        monkeypatch.setattr(import_work, "CHUNK", 37)
        trial = [load_sample("base_orders.csv", trial=True).counts]
        real = [load_sample(name).counts for name in reversed(SAMPLES)]
        assert trial == real[:1]
        assert self.joined() == self.truth()

    def test_every_value_knows_its_origin_and_its_original(self):
        load_sample("eccube_customers.csv")
        customer = CustomerIdentity.objects.get(source="eccube", external_id="5").customer
        assert (customer.full_name, customer.telephone, customer.postal_code) == (
            "池田　真綾",
            "+817094874207",
            "0072265",
        )
        assert customer.birth_date == date(1970, 5, 22)
        assert customer.originals == {"telephone": "(070)9487-4207", "postal_code": "００７－２２６５"}
        for item, fields in Customer.ITEM_FIELDS.items():
            if any(getattr(customer, field) for field in fields):
                assert customer.origins[item]["source"] == "eccube"
                assert customer.origins[item]["external_id"] == "5"
        impossible = CustomerIdentity.objects.get(source="eccube", external_id="4").customer
        assert impossible.birth_date is None
        assert impossible.originals["birth_date"] == "1985/13/40"

    def test_formulas_stay_text(self):
        load_sample("shopify_customers.csv")
        notes = CustomerRecord.objects.filter(kind="note", data__text__startswith="=HYPERLINK")
        assert notes.count() == 100

    def test_queries_do_not_grow_with_the_rows(self):
        """The same number of statements for a chunk of 4 and one of 600 rows."""
        content = (DATA / "shopify_customers.csv").read_bytes().decode()
        few = "".join(content.splitlines(keepends=True)[:5])
        load(few)  # so that caches are filled
        Customer.objects.all().delete()
        with CaptureQueriesContext(connection) as small:
            load(few)
        Customer.objects.all().delete()
        with CaptureQueriesContext(connection) as large:
            load(content)
        assert len(large) == len(small)


class TestWhoIsWho:
    """One row after the other."""

    def test_the_same_mail_address_in_other_letters(self):
        load(shopify(email="HANAKO@X.example"))
        assert counts(load(eccube(email="hanako@x.example"))) == {"merged": 1}
        assert Customer.objects.get().family_name == "髙橋"

    def test_name_and_telephone_where_nobody_has_an_address(self):
        load(shopify(email="", phone="'+819011112222"))
        assert counts(load(eccube(phone="０９０－１１１１－２２２２"))) == {"merged": 1}

    def test_name_and_postal_code_where_nobody_has_an_address(self):
        load(shopify(email="", postal="100-0001"))
        assert counts(load(eccube(postal="〒1000001"))) == {"merged": 1}

    def test_a_couple_with_one_mail_address_stays_two(self):
        load(shopify())
        outcome = load(eccube(given="太郎", email="hanako@x.example"))
        assert counts(outcome) == {"created": 1, "possible_duplicates": 1}
        assert [(one.line, one.code) for one in outcome.job.problems.all()] == [(2, "possible_duplicate")]
        assert Customer.objects.count() == 2

    def test_another_birthday_is_another_person(self):
        load(eccube(email="hanako@x.example", born="1985-03-04"))
        second = load(eccube("2", email="hanako@x.example", born="1986-03-04"))
        assert counts(second) == {"created": 1, "possible_duplicates": 1}

    def test_rows_of_one_chunk_are_matched_with_each_other(self):
        rows = shopify() + shopify("2", phone="'+819011112222").split("\n", 1)[1]
        assert counts(load(rows)) == {"created": 1, "merged": 1}
        assert Customer.objects.get().telephone == "+819011112222"


BASE = (
    "注文ID,注文日時,氏(請求先),名(請求先),郵便番号(請求先),都道府県(請求先),住所(請求先),電話番号(請求先),"
    "メールアドレス(請求先),商品名"
)


def order(
    external_id="A",
    at="2026/11/20 10:00",
    *,
    email="hanako@x.example",
    phone="",
    postal="",
    prefecture="",
    address="",
    product="飴",
    family="高橋",
):
    return f"{BASE}\n{external_id},{at},{family},花子,{postal},{prefecture},{address},{phone},{email},{product}\n"


class TestNobodyTakesOverARecord:
    """Name, telephone and home are no secret, and an order may be placed under anybody's. Who owns a record's mail
    address sees the record: no row of somebody else may bring one into it, in whatever order the files come."""

    VICTIM = {"phone": "09011112222", "postal": "1000001", "address": "千代田区秘町4-5-6"}
    ATTACKER = "attacker@evil.example"

    def attack(self, **changes):
        return order("X", email=self.ATTACKER, **{**self.VICTIM, **changes})

    def reached(self):
        """What the owner of the attacker's mail address could be shown."""
        return set(CustomerIdentity.objects.filter(customer__email=self.ATTACKER).values_list("source", "external_id"))

    @pytest.mark.parametrize(
        "victims",
        [
            order("V", email="victim@post.example", **VICTIM),
            order("V", email="", **VICTIM),
            eccube(email="victim@post.example", **VICTIM),
            eccube(email="", **VICTIM),
            shopify(email="", phone="'+819011112222", postal="1000001"),
        ],
    )
    @pytest.mark.parametrize("changes", [{}, {"phone": ""}, {"postal": "", "address": ""}])
    def test_by_an_order_under_the_others_name(self, victims, changes):
        for files_in_order in ([victims, self.attack(**changes)], [self.attack(**changes), victims]):
            Customer.objects.all().delete()
            first, second = (load(content) for content in files_in_order)
            assert self.reached() == {("base", "X")}
            assert (counts(first), counts(second)) == ({"created": 1}, {"created": 1, "possible_duplicates": 1})

    def test_by_a_newer_account_under_the_others_name(self):
        load(eccube("1", email="victim@post.example", **self.VICTIM))
        load(eccube("2", email=self.ATTACKER, updated="2026-11-20 00:00:00", **self.VICTIM))
        assert self.reached() == {("eccube", "2")}

    def test_in_two_steps_by_postal_code_and_then_by_mail_address(self):
        load(order("V", email="victim@post.example", **self.VICTIM))
        load(self.attack(phone="", address=""))
        load(order("Y", email=self.ATTACKER, phone="08099998888", address="那覇市攻町1-1"))
        assert self.reached() == {("base", "X"), ("base", "Y")}

    def test_by_moving_an_account_that_others_were_joined_to(self):
        """An account registered under the victim's address attracts the victim's other records; then it moves."""
        load(eccube("1", email="victim@post.example"))
        load(shopify("7", email="victim@post.example"))
        outcome = load(eccube("1", email=self.ATTACKER, updated="2026-11-20"))
        customer = Customer.objects.get()
        assert customer.email == "victim@post.example"
        assert [one.code for one in outcome.job.problems.all()] == ["kept_email"]
        assert customer.records.get(source="eccube").data["differs"] == {"email": self.ATTACKER}
        load(eccube("1", email="", updated="2026-11-21"))
        customer.refresh_from_db()
        assert customer.email == "victim@post.example"

    def test_by_moving_an_account_in_the_file_that_joins_the_other(self):
        load(eccube("1", email="victim@post.example"))
        second = eccube("2", email="victim@post.example") + eccube("1", email=self.ATTACKER).split("\n", 1)[1]
        load(second)
        assert Customer.objects.get().email == "victim@post.example"

    def test_by_giving_an_address_to_an_account_joined_by_name(self):
        load(eccube("1", **self.VICTIM))
        load(eccube("2", **self.VICTIM))
        outcome = load(eccube("2", email=self.ATTACKER, **self.VICTIM))
        assert [one.code for one in outcome.job.problems.all()] == ["kept_email"]
        assert Customer.objects.get().email == ""

    def test_an_account_alone_may_move_and_the_former_address_is_kept(self):
        load(eccube(email="old@x.example"))
        load(eccube(email="new@x.example", updated="2026-07-01"))
        customer = Customer.objects.get()
        assert (customer.email, customer.origins["email"]["external_id"]) == ("new@x.example", "1")
        load(eccube(email="new@x.example", phone="09011112222", updated="2026-08-01"))
        membership = customer.records.get(kind="membership")
        assert membership.data["differs"] == {"email": "old@x.example"}

    def test_an_order_never_moves(self):
        """Its id is an order, not a person who could have changed their address."""
        load(order(email="old@x.example"))
        outcome = load(order(email="new@x.example"))
        assert Customer.objects.get().email == "old@x.example"
        assert [one.code for one in outcome.job.problems.all()] == ["kept_email"]


class TestTrust:
    """Account exports before guest orders, whichever came first."""

    ORDERED = {"phone": "08099998888", "postal": "9000001", "prefecture": "沖縄県", "address": "那覇市1-1"}
    DIFFERS = {
        "telephone": "+818099998888",
        "postal_code": "9000001",
        "prefecture": "沖縄県",
        "address1": "那覇市1-1",
    }

    def test_every_format_is_ranked(self):
        assert set(TRUST) == set(FORMATS)

    @pytest.mark.parametrize("account", [{}, {"phone": "09011112222", "postal": "1000001", "address": "千代田区1-1"}])
    def test_an_order_neither_changes_nor_completes_an_account(self, account):
        load(eccube(email="hanako@x.example", **account))
        before = Customer.objects.values().get()
        assert counts(load(order(**self.ORDERED))) == {"merged": 1}
        assert Customer.objects.values().get() == before
        assert CustomerRecord.objects.get(kind="order").data["differs"] == self.DIFFERS

    def test_a_later_order_does_not_change_what_the_first_one_said(self):
        load(order("A", phone="09011112222", address="港区1-1"))
        before = Customer.objects.values().get()
        load(order("B", "2026/12/01 10:00", **self.ORDERED))
        assert Customer.objects.values().get() == before
        assert CustomerRecord.objects.get(external_id="B").data["differs"] == self.DIFFERS

    def test_an_account_replaces_what_an_order_said_and_that_stays_with_the_order(self):
        load(order(family="髙橋", **self.ORDERED))
        load(eccube(email="hanako@x.example", phone="09011112222", postal="1000001", address="千代田区1-1"))
        customer = Customer.objects.get()
        assert (customer.full_name, customer.telephone, customer.address1) == (
            "高橋　花子",
            "+819011112222",
            "千代田区1-1",
        )
        assert {origin["source"] for origin in customer.origins.values()} == {"eccube"}
        record = CustomerRecord.objects.get(kind="order")
        assert record.data["differs"] == self.DIFFERS
        assert record.data["number"] == "A"

    def test_an_order_still_corrects_itself(self):
        load(order(address="港区1-1"))
        load(order(address="港区1-2"))
        assert Customer.objects.get().address1 == "港区1-2"


class TestLaterFiles:
    """The same rows again, changed."""

    def test_a_changed_row_changes_what_came_from_it(self):
        load(eccube(email="old@x.example", phone="09011112222"))
        outcome = load(eccube(email="new@x.example"))
        assert counts(outcome) == {"updated": 1}
        customer = Customer.objects.get()
        assert (customer.email, customer.telephone) == ("new@x.example", "")
        assert "telephone" not in customer.origins

    def test_what_the_customer_corrected_stays(self):
        load(eccube(email="old@x.example"))
        customer = Customer.objects.get()
        customer.email = "mine@x.example"
        customer.origins["email"] = {"source": "portal", "at": timezone.now().isoformat()}
        customer.save()
        outcome = load(eccube(email="new@x.example", phone="09011112222"))
        customer.refresh_from_db()
        assert (customer.email, customer.telephone) == ("mine@x.example", "+819011112222")
        assert [one.code for one in outcome.job.problems.all()] == ["kept_correction"]
        assert "new@x.example" not in str(list(CustomerRecord.objects.values_list("data", flat=True)))

    def test_what_the_customer_had_deleted_does_not_come_back(self):
        load(eccube(email="old@x.example", phone="09011112222"))
        customer = Customer.objects.get()
        customer.telephone = ""
        customer.origins["telephone"] = {"source": "portal", "at": timezone.now().isoformat()}
        customer.save()
        load(eccube(email="old@x.example", phone="09011112222", updated="2026-07-01"))
        customer.refresh_from_db()
        assert customer.telephone == ""

    def test_another_shop_does_not_overwrite_but_what_it_says_is_kept(self):
        load(shopify(phone="'+819011112222"))
        load(eccube(email="hanako@x.example", phone="09099998888"))
        customer = Customer.objects.get()
        assert customer.telephone == "+819011112222"
        assert customer.origins["telephone"]["source"] == "shopify"
        membership = customer.records.get(source="eccube", kind="membership")
        assert membership.data["differs"] == {"telephone": "+819099998888"}

    def test_records_follow_their_row(self):
        load(shopify(note="first"))
        load(shopify(note="second"))
        note = CustomerRecord.objects.get(kind="note")
        assert note.data == {"text": "second"}
        load(shopify())
        assert not CustomerRecord.objects.filter(kind="note").exists()
        assert CustomerRecord.objects.filter(kind="membership").count() == 1

    def test_recipients_follow_their_order(self):
        header = "注文ID,注文日時,氏(請求先),名(請求先),メールアドレス(請求先),氏(配送先),名(配送先)"
        load(f"{header}\nA,2026/01/01 10:00,髙橋,花子,hanako@x.example,青木,学\n")
        load(f"{header}\nA,2026/01/01 10:00,髙橋,花子,hanako@x.example,青木,舞\n")
        assert [str(recipient) for recipient in Recipient.objects.all()] == ["青木　舞"]

    def test_an_erased_recipient_does_not_come_back_and_a_later_gift_is_new(self):
        header = "注文ID,注文日時,氏(請求先),名(請求先),メールアドレス(請求先),氏(配送先),名(配送先)"
        first = f"{header}\nA,2026/01/01 10:00,髙橋,花子,hanako@x.example,青木,学\n"
        load(first)
        key = Recipient.objects.get().pk
        given = {"reference": "r", "key": "k", "actor": "command", "now": timezone.now()}
        assert gift_erasure.erase(recipients=[key], **given) == 1
        load(first.replace("hanako@x", "hanako2@x"))
        assert not Recipient.objects.exists()
        assert CustomerRecord.objects.filter(kind="order").exists()
        later = timezone.now() + timedelta(days=1)
        load(f"{first}B,{later:%Y/%m/%d} 10:00,髙橋,花子,hanako@x.example,青木,学\n")
        assert [str(recipient) for recipient in Recipient.objects.all()] == ["青木　学"]

    def test_withdrawn_is_who_left_everywhere(self):
        load(eccube(email="hanako@x.example", status="退会"))
        assert Customer.objects.get().status == "withdrawn"
        load(shopify())
        assert Customer.objects.get().status == "active"
        load(eccube(email="hanako@x.example", status="退会", updated="2026-07-01"))
        assert Customer.objects.get().status == "active"


class TestNewsletter:
    """The carts' newsletter column is a wish; where the operator asks consent for it, it is an event."""

    def test_without_such_a_purpose_it_is_data_only(self):
        load(shopify(newsletter="yes"))
        assert CustomerRecord.objects.get(kind="newsletter").data == {"wanted": True}
        assert not Consent.objects.exists()

    def test_events_and_their_proof(self):
        purpose = PurposeFactory(code="newsletter", needs_consent=True)
        load(shopify(newsletter="yes"))
        event = Consent.objects.get()
        assert (event.purpose, event.event, event.channel) == (purpose, "given", "import")
        assert event.proof == "shopify:1 Accepts Email Marketing"
        load(shopify(newsletter="yes", note="something else"))
        assert Consent.objects.count() == 1
        load(shopify(newsletter="no"))
        assert Consent.objects.first().event == "withdrawn"
        load(shopify(newsletter=""))
        assert Consent.objects.count() == 2

    def test_what_the_person_decided_since_stays(self):
        purpose = PurposeFactory(code="newsletter", needs_consent=True)
        load(shopify(newsletter="yes"))
        Consent.objects.create(customer=Customer.objects.get(), purpose=purpose, event="withdrawn", channel="portal")
        load(shopify(newsletter="no"))
        outcome = load(shopify(newsletter="yes"))
        assert Consent.objects.count() == 2
        assert [one.code for one in outcome.job.problems.all()] == ["kept_consent"]


class TestReport:
    """Bad rows in a file that spreadsheets can open."""

    def test_lines_columns_reasons(self):
        outcome = load(f"{SHOPIFY}\n=1+1,花子,髙橋,no-address,,,,\n2,short\n3,太郎,佐藤,c@x.example,,,,\n")
        assert counts(outcome) == {"created": 2, "rejected": 1}
        content = b"".join(files.open_stream(outcome.report)).decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(content, newline="")))
        assert rows == [
            ["行", "列", "ID", "結果", "理由"],
            ["2", "Email", "'=1+1", "取り込みました", "メールアドレスとして読めません。"],
            ["3", "", "2", "取り込んでいません", "列の数が見出しと合いません（途中で切れた行など）。"],
        ]
        assert "no-address" not in content

    def test_no_problems_no_file(self):
        assert load(shopify()).report is None


class TestStepByStep:
    """Upload, look through, start, and what can go wrong on the way."""

    @pytest.fixture
    def actor(self, django_user_model):
        return django_user_model.objects.create_superuser("manager@shop.example", "x")

    def uploaded(self, actor, content=None):
        return imports.upload(content=io.BytesIO((content or shopify()).encode()), actor=actor)

    def ready(self, actor, content=None):
        batch = self.uploaded(actor, content)
        imports.try_out(batch=batch, now=timezone.now())
        batch.refresh_from_db()
        return ImportBatch.objects.select_related("trial", "upload").get(pk=batch.pk)

    def started(self, actor, content=None):
        batch = self.ready(actor, content)
        file_runs.start(run=batch, actor=actor)
        return ImportBatch.objects.select_related("job__started_by", "upload").get(pk=batch.pk)

    def test_the_whole_way(self, actor):
        batch = self.ready(actor)
        assert (batch.format, batch.encoding, batch.records) == ("shopify", "utf-8", 1)
        assert batch.trial.result["created"] == 1
        assert not Customer.objects.exists()
        assert [row.person.given_name for row in imports.preview(batch=batch, actor=actor)] == ["花子"]
        file_runs.start(run=batch, actor=actor)
        imports.run(batch=ImportBatch.objects.get(pk=batch.pk))
        batch.refresh_from_db()
        assert batch.job.state == Job.State.DONE
        assert batch.job.result["created"] == batch.counts["created"] == Customer.objects.count() == 1
        assert EncryptedFile.objects.get(pk=batch.upload_id).erased_at
        actions = list(AuditEntry.objects.order_by("id").values_list("action", "actor"))
        user = f"user:{actor.pk}"
        assert actions == [
            ("customers.import_uploaded", user),
            ("customers.import_previewed", user),
            ("customers.import_started", user),
            ("customers.imported", user),
            ("file.erased", user),
        ]
        assert AuditEntry.objects.get(action="customers.imported").detail["created"] == 1

    def test_the_tasks_take_keys_and_may_come_twice(self, actor):
        batch = self.uploaded(actor)
        for _ in range(2):
            tasks.try_import(str(batch.pk))
        file_runs.start(run=batch, actor=actor)
        for _ in range(2):
            tasks.import_customers(str(batch.pk))
        tasks.sweep_imports()
        assert Customer.objects.count() == 1
        assert AuditEntry.objects.filter(action="customers.imported").count() == 1
        unknown = "00000000-0000-0000-0000-000000000000"
        tasks.try_import(unknown)
        tasks.import_customers(unknown)

    def test_a_trial_that_runs_is_left_alone_and_a_silent_one_begins_anew(self, actor):
        batch = self.uploaded(actor)
        Job.objects.filter(pk=batch.trial_id).update(state=Job.State.RUNNING, done=1)
        for minutes, done in ((0, 1), (11, 1)):
            now = timezone.now() + timedelta(minutes=minutes)
            imports.try_out(batch=ImportBatch.objects.get(pk=batch.pk), now=now)
            job = Job.objects.get(pk=batch.trial_id)
            assert (job.state, job.done) == (Job.State.DONE if minutes else Job.State.RUNNING, done)
        assert job.result["created"] == 1

    def test_no_file_of_ours(self, actor):
        with pytest.raises(FileProblem):
            self.uploaded(actor, "a,b\n1,2\n")
        assert not ImportBatch.objects.exists()
        assert not EncryptedFile.objects.filter(erased_at=None).exists()

    def test_nothing_starts_twice_or_too_early(self, actor):
        batch = self.uploaded(actor)
        with pytest.raises(file_runs.NotReady):
            file_runs.start(run=batch, actor=actor)
        batch = self.started(actor)
        with pytest.raises(file_runs.NotReady):
            file_runs.start(run=batch, actor=actor)
        with pytest.raises(file_runs.NotReady):
            file_runs.give_up(run=batch, actor=actor)
        imports.run(batch=batch)
        before = fingerprint()
        imports.run(batch=batch)
        assert fingerprint() == before

    def test_given_up_uploads_are_erased(self, actor):
        batch = self.ready(actor)
        file_runs.give_up(run=batch, actor=actor)
        assert EncryptedFile.objects.get(pk=batch.upload_id).erased_at
        with pytest.raises(file_runs.NotReady):
            file_runs.start(run=batch, actor=actor)
        with pytest.raises(file_runs.NotReady):
            imports.preview(batch=ImportBatch.objects.get(pk=batch.pk), actor=actor)

    def test_uploads_that_nobody_starts_are_given_up(self, actor):
        batch = self.ready(actor)
        now = timezone.now()
        assert file_runs.give_up_old(ImportBatch, now=now) == 0
        assert file_runs.give_up_old(ImportBatch, now=now + timedelta(days=8)) == 1
        batch.refresh_from_db()
        assert batch.given_up_at

    def test_a_lost_worker_costs_nothing(self, actor, monkeypatch):
        content = (DATA / "eccube_customers.csv").read_bytes().decode("cp932")
        monkeypatch.setattr(import_work, "CHUNK", 100)
        batch = self.started(actor, content)
        applied = import_engine.Engine.apply
        calls = []

        def dies(engine, rows):
            calls.append(len(rows))
            if len(calls) == 4:
                raise OperationalError
            return applied(engine, rows)

        monkeypatch.setattr(import_engine.Engine, "apply", dies)
        with pytest.raises(OperationalError):
            imports.run(batch=batch)
        batch = ImportBatch.objects.select_related("job").get(pk=batch.pk)
        assert (batch.job.state, batch.job.done) == (Job.State.RUNNING, 300)
        assert Customer.objects.count() == 300
        monkeypatch.setattr(import_engine.Engine, "apply", applied)
        imports.run(batch=batch)
        batch = ImportBatch.objects.select_related("job", "report").get(pk=batch.pk)
        assert batch.job.state == Job.State.DONE
        assert (batch.counts["created"], batch.counts["rejected"], batch.job.problem_count) == (800, 1, 25)
        lines = b"".join(files.open_stream(batch.report)).decode("utf-8-sig").splitlines()
        assert len(lines) == 26

    @pytest.mark.django_db(transaction=True)
    def test_a_database_that_goes_away_among_the_rows_costs_nothing(self, actor, monkeypatch):
        content = (DATA / "eccube_customers.csv").read_bytes().decode("cp932")
        monkeypatch.setattr(import_work, "CHUNK", 100)
        batch = self.started(actor, content)
        columns = import_tables.CustomerState.columns
        made = []

        def cut_off(state, now):
            made.append(state.id)
            if len(made) == 350:  # in the middle of the fourth COPY
                other = connection.copy()
                with other.cursor() as cursor:
                    cursor.execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])
                other.close()
            return columns(state, now)

        monkeypatch.setattr(import_tables.CustomerState, "columns", cut_off)
        with pytest.raises(OperationalError):
            imports.run(batch=batch)
        connection.close()
        job = ImportBatch.objects.select_related("job").get(pk=batch.pk).job
        assert (job.state, job.done) == (Job.State.RUNNING, 300)
        assert Customer.objects.count() == CustomerIdentity.objects.count() == 300
        imports.run(batch=ImportBatch.objects.select_related("job").get(pk=batch.pk))
        batch = ImportBatch.objects.select_related("job", "report").get(pk=batch.pk)
        assert (batch.job.state, batch.counts["created"], Customer.objects.count()) == (Job.State.DONE, 800, 800)

    def test_two_workers_do_not_count_twice(self, actor, monkeypatch):
        content = (DATA / "shopify_customers.csv").read_bytes().decode()
        monkeypatch.setattr(import_work, "CHUNK", 100)
        batch = self.started(actor, content)
        other = ImportBatch.objects.select_related("job__started_by", "upload").get(pk=batch.pk)
        applied = import_engine.Engine.apply
        calls = []

        def overtaken(engine, rows):
            calls.append(len(rows))
            if len(calls) == 2:
                imports.run(batch=other)
            return applied(engine, rows)

        monkeypatch.setattr(import_engine.Engine, "apply", overtaken)
        imports.run(batch=batch)
        job = Job.objects.get(pk=batch.job_id)
        assert (job.state, job.done, job.result["created"]) == (Job.State.DONE, 600, 600)
        assert Customer.objects.count() == 600

    def test_a_mistake_of_ours_is_told_by_the_job(self, actor, monkeypatch):
        batch = self.started(actor)

        def breaks(engine, rows):
            raise ZeroDivisionError("hanako@x.example")

        monkeypatch.setattr(import_engine.Engine, "apply", breaks)
        with pytest.raises(ZeroDivisionError):
            imports.run(batch=batch)
        job = Job.objects.get(pk=batch.job_id)
        assert (job.state, job.error) == (Job.State.FAILED, "ZeroDivisionError")

    def test_lost_nudges_are_repeated(self, actor, monkeypatch, django_capture_on_commit_callbacks):
        batch = self.uploaded(actor)
        nudged = []
        monkeypatch.setattr(file_runs, "nudge", lambda task, pk: nudged.append((task, pk)))
        assert file_runs.renudge(ImportBatch, now=timezone.now()) == 0
        later = timezone.now() + timedelta(minutes=2)
        assert file_runs.renudge(ImportBatch, now=later) == 1
        assert nudged == [("consent.try_import", batch.pk)]
        Job.objects.update(state=Job.State.RUNNING)
        assert file_runs.renudge(ImportBatch, now=later) == 0
        assert file_runs.renudge(ImportBatch, now=later + timedelta(minutes=10)) == 1
        file_runs.give_up(run=batch, actor=actor)
        assert file_runs.renudge(ImportBatch, now=later + timedelta(minutes=10)) == 0


def test_the_moment_of_an_import_is_one(monkeypatch):
    load(shopify())
    customer = Customer.objects.get()
    assert datetime.fromisoformat(customer.origins["name"]["at"]) == customer.created_at == customer.updated_at
    assert customer.created_at.tzinfo is UTC


def test_a_worker_knows_the_tasks():
    from privacy_portal.celery import app

    app.loader.import_default_modules()
    scheduled = {str(entry["task"]) for entry in app.conf.beat_schedule.values() if "consent" in str(entry["task"])}
    assert {"consent.sweep_imports", "consent.sweep_broadcasts"} <= scheduled
    assert {ImportBatch.TRY_TASK, ImportBatch.RUN_TASK, *scheduled} <= set(app.tasks)
