"""The kernel's pages in the manager's admin."""

import datetime
import re
import uuid
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from privacy_portal.core import job_registry
from privacy_portal.core.masking import mask_address
from privacy_portal.core.models import AuditEntry, Job, JobProblem, OutgoingMail, User
from privacy_portal.core.services import audit
from tests.factories.core import EnrolledStaffFactory, UserFactory, pass_second_factor

pytestmark = pytest.mark.django_db

State = OutgoingMail.State


@pytest.fixture
def manager(client: Client) -> User:
    user = EnrolledStaffFactory()
    pass_second_factor(client, user)
    return user


@pytest.fixture
def viewer(client: Client) -> User:
    """Staff that may look at everything of the kernel and change nothing."""
    user = EnrolledStaffFactory(is_superuser=False)
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="core", codename__startswith="view_"))
    pass_second_factor(client, user)
    return user


@pytest.fixture(autouse=True)
def _kind() -> Iterator[None]:
    job_registry.register("test", "試しの処理", problems={"bad_date": "日付が読めません"})
    yield
    del job_registry._kinds["test"]
    del job_registry._problems["test"]


def make_mail(**changes: object) -> OutgoingMail:
    pk = uuid.uuid4()
    values = {
        "template": "receipt",
        "language": "ja",
        "recipient": "taro@shop.example",
        "subject": "秘密の件名",
        "body_text": "秘密の本文",
        "body_html": "秘密の本文",
        "message_id": f"<{pk}@shop.example>",
        "lease_until": timezone.now(),
        "sent_at": timezone.now(),
        **changes,
    }
    return OutgoingMail.objects.create(pk=pk, **values)  # type: ignore[misc]


def make_entry() -> AuditEntry:
    return audit.record(action="file.erased", actor=UserFactory(), obj=make_mail())


def make_job(**changes: object) -> Job:
    return Job.objects.create(**{"kind": "test", "started_by": UserFactory(), **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("model", "make"), [("outgoingmail", make_mail), ("auditentry", make_entry), ("job", make_job)]
)
def test_list_asks_as_often_for_30_rows_as_for_one(client: Client, manager: User, model: str, make) -> None:  # type: ignore[no-untyped-def]
    address = reverse(f"admin:core_{model}_changelist")
    # The first page of a session writes down when it began.
    client.get(reverse("admin:index"))
    counts = []
    for rows in (1, 29):
        for _ in range(rows):
            make()
        with CaptureQueriesContext(connection) as queries:
            page = client.get(address)
        assert page.status_code == 200
        counts.append(len(queries))
    # Account, second factor, number of rows, rows; and the filter's counts, or the accounts of the actors.
    assert counts == [5, 5]


@pytest.mark.parametrize("model", ["outgoingmail", "auditentry", "job"])
class TestAccess:
    def test_customer_is_sent_to_sign_in(self, client: Client, model: str) -> None:
        client.force_login(UserFactory())
        assert client.get(reverse(f"admin:core_{model}_changelist")).status_code == 302

    def test_nothing_can_be_added_changed_or_deleted(self, client: Client, manager: User, model: str) -> None:
        row = {"outgoingmail": make_mail, "auditentry": make_entry, "job": make_job}[model]()
        for name, status in (("change", 403), ("delete", 403)):
            assert (
                client.post(reverse(f"admin:core_{model}_{name}", args=[row.pk]), {"post": "yes"}).status_code == status
            )
        assert client.get(reverse(f"admin:core_{model}_add")).status_code == 403
        page = client.get(reverse(f"admin:core_{model}_change", args=[row.pk])).content.decode()
        assert 'name="_save"' not in page

    def test_row_that_does_not_exist_is_not_an_error(self, client: Client, manager: User, model: str) -> None:
        key: object = 10**9 if model == "auditentry" else uuid.uuid4()
        assert client.get(reverse(f"admin:core_{model}_change", args=[key])).status_code in (302, 404)


class TestMail:
    def test_neither_content_nor_address_is_on_any_page(self, client: Client, manager: User) -> None:
        mail = make_mail(state=State.FAILED)
        for name, args in (("changelist", []), ("change", [mail.pk])):
            page = client.get(reverse(f"admin:core_outgoingmail_{name}", args=args)).content.decode()
            assert "t•••@shop.example" in page
            assert "taro@" not in page
            assert "秘密" not in page

    def test_states_are_counted_in_the_filter(self, client: Client, manager: User) -> None:
        for state in (State.FAILED, State.FAILED, State.SENT):
            make_mail(state=state)
        page = client.get(reverse("admin:core_outgoingmail_changelist"), {"state": "failed"})
        assert "失敗 (2)" in page.content.decode()
        assert "送信済み (1)" in page.content.decode()
        assert page.context["cl"].result_count == 2

    def test_emptied_mail_says_so(self, client: Client, manager: User) -> None:
        make_mail(state=State.SENT, recipient=None, emptied_at=timezone.now())
        assert "（消去済み）" in client.get(reverse("admin:core_outgoingmail_changelist")).content.decode()

    def test_button_sends_again(self, client: Client, manager: User) -> None:
        mail = make_mail(state=State.FAILED, attempts=12)
        page = reverse("admin:core_outgoingmail_change", args=[mail.pk])
        button = reverse("admin:core_outgoingmail_retry", args=[mail.pk])
        assert button in client.get(page).content.decode()
        assert client.get(button).status_code == 405
        response = client.post(button, follow=True)
        assert response.redirect_chain == [(page, 302)]
        assert "1通をもう一度送ります。" in response.content.decode()
        mail.refresh_from_db()
        assert (mail.state, mail.attempts) == (State.QUEUED, 0)
        assert AuditEntry.objects.get(action="mail.retried").actor == f"user:{manager.pk}"
        assert button not in response.content.decode()

    def test_action_sends_what_can_be_sent_and_says_what_not(self, client: Client, manager: User) -> None:
        mails = [make_mail(state=state) for state in (State.FAILED, State.WAITING, State.SENT)]
        response = client.post(
            reverse("admin:core_outgoingmail_changelist"),
            {"action": "retry_selected", "_selected_action": [mail.pk for mail in mails]},
            follow=True,
        )
        assert "2通をもう一度送ります。" in response.content.decode()
        assert "1通は送信済み" in response.content.decode()
        assert OutgoingMail.objects.filter(state=State.QUEUED).count() == 2

    def test_without_the_permission_there_is_no_button_and_no_way_around_it(self, client: Client, viewer: User) -> None:
        mail = make_mail(state=State.FAILED)
        page = client.get(reverse("admin:core_outgoingmail_change", args=[mail.pk]))
        button = reverse("admin:core_outgoingmail_retry", args=[mail.pk])
        assert page.status_code == 200
        assert button not in page.content.decode()
        assert client.post(button).status_code == 403
        client.post(
            reverse("admin:core_outgoingmail_changelist"), {"action": "retry_selected", "_selected_action": [mail.pk]}
        )
        mail.refresh_from_db()
        assert mail.state == State.FAILED

    def test_button_needs_the_token_of_its_page(self, manager: User) -> None:
        strict = Client(enforce_csrf_checks=True)
        pass_second_factor(strict, manager)
        mail = make_mail(state=State.FAILED)
        assert strict.post(reverse("admin:core_outgoingmail_retry", args=[mail.pk])).status_code == 403


class TestAudit:
    def test_entry_is_shown_in_words(self, client: Client, manager: User) -> None:
        mail = make_mail()
        audit.record(action="mail.retried", actor=manager, obj=mail, detail={"state": "failed"})
        page = client.get(reverse("admin:core_auditentry_changelist")).content.decode()
        assert "メールの再送を指示した" in page
        assert manager.display_name in page
        assert reverse("admin:core_outgoingmail_change", args=[mail.pk]) in page

    def test_customer_is_shown_by_key(self, client: Client, manager: User) -> None:
        customer = UserFactory(display_name="山田太郎")
        entry = audit.record(action="file.erased", actor=customer)
        for name, args in (("changelist", []), ("change", [entry.pk])):
            page = client.get(reverse(f"admin:core_auditentry_{name}", args=args)).content.decode()
            assert str(customer.pk) in page
            assert "山田太郎" not in page
            assert customer.email not in page

    def test_page_shows_detail_and_link(self, client: Client, manager: User) -> None:
        entry = audit.record(action="mail.retried", actor="worker", detail={"state": "failed"})
        address = reverse("admin:core_auditentry_change", args=[entry.pk])
        assert "連鎖待ち" in client.get(address).content.decode()
        audit.link_pending()
        page = client.get(address).content.decode()
        assert f"1:{audit.verify().head.hex()}" in page
        assert "failed" in page
        assert "自動処理" in page

    def test_search_finds_object_actor_and_request(self, client: Client, manager: User) -> None:
        customer, mail = UserFactory(), make_mail()
        audit.record(action="file.erased", actor=customer)
        audit.record(action="mail.retried", actor="worker", obj=mail)
        audit.record(action="file.erased", actor="worker")

        def found(term: str, **filters: str) -> list[str]:
            address = reverse("admin:core_auditentry_changelist", query=filters)
            page = client.post(address, {"words": term}, follow=True)
            assert page.status_code == 200
            return [entry.action for entry in page.context["cl"].result_list]

        assert found(str(mail.pk)) == ["mail.retried"]
        assert found(str(customer.pk)) == ["file.erased"]
        assert found(customer.email.upper()) == ["file.erased"]
        assert found(f"user:{customer.pk}") == ["file.erased"]
        assert found("nothing") == []
        assert found("", action="mail.retried") == ["mail.retried"]
        assert found("", actor="user") == ["file.erased"]
        assert found("", actor="worker") == ["file.erased", "mail.retried"]

    def test_action_of_an_older_version_is_shown_by_its_name(self, client: Client, manager: User) -> None:
        AuditEntry.objects.create(action="long.gone", actor="worker", object_type="gone.thing", object_id="7")
        page = client.get(reverse("admin:core_auditentry_changelist")).content.decode()
        assert "long.gone" in page
        assert "gone.thing 7" in page


class TestJob:
    def test_progress_is_a_bar_with_words(self, client: Client, manager: User) -> None:
        make_job(state=Job.State.RUNNING, total=200, done=50)
        page = client.get(reverse("admin:core_job_changelist")).content.decode()
        assert "試しの処理" in page
        assert "core/progress.css" in page
        assert 'value="25" max="100"' in page
        assert "25% · 50 / 200件" in page

    @pytest.mark.parametrize(
        ("state", "refresh"), [("waiting", "3"), ("running", "3"), ("done", None), ("failed", None)]
    )
    def test_page_refreshes_itself_until_the_work_is_done(
        self, client: Client, manager: User, state: str, refresh: str | None
    ) -> None:
        job = make_job(state=state)
        page = client.get(reverse("admin:core_job_change", args=[job.pk]))
        assert page.status_code == 200
        assert page.headers.get("Refresh") == refresh

    def test_problems_are_in_words_and_the_rest_is_counted(self, client: Client, manager: User) -> None:
        job = make_job(state=Job.State.DONE, problem_count=205, result={"created": 7})
        JobProblem.objects.bulk_create(
            JobProblem(job=job, line=1000 + n, column="生年月日", code="bad_date") for n in range(205)
        )
        page = client.get(reverse("admin:core_job_change", args=[job.pk])).content.decode()
        assert "created: 7" in page
        assert page.count("日付が読めません") == 200
        assert "問題 205件" in page
        assert "ほかに5件あります。" in page

    def test_silent_work_is_said_to_be_stalled(self, client: Client, manager: User) -> None:
        make_job(state=Job.State.RUNNING, updated_at=timezone.now() - datetime.timedelta(minutes=11))
        for name, args in (("changelist", []), ("change", [Job.objects.get().pk])):
            assert "止まっています" in client.get(reverse(f"admin:core_job_{name}", args=args)).content.decode()

    def test_filters(self, client: Client, manager: User) -> None:
        make_job(state=Job.State.DONE)
        page = client.get(reverse("admin:core_job_changelist"), {"state": "done", "kind": "test"})
        assert page.context["cl"].result_count == 1


@pytest.mark.parametrize(
    ("address", "shown"),
    [("taro@shop.example", "t•••@shop.example"), ("a@b", "a•••@b"), ("", ""), (None, "")],
)
def test_mask_address(address: str | None, shown: str) -> None:
    assert mask_address(address) == shown


def test_a_list_is_titled_by_what_it_lists(client: Client, viewer: User) -> None:
    page = client.get(reverse("admin:core_outgoingmail_changelist")).content.decode()
    title = re.search("<title>(.*?)</title>", page, re.DOTALL)
    assert title
    assert title[1].strip() == f"{OutgoingMail._meta.verbose_name_plural} | Privacy Portal"
