"""Loading a profile: idempotent, whole or not at all, nothing deleted that older records refer to."""

import dataclasses
import shutil
import threading
from collections import Counter
from pathlib import Path

import pytest
from django.core.cache import cache
from django.db import DatabaseError, connection, transaction

from consent_app.domain.profile import Profile
from consent_app.domain.profile_reader import Text
from consent_app.models import (
    Customer,
    DataItem,
    Operator,
    ProvisionBasis,
    Purpose,
    RefusalGround,
    RequestRule,
    Subcontractor,
)
from consent_app.selectors import current_operator
from consent_app.services.profiles import (
    PROFILES,
    LoadReport,
    OtherOperator,
    ProfileNotFound,
    load_profile,
    read_profile,
)
from privacy_portal.core.models import AuditEntry
from tests.factories.consent import ConsentFactory, CustomerFactory, OrderFactory


@pytest.fixture
def rokusho() -> Profile:
    # Collection points refer to items and purposes that these tests take away; they have tests of their own.
    return dataclasses.replace(read_profile("rokusho"), collection_points=())


def load(profile: Profile) -> LoadReport:
    return load_profile(profile=profile, actor="command")


@pytest.mark.django_db
def test_a_load_fills_every_register(rokusho: Profile) -> None:
    report = load(rokusho)

    operator = Operator.objects.get()
    assert (operator.pk, operator.code, operator.hours_en) == (1, "rokusho", "12:00 to 18:00 (Japan time)")
    assert operator.complaint_channels == ["letter", "email"]
    assert list(DataItem.objects.values_list("code", flat=True)) == [item.code for item in rokusho.data_items]
    newsletter = Purpose.objects.select_related("part_of").get(code="newsletter")
    assert newsletter.part_of == Purpose.objects.get(code="services")
    statistics = Purpose.objects.get(code="statistics")
    assert statistics.statistical_only
    assert {item.code for item in statistics.items.all()} == set(rokusho.purposes[2].items)
    assert ProvisionBasis.objects.get(code="protection").requires == ["27(1)", "27(1)ii"]
    assert {item.code for item in Subcontractor.objects.get().items.all()} == {"name", "address", "recipient", "order"}
    assert RequestRule.objects.get(request_type="disclosure").fee == "quoted"
    assert not RequestRule.objects.get(request_type="foreign_measures").offered
    assert RefusalGround.objects.get(code="not_identified").article == "37(1)"
    assert (report.changed, report.unchanged, report.retired) == ([], [], [])
    tables = Counter(entry.partition(":")[0] for entry in report.created)
    expected = {
        "operator": 1,
        "dataitem": 15,
        "purpose": 3,
        "provisionbasis": 6,
        "subcontractor": 1,
        "requests": 12,
        "refusalground": 13,
        "policy": 1,
    }
    assert {table: tables[table] for table in expected} == expected


@pytest.mark.django_db
def test_what_falls_short_of_the_law_is_told(rokusho: Profile) -> None:
    cautions = load(rokusho).cautions
    assert len(cautions) == 2
    assert "bound_third_party" in cautions[0]
    assert "同意" in cautions[0]
    assert "protection" in cautions[1]


@pytest.mark.django_db
def test_a_second_load_changes_nothing(rokusho: Profile) -> None:
    first = load(rokusho)
    loaded_at = Operator.objects.get().loaded_at

    second = load(rokusho)

    assert (second.created, second.changed, second.retired) == ([], [], [])
    assert sorted(second.unchanged) == sorted(first.created)
    assert second.cautions == first.cautions
    assert Operator.objects.get().loaded_at == loaded_at
    assert AuditEntry.objects.filter(action="profile.loaded").count() == 1


@pytest.mark.django_db
def test_a_change_is_written_and_reported(rokusho: Profile) -> None:
    load(rokusho)
    items = (dataclasses.replace(rokusho.data_items[0], name=Text("お名前", "Your name")), *rokusho.data_items[1:])
    purposes = (dataclasses.replace(rokusho.purposes[0], items=("name",)), *rokusho.purposes[1:])
    rules = tuple(
        dataclasses.replace(rule, identity_level=3) if rule.type == "erasure" else rule for rule in rokusho.requests
    )

    report = load(dataclasses.replace(rokusho, data_items=items, purposes=purposes, requests=rules))

    assert report.changed == ["dataitem: name", "purpose: services", "requests: erasure"]
    assert DataItem.objects.get(code="name").name_ja == "お名前"
    assert [item.code for item in Purpose.objects.get(code="services").items.all()] == ["name"]
    assert RequestRule.objects.get(request_type="erasure").identity_level == 3
    entry = AuditEntry.objects.filter(action="profile.loaded").latest("id")
    assert entry.detail == {"created": 0, "changed": 3, "retired": 0}


@pytest.mark.django_db
def test_order_in_the_file_is_order_on_the_pages(rokusho: Profile) -> None:
    load(rokusho)
    bases = rokusho.provision_bases
    report = load(dataclasses.replace(rokusho, provision_bases=(bases[1], bases[0], *bases[2:])))
    assert report.changed == ["provisionbasis: subcontractor", "provisionbasis: consent"]
    assert [basis.code for basis in ProvisionBasis.objects.all()][:2] == ["subcontractor", "consent"]


@pytest.mark.django_db
def test_what_left_the_profile_is_retired_and_can_come_back(rokusho: Profile) -> None:
    load(rokusho)
    without = dataclasses.replace(rokusho, subcontractors=(), refusal_grounds=rokusho.refusal_grounds[1:])

    report = load(without)
    assert report.retired == ["subcontractor: delivery", "refusalground: purpose_already_clear"]
    assert not Subcontractor.objects.get(code="delivery").active
    assert load(without).retired == []

    assert load(rokusho).changed[0] == "subcontractor: delivery"
    assert Subcontractor.objects.get(code="delivery").active


@pytest.mark.django_db
def test_retiring_an_item_whose_data_is_still_held_is_told(rokusho: Profile) -> None:
    load(rokusho)
    customer = CustomerFactory(company="", birth_date=None)
    OrderFactory(customer=customer, item=DataItem.objects.get(code="order"))
    kept = tuple(item for item in rokusho.data_items if item.code not in ("gender", "company", "birth_date", "order"))

    report = load(dataclasses.replace(rokusho, data_items=kept, purposes=(), subcontractors=()))

    told = "\n".join(report.cautions)
    assert "「gender」" in told
    assert "「order」" in told
    assert "「company」" not in told
    assert "「birth_date」" not in told
    assert Customer.objects.get().gender == "female"


@pytest.mark.django_db
def test_retiring_a_purpose_with_consents_is_told(rokusho: Profile) -> None:
    load(rokusho)
    ConsentFactory(purpose=Purpose.objects.get(code="services"))
    report = load(dataclasses.replace(rokusho, purposes=rokusho.purposes[1:]))
    assert report.retired == ["purpose: services"]
    assert any("「services」" in caution and "同意" in caution for caution in report.cautions)


@pytest.mark.django_db
def test_another_operator_cannot_take_over_customers(rokusho: Profile) -> None:
    load(rokusho)
    other = dataclasses.replace(rokusho, operator=dataclasses.replace(rokusho.operator, code="other"))
    CustomerFactory()

    with pytest.raises(OtherOperator, match="rokusho"):
        load(other)

    assert Operator.objects.get().code == "rokusho"
    Customer.objects.all().delete()
    assert load(other).changed == ["operator: other"]


@pytest.mark.django_db
def test_a_load_is_whole_or_not_at_all(rokusho: Profile) -> None:
    """The database itself refuses a fee that article 38 does not allow; nothing of that load stays."""
    forbidden = tuple(
        dataclasses.replace(rule, fee="quoted") if rule.type == "erasure" else rule for rule in rokusho.requests
    )
    with pytest.raises(DatabaseError, match="fee_only_where_article_38_allows"), transaction.atomic():
        load(dataclasses.replace(rokusho, requests=forbidden))
    assert not Operator.objects.exists()
    assert not DataItem.objects.exists()


@pytest.mark.django_db
def test_a_load_reaches_pages_and_mails_at_once(
    rokusho: Profile, django_capture_on_commit_callbacks: pytest.FixtureRequest
) -> None:
    load(rokusho)
    assert current_operator() is not None
    renamed = dataclasses.replace(rokusho, operator=dataclasses.replace(rokusho.operator, name=Text("新", "New")))
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        load(renamed)
    operator = current_operator()
    assert operator is not None
    assert operator.name_ja == "新"


@pytest.mark.django_db
def test_the_operator_is_read_once(rokusho: Profile, django_assert_num_queries: pytest.FixtureRequest) -> None:
    load(rokusho)
    cache.clear()
    with django_assert_num_queries(1):  # type: ignore[operator]
        current_operator()
    with django_assert_num_queries(0):  # type: ignore[operator]
        current_operator()


@pytest.mark.django_db(transaction=True)
def test_two_loads_at_once_wait_for_each_other(rokusho: Profile) -> None:
    reports: list[LoadReport] = []

    def run() -> None:
        try:
            reports.append(load(rokusho))
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    first = max(reports, key=lambda report: len(report.created))
    assert first.created
    assert [report.created for report in reports if report is not first] == [[], [], []]


def test_a_profile_is_read_by_name_or_path(tmp_path: Path) -> None:
    copy = tmp_path / "copy.toml"
    profiles = Path(__file__).parents[3] / "consent_app/profiles"
    copy.write_bytes((profiles / "rokusho.toml").read_bytes())
    for folder, missing in [("logos", r"logos/rokusho\.svg"), ("policies", r"policies/rokusho\.ja\.md")]:
        with pytest.raises(ProfileNotFound, match=missing):
            read_profile(str(copy))
        shutil.copytree(profiles / folder, tmp_path / folder)
    assert read_profile(str(copy)) == read_profile("rokusho")


@pytest.mark.parametrize("name", ["rokushou", "../rokusho", "/nowhere/x.toml", ""])
def test_an_unknown_profile_names_those_there_are(name: str) -> None:
    with pytest.raises(ProfileNotFound, match="rokusho"):
        read_profile(name)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "No such file"),
        ('<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>', "viewBox"),
        ("", "読めません"),
    ],
)
def test_a_logo_that_is_missing_or_no_drawing_is_told(tmp_path: Path, content: str | None, said: str) -> None:
    shutil.copytree(PROFILES, tmp_path / "profiles")
    logo = tmp_path / "profiles" / "logos" / "kloset.svg"
    if content is None:
        logo.unlink()
    else:
        logo.write_text(content)
    with pytest.raises(ProfileNotFound, match=f"logos/kloset.svg.*{said}"):
        read_profile(str(tmp_path / "profiles" / "kloset.toml"))
