"""Nobody gets at a record by an order placed under its owner's name, whichever file is imported first."""

import functools
import io
from datetime import UTC, datetime

import pytest

from consent_app.models import Customer
from consent_app.services import imports
from requests_app.domain.transitions import Status
from requests_app.services import identity
from tests.factories.consent import RequestRuleFactory
from tests.factories.requests import PersonFactory, RequestFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
ORDERS = "注文ID,注文日時,氏(請求先),名(請求先),郵便番号(請求先),住所(請求先),電話番号(請求先),メールアドレス(請求先)\n"
MEMBERS = "会員ID,お名前(姓),お名前(名),郵便番号,住所1,TEL,メールアドレス\n"
HOME = "1000001,千代田区秘町4-5-6,09012345678"
ATTACK = f"{ORDERS}A,2026/11/20 10:00,高橋,花子,{HOME},attacker@evil.example\n"


def load(content: str) -> None:
    source = functools.partial(io.BytesIO, content.encode())
    imports.import_file(source=source, wanted="", trial=False, actor="command", on_progress=lambda job: None)


@pytest.mark.parametrize("email", ["victim@post.example", ""])
@pytest.mark.parametrize("victim", [ORDERS + "V,2026/06/01 10:00,髙橋,花子,", MEMBERS + "1,高橋,花子,"])
@pytest.mark.parametrize("attacked_first", [True, False])
def test_an_order_under_anothers_name_opens_nothing_of_theirs(victim: str, email: str, attacked_first: bool) -> None:
    RequestRuleFactory()
    known = f"{victim}{HOME},{email}\n"
    for content in (ATTACK, known) if attacked_first else (known, ATTACK):
        load(content)
    request = RequestFactory.received(
        applicant=PersonFactory(email="attacker@evil.example"),
        party={"postal_code": "1000001", "prefecture": "", "address1": "千代田区秘町4-5-6", "address2": ""},
    )
    identity.verify(request_id=request.pk, now=NOW)
    request.refresh_from_db()
    theirs = Customer.objects.exclude(email="attacker@evil.example").get()
    assert request.status == Status.IN_REVIEW
    assert request.customer is not None
    assert request.customer != theirs
    assert list(request.customer.records.values_list("external_id", flat=True)) == ["A"]
