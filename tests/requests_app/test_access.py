"""Opening an answer: nobody else, not without a fresh code, not twice with one link."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from privacy_portal.core import ratelimit
from privacy_portal.core.models import AuditEntry, OutgoingMail, User
from privacy_portal.core.ratelimit import LimitExceeded
from privacy_portal.core.services import codes
from requests_app.models import AnswerFile, DisclosureRequest, DownloadGrant
from requests_app.services import access, fulfilment, lifecycle
from tests.factories.consent import OperatorFactory, catalogue
from tests.factories.requests import PersonFactory, RequestFactory, StaffFactory
from tests.support.concurrency import run_at_once

pytestmark = pytest.mark.django_db(transaction=True)


def answered() -> tuple[DisclosureRequest, User]:
    OperatorFactory()
    catalogue()
    request = RequestFactory.fulfilling()
    fulfilment.fulfil(request_id=request.pk, now=timezone.now())
    request.refresh_from_db()
    assert request.applicant is not None
    return request, request.applicant


def package_of(request: DisclosureRequest) -> AnswerFile:
    return request.answer_files.get(kind="package")


def mailed_code() -> str:
    mail = OutgoingMail.objects.filter(template="open_file_code").latest("created_at")
    found = re.search(r"\b(\d{4}) (\d{4})\b", mail.body_text)
    assert found is not None
    return found[1] + found[2]


def test_a_fresh_code_opens_and_is_good_once() -> None:
    request, person = answered()
    now = timezone.now()
    code_id = access.request_code(request=request, user=person, client="test", now=now)
    code = mailed_code()
    access.check_code(request=request, user=person, code_id=code_id, code=code, client="test", now=now)
    with pytest.raises(codes.CodeDead):
        access.check_code(request=request, user=person, code_id=code_id, code=code, client="test", now=now)
    assert AuditEntry.objects.filter(action="answer.code_accepted").count() == 1
    assert AuditEntry.objects.filter(action="answer.code_refused").count() == 1


def test_a_code_for_one_request_does_not_open_another() -> None:
    request, person = answered()
    other = RequestFactory.answered(applicant=person, customer=request.customer)
    now = timezone.now()
    code_id = access.request_code(request=request, user=person, client="test", now=now)
    with pytest.raises(codes.CodeDead):
        access.check_code(request=other, user=person, code_id=code_id, code=mailed_code(), client="test", now=now)


def test_an_expired_code_is_refused() -> None:
    request, person = answered()
    now = timezone.now()
    code_id = access.request_code(request=request, user=person, client="test", now=now)
    with pytest.raises(codes.CodeDead):
        access.check_code(
            request=request,
            user=person,
            code_id=code_id,
            code=mailed_code(),
            client="test",
            now=now + timedelta(minutes=11),
        )


Step = Callable[[DisclosureRequest, User, datetime], Any]


@pytest.mark.parametrize(
    "step",
    [
        lambda request, user, now: access.request_code(request=request, user=user, client="test", now=now),
        lambda request, user, now: access.check_code(
            request=request, user=user, code_id=request.pk, code="00000000", client="test", now=now
        ),
        lambda request, user, now: access.grant(answer_file=package_of(request), user=user, now=now),
    ],
    ids=["ask for a code", "enter a code", "get a link"],
)
@pytest.mark.parametrize("stranger", [PersonFactory, StaffFactory])
def test_nobody_else_comes_near(step: Step, stranger: type[PersonFactory]) -> None:
    request, _ = answered()
    with pytest.raises(DisclosureRequest.DoesNotExist):
        step(request, stranger(), timezone.now())
    assert not OutgoingMail.objects.filter(template="open_file_code").exists()


def test_a_link_works_once_and_is_counted() -> None:
    request, person = answered()
    now = timezone.now()
    grant = access.grant(answer_file=package_of(request), user=person, now=now)
    answer, stream = access.open_grant(grant_id=grant.pk, user=person, now=now)
    assert b"".join(stream).startswith(b"PK")
    with pytest.raises(access.GrantUsed):
        access.open_grant(grant_id=grant.pk, user=person, now=now)
    answer.refresh_from_db()
    assert (answer.download_count, answer.first_opened_at) == (1, now)
    assert request.events.filter(kind="answer_opened").count() == 1
    assert AuditEntry.objects.filter(action="answer.downloaded").count() == 1


def test_a_link_is_of_no_use_to_another_account() -> None:
    request, person = answered()
    grant = access.grant(answer_file=package_of(request), user=person, now=timezone.now())
    with pytest.raises(DownloadGrant.DoesNotExist):
        access.open_grant(grant_id=grant.pk, user=PersonFactory(), now=timezone.now())


def test_a_link_expires() -> None:
    request, person = answered()
    now = timezone.now()
    grant = access.grant(answer_file=package_of(request), user=person, now=now)
    with pytest.raises(access.GrantExpired):
        access.open_grant(grant_id=grant.pk, user=person, now=now + timedelta(minutes=10))
    assert access.purge_grants(now=now + timedelta(days=2)) == 1


def test_an_answer_that_is_over_cannot_be_opened() -> None:
    request, person = answered()
    later = timezone.now() + timedelta(days=31)
    assert access.available_files(request=request, now=later) == []
    with pytest.raises(access.GrantExpired):
        access.grant(answer_file=package_of(request), user=person, now=later)


def test_reopening_takes_links_and_files_back() -> None:
    request, person = answered()
    now = timezone.now()
    grant = access.grant(answer_file=package_of(request), user=person, now=now)
    lifecycle.reopen(request=request, actor=StaffFactory(), now=now)
    with pytest.raises(access.GrantExpired):
        access.open_grant(grant_id=grant.pk, user=person, now=now)
    assert access.available_files(request=request, now=now) == []


def test_twenty_clicks_at_once_open_it_once() -> None:
    request, person = answered()
    now = timezone.now()
    grant = access.grant(answer_file=package_of(request), user=person, now=now)

    def click() -> str:
        try:
            _, stream = access.open_grant(grant_id=grant.pk, user=person, now=now)
        except access.GrantUsed:
            return "used"
        return "opened" if b"".join(stream) else "empty"

    outcomes = run_at_once([click] * 20)
    assert sorted(outcomes) == ["opened"] + ["used"] * 19
    assert package_of(request).download_count == 1


class TestRecords:
    """Who tried to open an answer stays known, whatever was rolled back."""

    def recorded(self, user: User) -> list[str]:
        made = AuditEntry.objects.filter(actor=f"user:{user.pk}").order_by("pk")
        return [entry.action for entry in made if entry.action != "answer.downloaded"]

    def test_codes_and_limits(self) -> None:
        request, person = answered()
        code_id = access.request_code(request=request, user=person, client="c", now=timezone.now())
        with pytest.raises(LimitExceeded):
            access.request_code(request=request, user=person, client="c", now=timezone.now())
        for _try in range(codes.GUESSED_PER_CLIENT.amount):
            ratelimit.hit((codes.GUESSED_PER_CLIENT, "c"))
        with pytest.raises(LimitExceeded):
            access.check_code(request=request, user=person, code_id=code_id, code="0", client="c", now=timezone.now())
        assert self.recorded(person) == ["answer.code_requested", "answer.limited", "answer.limited"]

    def test_links_that_open_nothing(self) -> None:
        request, person = answered()
        file = package_of(request)
        used = access.grant(answer_file=file, user=person, now=timezone.now())
        access.open_grant(grant_id=used.pk, user=person, now=timezone.now())
        with pytest.raises(access.GrantUsed):
            access.open_grant(grant_id=used.pk, user=person, now=timezone.now())
        late = access.grant(answer_file=file, user=person, now=timezone.now() - access.GRANT_LIFETIME)
        with pytest.raises(access.GrantExpired):
            access.open_grant(grant_id=late.pk, user=person, now=timezone.now())
        with pytest.raises(access.GrantExpired):
            access.grant(answer_file=file, user=person, now=file.expires_at)
        assert self.recorded(person) == ["answer.link_refused"] * 3
