"""What Prometheus is told, and who is told."""

import datetime
import json
import re
import time
from pathlib import Path

import pytest
import redis
from django.conf import settings as given
from django.core.checks import run_checks
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from privacy_portal.celery import app
from privacy_portal.core.metrics_registry import Figure, figures, register
from privacy_portal.core.models import Job, OutgoingMail
from privacy_portal.core.request_metrics import FiguresCollector
from privacy_portal.core.services import audit, doctor
from requests_app.models import IdentityCheck
from tests.factories.consent import OperatorFactory, RequestRuleFactory, catalogue
from tests.factories.core import UserFactory, sign_in_by_code
from tests.factories.requests import RequestFactory
from tests.support.mail import SmtpSink

pytestmark = pytest.mark.django_db

TOKEN = "a-token-of-the-operator-0123456789-abc"


def told(client: Client) -> dict[str, float]:
    response = client.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})
    assert response.status_code == 200
    lines = [line for line in response.content.decode().splitlines() if not line.startswith("#")]
    return {name: float(number) for name, _space, number in (line.rpartition(" ") for line in lines)}


@pytest.fixture(autouse=True)
def _token(settings) -> None:
    settings.METRICS_TOKEN = TOKEN


class TestWhoIsTold:
    def test_nobody_unless_the_operator_has_set_a_token(self, client: Client, settings) -> None:
        settings.METRICS_TOKEN = ""
        for shown in ({}, {"authorization": "Bearer "}, {"authorization": "Bearer"}):
            response = client.get("/metrics", headers=shown)
            assert (response.status_code, response.content) == (404, b"")

    @pytest.mark.parametrize("shown", ["", TOKEN, "Bearer ", f"Bearer {TOKEN}x", f"Basic {TOKEN}", "Bearer 高橋"])
    def test_nobody_with_another_token(self, client: Client, shown: str) -> None:
        response = client.get("/metrics", headers={"authorization": shown})
        assert (response.status_code, response.content) == (401, b"")
        assert response["WWW-Authenticate"] == "Bearer"

    def test_no_member_of_staff_and_no_customer(self, client: Client) -> None:
        sign_in_by_code(client, UserFactory())
        assert client.get("/metrics").status_code == 401

    def test_a_token_that_can_be_guessed_is_a_mistake(self, settings) -> None:
        settings.METRICS_TOKEN = "short"
        assert "core.E005" in {message.id for message in run_checks()}
        settings.METRICS_TOKEN = TOKEN
        assert "core.E005" not in {message.id for message in run_checks()}


class TestFigures:
    def test_mail(self, client: Client) -> None:
        now = timezone.now()
        for number, (state, due) in enumerate(
            [("queued", 90), ("queued", -60), ("waiting", 300), ("failed", 0), ("sent", 0)]
        ):
            OutgoingMail.objects.create(
                template="sign_in_code",
                language="ja",
                message_id=f"<{number}@x>",
                state=state,
                due_at=now - datetime.timedelta(seconds=due),
                sent_at=now if state == "sent" else None,
            )
        found = told(client)
        counted = {state: found[f'portal_mails{{state="{state}"}}'] for state in OutgoingMail.State.values}
        assert counted == {"queued": 2, "waiting": 1, "sending": 0, "failed": 1, "sent": 1}
        assert 300 <= found["portal_mail_oldest_due_seconds"] < 330

    def test_long_work_and_the_audit_trail(self, client: Client) -> None:
        Job.objects.create(kind="consent.import", created_at=timezone.now() - datetime.timedelta(minutes=5))
        audit.record(action="mail.retried", actor="worker")
        found = told(client)
        assert found['portal_jobs{state="waiting"}'] == 1
        assert 300 <= found["portal_job_oldest_waiting_seconds"] < 330
        assert 0 < found["portal_audit_oldest_unlinked_seconds"] < 30

    def test_queues(self, client: Client) -> None:
        with redis.Redis.from_url(
            given.CELERY_BROKER_URL.replace("redis+socket", "unix").replace("virtual_host", "db")
        ) as broker:
            broker.delete(app.conf.task_default_queue)
            app.send_task("core.sweep_mail")
            oldest = json.loads(broker.lindex(app.conf.task_default_queue, -1))
            oldest["headers"]["sent_at"] = time.time() - 120
            broker.rpush(app.conf.task_default_queue, json.dumps(oldest))
            try:
                found = told(client)
            finally:
                broker.delete(app.conf.task_default_queue)
        assert found['portal_queue_tasks{queue="celery"}'] == 2
        assert 120 <= found['portal_queue_oldest_seconds{queue="celery"}'] < 150

    def test_what_the_last_check_found(self, client: Client, smtp_sink: SmtpSink) -> None:
        assert "portal_worker_last_seen_seconds" not in told(client)
        OutgoingMail.objects.create(template="sign_in_code", language="ja", message_id="<1@x>", state="failed")
        doctor.say_alive(timezone.now())
        doctor.report(now=timezone.now(), thorough=True)
        found = told(client)
        assert found['portal_doctor_found{check="mail_failed",level="warning"}'] == 1
        assert found['portal_doctor_found{check="audit_chain",level="problem"}'] == 0
        assert found["portal_doctor_age_seconds"] < 30
        assert found["portal_worker_last_seen_seconds"] < 30

    def test_requests_and_checks_of_identity(self, client: Client) -> None:
        OperatorFactory()
        RequestRuleFactory()
        catalogue()
        today = timezone.localdate()
        RequestFactory.in_review(target_on=today - datetime.timedelta(days=1))
        RequestFactory.in_review(target_on=today)
        IdentityCheck.objects.update(created_at=timezone.now())
        found = told(client)
        assert found['portal_requests{queue="open"}'] == 2
        assert found['portal_requests{queue="overdue"}'] == 1
        assert found['portal_requests{queue="due_today"}'] == 1
        expected = IdentityCheck.objects.filter(method="facts", state="passed").count()
        assert expected
        assert found['portal_identity_checks{method="facts",state="passed"}'] == expected

    def test_the_same_statements_however_much_there_is(self) -> None:
        def statements() -> int:
            with CaptureQueriesContext(connection) as queries:
                list(FiguresCollector().collect())
            return len([query for query in queries if "SAVEPOINT" not in query["sql"]])

        before = statements()
        OperatorFactory()
        RequestRuleFactory()
        catalogue()
        RequestFactory.in_review()
        RequestFactory.in_review()
        assert statements() == before <= 16

    def test_one_that_fails_is_named_and_hides_no_other(self, client: Client, monkeypatch) -> None:
        from privacy_portal.core import metrics_registry

        monkeypatch.setattr(metrics_registry, "_figures", dict(metrics_registry._figures))

        def broken(now: datetime.datetime) -> dict[tuple[str, ...], float]:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1/0")
            return {}

        register(Figure("portal_broken", "x", (), broken), Figure("portal_after", "x", (), lambda now: {(): 7.0}))
        found = told(client)
        assert found['portal_figure_failed{figure="portal_broken"}'] == 1
        assert found["portal_after"] == 7
        assert not [name for name in found if name.startswith("portal_figure_failed") and "broken" not in name]

    def test_redis_away(self, client: Client, settings) -> None:
        settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
        found = told(client)
        assert found['portal_figure_failed{figure="portal_queue_tasks"}'] == 1
        assert found['portal_mails{state="queued"}'] == 0


class TestRequests:
    def test_by_view_method_and_status(self, client: Client) -> None:
        name = 'portal_request_seconds_count{method="GET",status="200",view="portal:contact"}'
        missing = 'portal_request_seconds_count{method="GET",status="404",view="none"}'
        OperatorFactory()
        before = told(client)
        client.get("/contact/?q=taro@shop.example")
        client.get("/taro@shop.example/")
        client.generic("TARO", "/contact/")
        after = told(client)
        assert after[name] - before.get(name, 0) == 1
        assert after[missing] - before.get(missing, 0) == 1
        assert "taro" not in " ".join(after).lower()

    def test_every_label_is_one_of_few_words(self, client: Client) -> None:
        for name in told(client):
            for value in re.findall(r'="([^"]*)"', name):
                assert re.fullmatch(r"[A-Za-z0-9_:.+-]*", value), name
                assert not re.search(r"[0-9a-f]{8}-|@", value), name


def test_the_document_names_every_figure() -> None:
    text = (Path(given.BASE_DIR) / "docs" / "monitoring.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^\| `(portal_[a-z_]+)`", text, re.MULTILINE))
    assert named == {figure.name for figure in figures()} | {"portal_request_seconds", "portal_figure_failed"}
