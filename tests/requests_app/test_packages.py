"""The package of what is held about a person."""

import csv
import io
import json
import zipfile
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from consent_app.models import ConsentAgent, Customer, DataItem, Purpose
from consent_app.services import collection, suspensions, wordings
from consent_app.services.customer_changes import change_customer
from requests_app.connectors.found import found_data, held_items
from requests_app.models import Decision, DisclosureRequest
from requests_app.services.packages import write_package
from tests.factories.collection import CollectionPointFactory
from tests.factories.consent import (
    ConsentFactory,
    CustomerFactory,
    OperatorFactory,
    OrderFactory,
    ProvisionFactory,
    PurposeFactory,
    RecipientFactory,
    SelfDisclosureFactory,
    SubcontractorFactory,
    catalogue,
)
from tests.factories.off_purpose import use_beyond
from tests.factories.requests import PersonFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 1, 2, 3, tzinfo=UTC)


class Unseekable(io.BytesIO):
    """Like the writer of an encrypted file: what is written cannot be taken back."""

    def seekable(self) -> bool:
        return False

    def seek(self, *args: Any) -> int:
        raise io.UnsupportedOperation


def make_case(**changes: Any) -> tuple[DisclosureRequest, Decision, Customer]:
    OperatorFactory()
    items = catalogue()
    customer = CustomerFactory()
    order = OrderFactory(customer=customer, item=items["order"])
    RecipientFactory(record=order)
    purpose = PurposeFactory(items=[items["name"], items["email"]])
    PurposeFactory(text_ja="関係のない目的", items=[])
    SubcontractorFactory(items=[items["name"], items["address"], items["order"]])
    ConsentFactory(customer=customer, purpose=purpose)
    ProvisionFactory(customer=customer, items=[items["name"]])
    request = DisclosureRequest.objects.create(
        receipt_number="RK7D8P2M4X",
        request_type="disclosure",
        target_on=date(2026, 12, 4),
        customer=customer,
        **changes,
    )
    decision = Decision.objects.create(request=request, outcome="granted", article="33(2)")
    return request, decision, customer


def package(request: DisclosureRequest, decision: Decision, customer: Customer) -> dict[str, str]:
    target = Unseekable()
    with transaction.atomic():
        write_package(target=target, request=request, decision=decision, customer=customer, now=NOW)
    with zipfile.ZipFile(io.BytesIO(target.getvalue())) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name).decode("utf-8-sig") for name in archive.namelist()}


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_package_holds_everything_in_three_forms() -> None:
    members = package(*make_case())
    assert set(members) == {
        "index.ja.html",
        "index.en.html",
        "data.json",
        *(
            f"csv/{name}.csv"
            for name in (
                *("registered", "records", "changes", "purposes", "consents", "subcontractors"),
                *("provisions", "received"),
            )
        ),
        *(f"csv/{name}.csv" for name in ("off_purpose_uses", "stops")),
    }
    data = json.loads(members["data.json"])
    registered = {row["field"]: row for row in data["registered"]}
    assert registered["family_name"]["value"] == "髙橋"
    assert registered["telephone"]["as_received"] == "０９０－１２３４－５６７８"
    assert registered["birth_date"]["source"] == "eccube"
    assert data["records"][0]["data"]["total"] == "31860"
    assert data["records"][0]["recipients"][0]["family_name"] == "贈田"
    assert [row["name"]["ja"] for row in data["subcontractors"]] == ["例の運送"]
    assert data["provisions"][0]["recipient"] == "例の百貨店"
    assert data["consents"][0]["event"] == "given"
    assert [row["items"] for row in data["purposes"]] == [["name", "email"]]
    for text in ("髙橋", "サングラス", "例の運送", "例の百貨店", "贈田", "０９０－１２３４－５６７８"):
        assert text in members["index.ja.html"], text
    for text in ("髙橋", "サングラス", "Example Delivery", "例の百貨店", "贈田", "Telephone number"):
        assert text in members["index.en.html"], text
    assert "関係のない目的" not in members["index.ja.html"]
    assert {row["field"] for row in rows(members["csv/registered.csv"])} == set(registered)


def test_withheld_items_are_left_out_and_named() -> None:
    request, decision, customer = make_case()
    decision.withheld_items.set([catalogue()["order"], catalogue()["birth_date"]])
    members = package(request, decision, customer)
    everything = "".join(members.values())
    assert "サングラス" not in everything
    assert "1985-04-03" not in everything
    data = json.loads(members["data.json"])
    assert sorted(data["withheld_items"]) == ["birth_date", "order"]
    assert data["records"] == []
    assert "開示していない項目" in members["index.ja.html"]


def test_only_what_was_asked_for() -> None:
    request, decision, customer = make_case(wants_everything=False)
    request.wanted_items.set([catalogue()["telephone"]])
    data = json.loads(package(request, decision, customer)["data.json"])
    assert [row["field"] for row in data["registered"]] == ["telephone"]
    assert data["records"] == []


def test_the_history_of_changes_is_in_all_three_forms() -> None:
    request, decision, customer = make_case()
    change_customer(
        customer=customer,
        values={"address": {"address1": "港区例町1-1"}, "company": {"company": "例社"}},
        actor=PersonFactory(),
        channel="self",
        reason="内緒の理由",
        now=NOW,
    )
    members = package(request, decision, customer)
    page, data = members["index.ja.html"], json.loads(members["data.json"])
    assert "〒100-0001 東京都港区例町1-1 例マンション101" in page
    assert "本人がポータルで変更" in page
    assert [row["item"] for row in data["changes"]] in (["address", "company"], ["company", "address"])
    (address,) = [row for row in data["changes"] if row["item"] == "address"]
    assert (address["before"]["address1"], address["after"]["address1"]) == ("千代田区例町4-5-6", "港区例町1-1")
    assert any("千代田区例町4-5-6" in row["before"] for row in rows(members["csv/changes.csv"]))
    assert not any("内緒" in text for text in members.values())


def test_the_history_of_a_withheld_item_is_withheld_even_where_nothing_is_registered_any_more() -> None:
    request, decision, customer = make_case()
    values = {"telephone": {"telephone": ""}}
    change_customer(customer=customer, values=values, actor=PersonFactory(), channel="self", now=NOW)
    assert "telephone" in held_items(customer)
    decision.withheld_items.add(DataItem.objects.get(code="telephone"))
    members = package(request, decision, customer)
    assert not any("090-1234-5678" in text or "9012345678" in text for text in members.values())


def test_free_text_alone_does_not_narrow() -> None:
    request, decision, customer = make_case(wants_everything=False, wanted_note="電話の記録")
    data = json.loads(package(request, decision, customer)["data.json"])
    assert {row["item"] for row in data["registered"]} >= {"name", "address", "email"}


def test_a_record_whose_keys_are_words_of_the_template_language() -> None:
    request, decision, customer = make_case()
    keys = {"items": [{"product": "メガネケース", "keys": "値"}], "values": {"price": "800"}, "wanted": True}
    OrderFactory(customer=customer, item=catalogue()["order"], data=keys)
    members = package(request, decision, customer)
    assert "メガネケース" in members["index.ja.html"]
    assert "商品名" in members["index.ja.html"]
    assert "はい" in members["index.ja.html"]


def test_formulas_are_text_in_csv_and_markup_is_text_in_html() -> None:
    request, decision, customer = make_case()
    OrderFactory(customer=customer, item=catalogue()["order"], external_id='=HYPERLINK("x")', data={"<b>": "<script>"})
    members = package(request, decision, customer)
    assert '=HYPERLINK("x")' not in [row["source_id"] for row in rows(members["csv/records.csv"])]
    assert "<script>" not in members["index.ja.html"]
    assert "&lt;script&gt;" in members["index.ja.html"]


def test_another_customers_data_is_not_in_it() -> None:
    request, decision, customer = make_case()
    other = CustomerFactory(family_name="別人", email="other@post.example")
    OrderFactory(customer=other, data={"商品": "別人の品"})
    everything = "".join(package(request, decision, customer).values())
    assert "別人" not in everything
    assert "other@post.example" not in everything


def test_somebody_of_whom_hardly_anything_is_held() -> None:
    request, decision, _ = make_case()
    bare = Customer.objects.create()
    members = package(request, decision, bare)
    assert json.loads(members["data.json"])["registered"] == []
    assert "ありません。" in members["index.ja.html"]


def test_found_data_shows_values_with_origin_in_four_queries(django_assert_num_queries: Any) -> None:
    *_, customer = make_case()
    customer = Customer.objects.get(pk=customer.pk)
    with django_assert_num_queries(4):
        found = found_data(customer)
    assert not found.is_empty
    assert found.record_counts == {"order": 1}
    assert [item.code for item in found.items] == [
        "name", "kana", "address", "telephone", "email", "gender", "birth_date",
    ]  # fmt: skip
    assert found_data(Customer.objects.create()).is_empty


def test_what_the_person_made_public_is_named_as_such() -> None:
    request, decision, customer = make_case()
    telephone = DataItem.objects.get(code="telephone")
    SelfDisclosureFactory(customer=customer, item=telephone, place="自分の店のサイト")
    SelfDisclosureFactory(item=None, record=customer.records.get(), place="商品のレビュー")
    members = package(request, decision, customer)
    data = json.loads(members["data.json"])
    assert {fact["item"]: fact["published_by_you"] for fact in data["registered"]}["telephone"] == "自分の店のサイト"
    assert {fact["published_by_you"] for fact in data["registered"]} == {None, "自分の店のサイト"}
    assert [record["published_by_you"] for record in data["records"]] == ["商品のレビュー"]
    assert [row["published_by_you"] for row in rows(members["csv/records.csv"])] == ["商品のレビュー"]
    marked = [row["item"] for row in rows(members["csv/registered.csv"]) if row["published_by_you"]]
    assert marked == ["telephone"]
    for place in ("自分の店のサイト", "商品のレビュー"):
        assert f"ご自身で公開されたもの（{place}）" in members["index.ja.html"]
        assert f"You made this public yourself ({place})" in members["index.en.html"]


def test_uses_beyond_the_purposes_and_stops() -> None:
    request, decision, customer = make_case()
    telephone, name = DataItem.objects.get(code="telephone"), DataItem.objects.get(code="name")
    use_beyond(customer, items=[telephone, name])
    use_beyond(customer, aim_ja="捜査への協力", ground="18(3)iv", tellable=False)
    use_beyond(CustomerFactory(), aim_ja="ほかの人のこと")
    suspensions.suspend(customer=customer, kind="use", actor="command", ground="35(5)", now=NOW)
    decision.withheld_items.set([telephone])
    members = package(request, decision, customer)
    content = json.loads(members["data.json"])
    assert [(row["aim"]["ja"], row["items"]) for row in content["off_purpose_uses"]] == [("事故の連絡のため", ["name"])]
    stop = content["stops"][0]
    assert (stop["kind"], stop["purpose"], stop["ended_at"], stop["ground"]) == ("use", None, None, "35(5)")
    page = str(members["index.ja.html"])
    assert "人の生命、身体、財産を守るため" in page
    assert "いまも続いています" in page
    assert "連絡がつかない" not in page
    for body in members.values():
        assert "捜査への協力" not in str(body)
        assert "ほかの人のこと" not in str(body)


def test_stops_are_not_for_those_who_asked_for_single_items() -> None:
    request, decision, customer = make_case(wants_everything=False)
    request.wanted_items.set([DataItem.objects.get(code="email")])
    use_beyond(customer)
    suspensions.suspend(customer=customer, kind="use", actor="command", ground="35(5)", now=NOW)
    content = json.loads(package(request, decision, customer)["data.json"])
    assert (content["off_purpose_uses"], content["stops"]) == ([], [])


def test_consents_with_what_was_shown_where_and_who_spoke() -> None:
    request, decision, customer = make_case()
    purpose = Purpose.objects.get(consents__customer=customer)
    point = CollectionPointFactory(purposes=[purpose])
    collected = collection.start(point=point, actor="command", now=NOW - timedelta(days=3))
    version = wordings.keep_version(purpose=purpose, now=NOW - timedelta(days=4))
    consent = ConsentFactory(
        customer=customer,
        purpose=purpose,
        channel="letter",
        proof="綴り 12番",
        purpose_version=version,
        collection_wording=collected,
        at=NOW - timedelta(days=1),
        valid_until=NOW + timedelta(days=365),
    )
    ConsentAgent.objects.create(
        consent=consent, relation="parent", name="代理 太郎", evidence="family_register", checked_on=date(2026, 11, 1)
    )
    members = package(request, decision, customer)
    bare, full = sorted(json.loads(members["data.json"])["consents"], key=lambda row: row["wording_version"] or 0)
    keys = ("wording_version", "collection_point", "collection_version", "acted_for_by")
    assert [bare[key] for key in (*keys, "valid_until")] == [None] * 5
    assert [full[key] for key in keys] == [1, point.code, 1, "parent"]
    assert full["valid_until"].startswith("2027-11-24")
    (row,) = [row for row in rows(members["csv/consents.csv"]) if row["wording_version"]]
    assert list(row) == list(full)
    assert [row[key] for key in keys] == ["1", point.code, "1", "parent"]
    japanese, english = members["index.ja.html"], members["index.en.html"]
    for words in (str(collected), "説明の第1版", "代理人：親権者", "2027-11-24まで有効", "綴り 12番"):
        assert words in japanese, words
    for words in ("text Version 1", "by an agent: parent", "valid until 2027-11-24"):
        assert words.lower() in english.lower(), words
    # The agent is somebody else, whose name is not data about the person.
    assert "代理 太郎" not in "".join(members.values())
