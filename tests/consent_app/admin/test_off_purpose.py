"""The pages of uses beyond the purposes."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from consent_app.models import OffPurposePerson, OffPurposeUse
from privacy_portal.core.models import AuditEntry
from tests.factories.consent import CustomerFactory, DataItemFactory, PurposeFactory
from tests.factories.off_purpose import use_beyond

pytestmark = pytest.mark.django_db

LIST = reverse("admin:consent_app_offpurposeuse_changelist")
NEW = reverse("admin:consent_app_offpurposeuse_add")


def page(use: OffPurposeUse, name: str = "change") -> str:
    return reverse(f"admin:consent_app_offpurposeuse_{name}", args=[use.pk])


def filled(**values: Any) -> dict[str, Any]:
    return {
        "aim_ja": "事故の連絡のため",
        "aim_en": "To tell of an accident",
        "ground": "18(3)ii",
        "because": "連絡がつかず、命にかかわる",
        "items": [DataItemFactory(code="telephone").pk],
        "begins_on": "2026-05-01",
        "ends_on": "2026-05-01",
        "tellable": "on",
        "decided_by": "管理者 例野",
        "decided_on": "2026-05-01",
        **values,
    }


def test_from_the_record_to_the_person(manager_client: Client) -> None:
    customer = CustomerFactory()
    assert "使う前に記録します" in manager_client.get(NEW).content.decode()
    response = manager_client.post(NEW, filled(), follow=True)
    use = OffPurposeUse.objects.get()
    assert (use.reason, [item.code for item in use.items.all()]) == ("連絡がつかず、命にかかわる", ["telephone"])
    assert "まだいません。加えるまで" in response.content.decode()
    html = manager_client.post(page(use, "persons"), {"words": customer.email}).content.decode()
    assert "髙●●●" in html
    assert "花子" not in html
    response = manager_client.post(page(use, "person"), {"customer": customer.pk}, follow=True)
    html = response.content.decode()
    assert "対象の方を加えました" in html
    assert "対象の方（1人）" in html
    assert "加えてあります" in manager_client.post(page(use, "persons"), {"words": customer.email}).content.decode()
    assert AuditEntry.objects.filter(action="off_purpose.viewed", object_id=str(use.pk)).exists()
    response = manager_client.post(page(use, "void"), {"reason": ""}, follow=True)
    assert "取り消す理由を書いてください" in response.content.decode()
    for typed in ("人\x00違い", "番号は 1234-5678-9018"):
        refused = manager_client.post(page(use, "void"), {"reason": typed})
        assert refused.status_code == 200
        assert typed.split()[0] in refused.content.decode()
        use.refresh_from_db()
        assert use.voided_at is None
    response = manager_client.post(page(use, "void"), {"reason": "人違い"}, follow=True)
    assert "これによる利用はできません" in response.content.decode()
    assert "お客さまを探す" not in response.content.decode()


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"ends_on": "2026-04-30"}, "最終日は初日より後"),
        ({"decided_on": "2026-05-02"}, "使い始める前に決めます"),
        ({"ground": "18(1)"}, "同意を得た目的を選びます"),
        ({"because": ""}, "必須"),
        ({"items": []}, "必須"),
    ],
)
def test_what_is_wrong_is_said(manager_client: Client, values: dict[str, Any], words: str) -> None:
    response = manager_client.post(NEW, filled(**values), follow=True)
    assert words in response.content.decode()
    assert not OffPurposeUse.objects.exists()


def test_telling_about_a_warrant_is_asked_twice(manager_client: Client) -> None:
    response = manager_client.post(NEW, filled(ground="18(3)i"))
    html = response.content.decode()
    assert "捜査などの支障になることがあります" in html
    assert 'name="tell_anyway"' in html
    assert not OffPurposeUse.objects.exists()
    manager_client.post(NEW, filled(ground="18(3)i", tell_anyway="1"))
    assert OffPurposeUse.objects.get().tellable
    silent = filled(ground="18(3)i")
    del silent["tellable"]
    manager_client.post(NEW, silent)
    assert OffPurposeUse.objects.filter(tellable=False).count() == 1


def test_without_the_consent_nobody_is_added(manager_client: Client) -> None:
    purpose = PurposeFactory(needs_consent=True)
    use = use_beyond(ground="18(1)", consent_purpose=purpose)
    response = manager_client.post(page(use, "person"), {"customer": CustomerFactory().pk}, follow=True)
    assert "先に同意を得てください" in response.content.decode()
    assert not OffPurposePerson.objects.exists()


def test_nothing_is_changed_or_deleted(manager_client: Client) -> None:
    use = use_beyond()
    assert manager_client.post(page(use), {"aim_ja": "x"}).status_code == 403
    assert manager_client.post(page(use, "delete"), {"post": "yes"}).status_code == 403


def test_who_may(staff_client: Callable[..., Client]) -> None:
    customer = CustomerFactory()
    use = use_beyond(customer)
    viewer = staff_client("view_offpurposeuse")
    html = viewer.get(page(use)).content.decode()
    assert "権限がないため" in html
    assert "髙●●●" not in html
    assert viewer.get(NEW).status_code == 403
    assert viewer.post(page(use, "persons"), {"words": "x"}).status_code == 403
    assert viewer.post(page(use, "person"), {"customer": customer.pk}).status_code == 403
    assert viewer.post(page(use, "void"), {"reason": "x"}).status_code == 403
    without_customers = staff_client("view_offpurposeuse", "add_offpurposeuse")
    assert without_customers.post(page(use, "persons"), {"words": "x"}).status_code == 403
    assert without_customers.get(page(use, "void")).status_code == 200
    assert AuditEntry.objects.filter(action="off_purpose.denied", object_id=str(use.pk)).count() == 4
    both = staff_client("view_offpurposeuse", "add_offpurposeuse", "view_customer")
    assert both.get(page(use, "persons")).status_code == 405
    for wrong in ("", "nobody", "00000000-0000-0000-0000-000000000000"):
        assert both.post(page(use, "person"), {"customer": wrong}).status_code == 404


def test_list(manager_client: Client, django_assert_num_queries: Any) -> None:
    use_beyond(CustomerFactory(), CustomerFactory())
    manager_client.get(LIST)
    with django_assert_num_queries(5):
        html = manager_client.get(LIST).content.decode()
    assert "事故の連絡のため" in html
    for _ in range(29):
        use_beyond(CustomerFactory(), ground="18(3)i", tellable=False)
    with django_assert_num_queries(5):
        assert manager_client.get(LIST).context["cl"].result_count == 30
    assert manager_client.get(LIST, {"ground__exact": "18(3)i"}).context["cl"].result_count == 29
    assert manager_client.get(LIST, {"state": "voided"}).context["cl"].result_count == 0
    assert manager_client.get(LIST, {"q": "accident"}).context["cl"].result_count == 30
