"""The manager's way through an import, and everybody else's way to nothing."""

import re
from pathlib import Path

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from consent_app.models import Customer, ImportBatch
from consent_app.services import imports
from privacy_portal.core.models import AuditEntry, Job
from tests.factories.core import EnrolledStaffFactory, UserFactory, pass_second_factor

pytestmark = pytest.mark.django_db

DATA = Path(__file__).parents[1] / "data"
LIST = "/admin/consent_app/importbatch/"


@pytest.fixture
def manager(client):
    user = EnrolledStaffFactory()
    pass_second_factor(client, user)
    return user


def post_file(client, name="eccube_customers.csv", content=None, **data):
    file = SimpleUploadedFile(name, content if content is not None else (DATA / name).read_bytes(), "text/csv")
    return client.post(f"{LIST}add/", {"file": file, "wanted": "", **data})


def address(batch, action="change"):
    return f"{LIST}{batch.pk}/{action}/"


@pytest.fixture
def ready(client, manager):
    post_file(client)
    batch = ImportBatch.objects.get()
    imports.try_out(batch=batch, now=timezone.now())
    return ImportBatch.objects.get(pk=batch.pk)


def imported(batch):
    imports.run(batch=ImportBatch.objects.get(pk=batch.pk))
    return ImportBatch.objects.get(pk=batch.pk)


def test_the_whole_way(client, manager):
    page = client.get(f"{LIST}add/")
    assert "読み込んで確かめる" in page.content.decode()
    response = post_file(client)
    batch = ImportBatch.objects.get()
    assert response.url == address(batch)
    page = client.get(response.url)
    assert page["Refresh"] == "3"
    assert "<progress" in page.content.decode()

    imports.try_out(batch=batch, now=timezone.now())
    page = client.get(address(batch))
    text = page.content.decode()
    assert "Refresh" not in page
    assert "まだ何も変えていません" in text
    assert "ありえない日付です。" in text
    assert "池田" not in text
    assert not AuditEntry.objects.filter(action="customers.import_previewed").exists()
    text = client.get(address(batch) + "?rows=1").content.decode()
    assert "池田 真綾" in text
    assert AuditEntry.objects.filter(action="customers.import_previewed", actor=f"user:{manager.pk}").count() == 1
    assert not Customer.objects.exists()

    client.post(address(batch, "start"))
    assert not ImportBatch.objects.get().job
    client.post(address(batch, "start"), {"confirmed": "1"})
    assert client.get(address(batch))["Refresh"] == "3"
    batch = imported(batch)
    text = client.get(address(batch)).content.decode()
    assert "<dd>完了</dd>" in text
    assert re.search(r"新しい顧客.*?800", text, re.DOTALL)
    assert Customer.objects.count() == 800

    response = client.get(address(batch, "report"))
    assert response["Content-Disposition"] == 'attachment; filename="import-eccube-problems.csv"'
    assert response["X-Content-Type-Options"] == "nosniff"
    assert len(b"".join(response.streaming_content).decode("utf-8-sig").splitlines()) == 26
    assert AuditEntry.objects.filter(action="customers.import_reported").count() == 1


@pytest.mark.parametrize(
    ("content", "wanted", "said"),
    [
        (b"a,b\n1,2\n", "", "どの形式でもありません"),
        (b"", "", "空です"),
        (b"Customer ID,First Name,Last Name,Email\n1,a,b,c\n", "base", "どの形式でもありません"),
    ],
)
def test_a_file_that_is_none_is_told_beside_the_field(client, manager, content, wanted, said):
    response = post_file(client, "x.csv", content, wanted=wanted)
    assert response.status_code == 200
    assert said in response.content.decode()
    assert not ImportBatch.objects.exists()


def test_given_up(client, ready):
    client.post(address(ready, "give-up"))
    batch = ImportBatch.objects.get()
    assert batch.given_up_at
    assert "取りやめました" in client.get(address(ready)).content.decode()
    client.post(address(ready, "start"), {"confirmed": "1"})
    assert not ImportBatch.objects.get().job
    assert client.get(address(ready) + "?rows=1").status_code == 200


def test_started_ones_cannot_be_given_up(client, ready):
    client.post(address(ready, "start"), {"confirmed": "1"})
    client.post(address(ready, "give-up"))
    assert ImportBatch.objects.get().given_up_at is None


def test_a_failed_one_says_why(client, ready):
    Job.objects.filter(pk=ready.trial_id).update(state=Job.State.FAILED, error="ファイルが空です。")
    text = client.get(address(ready)).content.decode()
    assert "ファイルが空です。" in text
    assert "取り込みを始める" not in text


def test_no_report_is_a_404(client, ready):
    assert client.get(address(ready, "report")).status_code == 404


def test_buttons_are_for_posting_only(client, ready):
    assert client.get(address(ready, "start")).status_code == 405
    assert client.get(address(ready, "give-up")).status_code == 405


class TestWhoMay:
    """View alone shows counts; importing takes the permission to add."""

    @pytest.fixture
    def viewer(self, client, ready):
        user = EnrolledStaffFactory(is_superuser=False)
        user.user_permissions.add(Permission.objects.get(codename="view_importbatch"))
        pass_second_factor(client, user)
        return user

    def test_a_viewer_sees_counts_and_nothing_else(self, client, viewer, ready):
        text = client.get(address(ready) + "?rows=1").content.decode()
        assert "新しい顧客" in text
        assert "池田" not in text
        assert "取り込みを始める" not in text
        for action in ("start", "give-up"):
            assert client.post(address(ready, action), {"confirmed": "1"}).status_code == 403
        assert client.get(address(ready, "report")).status_code == 403
        assert client.get(f"{LIST}add/").status_code == 403
        batch = ImportBatch.objects.get()
        assert (batch.job, batch.given_up_at) == (None, None)
        denied = AuditEntry.objects.filter(action="customers.import_denied", actor=f"user:{viewer.pk}")
        assert denied.count() == 3

    def test_staff_without_permission_see_nothing(self, client, ready):
        pass_second_factor(client, EnrolledStaffFactory(is_superuser=False))
        for path in (LIST, address(ready), address(ready, "report")):
            assert client.get(path).status_code in (403, 404)

    def test_customers_see_nothing(self, client, ready):
        client.force_login(UserFactory())
        for path in (LIST, f"{LIST}add/", address(ready), address(ready, "report")):
            assert client.get(path).status_code == 302
        assert client.post(address(ready, "start"), {"confirmed": "1"}).status_code == 302
        assert not ImportBatch.objects.get().job


def test_the_list_asks_the_same_for_one_and_for_thirty(client, manager):
    def queries():
        with CaptureQueriesContext(connection) as caught:
            assert client.get(LIST).status_code == 200
        return len(caught)

    def add(number):
        for _ in range(number):
            trial = Job.objects.create(kind="customers.import_trial", state=Job.State.DONE)
            ImportBatch.objects.create(format="base", encoding="utf-8", trial=trial, created_by=manager)

    client.get(LIST)
    add(1)
    few = queries()
    add(29)
    assert queries() == few


def test_nobody_finds_another_import(client, manager):
    assert client.get(f"{LIST}00000000-0000-0000-0000-000000000000/change/").status_code == 404
    assert client.post(f"{LIST}00000000-0000-0000-0000-000000000000/start/").status_code == 404
