"""Queues per kind of work, as ``SEPARATE_QUEUES`` makes them."""

import json
import os
import subprocess
import sys

from tests.support.worker import ROOT

LOOK = """
import json, django
django.setup()
from privacy_portal.celery import app
from privacy_portal.core.doctor_checks import queues
app.loader.import_default_modules()
names = sorted(name for name in app.tasks if not name.startswith("celery."))
route = lambda name: app.amqp.router.route({}, name)["queue"].name
print(json.dumps([{name: route(name) for name in names}, queues(), sorted(app.amqp.queues)]))
"""


def look(separate: str) -> tuple[dict[str, str], list[str], list[str]]:
    done = subprocess.run(
        [sys.executable, "-c", LOOK],
        cwd=ROOT,
        env={**os.environ, "SEPARATE_QUEUES": separate},
        capture_output=True,
        text=True,
        check=True,
    )
    routed, asked, taken = json.loads(done.stdout)
    return routed, asked, taken


def test_one_queue_unless_asked_for() -> None:
    routed, asked, taken = look("false")
    assert set(routed.values()) == {"celery"}
    assert asked == taken == ["celery"]


def test_long_work_keeps_nobody_waiting_and_a_worker_without_names_takes_from_all() -> None:
    routed, asked, taken = look("true")
    assert asked == taken == ["celery", "long", "mail"]
    assert routed["core.send_mail_row"] == routed["core.sweep_mail"] == "mail"
    at_once = {"requests.verify_identity", "requests.fulfil", "requests.sweep", "core.link_audit_entries"}
    assert {routed[name] for name in at_once} == {"celery"}
    long = {name for name, queue in routed.items() if queue == "long"}
    assert {name for name in routed if "import" in name or "broadcast" in name or "provision" in name} <= long
