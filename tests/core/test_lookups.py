"""``among`` finds what ``in`` finds, whatever the kind of column."""

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from consent_app.models import CustomerIdentity, ErasureMark
from consent_app.models.erasure import digest_of
from tests.factories.consent import CustomerFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def identities():
    return [
        CustomerIdentity.objects.create(customer=CustomerFactory(), source="eccube", external_id=name, digest=b"\\x")
        for name in ("a", 'b"', "c\\", "{d,e}", "高橋")
    ]


@pytest.mark.parametrize("column", ["pk", "external_id", "customer", "customer_id"])
def test_it_finds_what_in_finds(column, identities):
    values = list(CustomerIdentity.objects.values_list(column, flat=True))
    for wanted in (values, values[1:3], set(values), ()):
        found = set(CustomerIdentity.objects.filter(**{f"{column}__among": wanted}))
        assert found == set(CustomerIdentity.objects.filter(**{f"{column}__in": wanted}))
        assert len(found) == len(wanted)


def test_a_longer_value_is_not_cut_off_to_one_that_is_there(identities):
    CustomerIdentity.objects.filter(pk=identities[0].pk).update(external_id="x" * 100)
    assert CustomerIdentity.objects.filter(external_id__among=["x" * 100]).count() == 1
    assert not CustomerIdentity.objects.filter(external_id__among=["x" * 101]).exists()


def test_bytes():
    digests = [digest_of("email", f"{n}@x.example") for n in range(3)]
    for digest in digests[:2]:
        ErasureMark.objects.create(digest=digest, erased_at=timezone.now())
    assert {bytes(mark.digest) for mark in ErasureMark.objects.filter(digest__among=digests)} == set(digests[:2])


def test_exclude_keeps_the_others(identities):
    kept = CustomerIdentity.objects.exclude(external_id__among=["a", "高橋"])
    assert {one.external_id for one in kept} == {'b"', "c\\", "{d,e}"}


def test_one_parameter_however_many_values():
    with CaptureQueriesContext(connection) as queries:
        list(CustomerIdentity.objects.filter(customer__among=[uuid.uuid4() for _ in range(3000)]))
    assert "= ANY(" in queries[0]["sql"]
    sql, params = CustomerIdentity.objects.filter(customer__among=[uuid.uuid4(), uuid.uuid4()]).query.sql_with_params()
    assert sql.count("%s") == len(params) == 1
