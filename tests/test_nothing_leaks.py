"""The whole way of a request with unmistakable words, and then a search for each of them where none may be.

Logs of the web process and of the worker, everything that goes through the broker, every address, pages of errors, the
audit trail and Django's own log of the admin: personal data belong into none of them.
"""

import base64
import json
import logging
import re
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import redis
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.core import serializers
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from privacy_portal.core.logs import AddRequestId, WithoutValues
from privacy_portal.core.models import AuditEntry
from requests_app.domain.transitions import Status
from requests_app.models import DisclosureRequest, FoundContent, InstructionContact
from requests_app.services import intake
from tests.factories.consent import CustomerFactory, OperatorFactory, OrderFactory, RequestRuleFactory, catalogue
from tests.factories.core import EnrolledStaffFactory, pass_second_factor
from tests.support.hostile_files import pdf
from tests.support.mail import SmtpSink

MAIL = "sakurako.ijuin@mail.example"
FORM = "/requests/new/disclosure/"
PAGES: dict[str, dict[str, str]] = {
    "who": {"requester": "person"},
    "name": {"family_name": "伊集院", "given_name": "桜子", "family_kana": "イジュウイン", "given_kana": "サクラコ"},
    "contact": {
        "postal_code": "154-0017",
        "prefecture": "東京都",
        "address1": "世田谷区桜枝町7-8-9",
        "address2": "枝垂荘204",
        "telephone": "090-7654-3219",
    },
    "records": {
        "customer_number": "KOKYAKU-4711",
        "order_number": "CHUMON-0815",
        "registered_postal_code": "",
        "registered_address": "青森市浪打町3-2-1",
    },
    "wanted": {"wants_everything": "True", "wanted_note": "離婚の前に買った指輪のこと"},
    "method": {"answer_method": "download", "answer_method_note": ""},
}
TOLD = {
    "question": "どの指輪ですか、翡翠のものですか",
    "answer": "真珠のほうです、姑に知られたくありません",
    "reason": "琥珀の首飾りの記録もお渡しします",
    "note": "免許証の写真と声で確かめた柿崎です",
    "search": "いじゅういん",
    "memo": "姉の住まいは鎌倉とのこと",
    "place": "伊集院様の応対帳の棚",
    "finding": "珊瑚の帯留めの覚え書き",
    "found": "螺鈿の櫛を取り置き中",
    "file": "蒔絵の手箱の写し",
    "asked": "白磁の皿の修理はいつですか",
    "identifier": "顧客台帳の墨付き第八丁",
}
WORDS = sorted(
    {
        MAIL,
        "sakurako.ijuin",
        "1540017",
        "+819076543219",
        "9076543219",
        *TOLD.values(),
        *(value for page in PAGES.values() for value in page.values() if len(value) > 5 or not value.isascii()),
    }
    - {"東京都", "person", "download"}
)


def spellings(word: str) -> set[str]:
    """The ways in which a value may stand in an address, in JSON, or in the text of an error."""
    return {word, quote(word), json.dumps(word).strip('"'), ascii(word)[1:-1]}


def found_in(text: str) -> list[str]:
    return [word for word in WORDS if any(one and one in text for one in spellings(word))]


class Listening(logging.Handler):
    """Keeps what the web process would print."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.setFormatter(WithoutValues())
        self.addFilter(AddRequestId())
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        # The mail server of the tests lives in this process and tells what it gets.
        if record.name.startswith("mail."):
            return
        self.lines.append(self.format(record))


@contextmanager
def logged() -> Iterator[list[str]]:
    handler, root = Listening(), logging.getLogger()
    root.addHandler(handler)
    try:
        yield handler.lines
    finally:
        root.removeHandler(handler)


@contextmanager
def broker_overheard() -> Iterator[list[str]]:
    """Every command that Redis gets meanwhile, but for sessions; bodies of messages decoded."""
    heard: list[str] = []
    over = threading.Event()
    client = redis.Redis.from_url(settings.REDIS_URL)

    def listen() -> None:
        with client.monitor() as monitor:
            started.set()
            while not over.is_set():
                command = monitor.next_command()["command"]
                if "django.contrib.sessions" not in command:
                    heard.append(command)
                    heard.extend(_decoded(command))

    started = threading.Event()
    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    assert started.wait(10)
    try:
        yield heard
    finally:
        over.set()
        client.ping()  # wakes the listener up, so that it sees that it is over
        thread.join(10)


def _decoded(command: str) -> list[str]:
    bodies = re.findall(r'"body": "([A-Za-z0-9+/=]+)"', command.replace("\\", ""))
    return [base64.b64decode(body).decode() for body in bodies]


class Visitor:
    """A client whose every address and every page of an error is kept."""

    def __init__(self) -> None:
        self.client = Client(raise_request_exception=False)
        self.addresses: list[str] = []
        self.error_pages: list[str] = []

    def get(self, path: str) -> Any:
        return self._kept(path, self.client.get(path))

    def post(self, path: str, data: dict[str, Any] | None = None) -> Any:
        return self._kept(path, self.client.post(path, data or {}))

    def _kept(self, path: str, response: Any) -> Any:
        self.addresses += [path, response.headers.get("Location", "")]
        if response.status_code >= 400:
            self.error_pages.append(response.content.decode() + str(response.headers))
        return response


def wait_for(status: Status) -> DisclosureRequest:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        request = DisclosureRequest.objects.get()
        if request.status == status:
            return request
        time.sleep(0.1)
    raise AssertionError(f"the request is {request.status} and not {status}")


def mailed_code(mailbox: SmtpSink) -> str:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for mail in reversed(mailbox.to(MAIL)):
            if code := re.search(r"\b\d{4} \d{4}\b", mail.text):
                return code[0]
        time.sleep(0.1)
    raise AssertionError("no code came")


def file_request(person: Visitor, mailbox: SmtpSink) -> None:
    person.post("/sign-in/", {"email": MAIL})
    person.post("/sign-in/code/", {"code": mailed_code(mailbox)})
    for slug, answers in PAGES.items():
        if slug == "contact":
            # Refused first: what was typed stands on the page, and nowhere else.
            assert person.post(f"{FORM}{slug}/", {**answers, "postal_code": "12"}).status_code == 200
        assert person.post(f"{FORM}{slug}/", answers).status_code == 302, slug
    assert person.post(f"{FORM}check/").status_code == 302


def answer_request(person: Visitor, staff: Visitor, mailbox: SmtpSink) -> None:
    case = wait_for(Status.IDENTITY_REVIEW)
    page = f"/admin/requests_app/disclosurerequest/{case.pk}/"
    assert staff.get(f"{page}change/").status_code == 200
    found = staff.post(f"{page}identity/", {"words": TOLD["search"], "search": "1"})
    assert found.status_code == 200
    chosen = next(iter(found.context["form"].candidates))
    assert (
        staff.post(f"{page}identity/", {"words": TOLD["search"], "customer": chosen, "note": TOLD["note"]}).status_code
        == 302
    )
    assert staff.post(f"{page}ask/", {"body": TOLD["question"]}).status_code == 302
    wait_for(Status.WAITING)
    replied = person.post(f"/requests/{case.receipt_number}/messages/", {"body": TOLD["answer"]})
    assert replied.status_code == 302
    wait_for(Status.IN_REVIEW)
    work_on(staff, page, case)
    decision = {"outcome": "granted", "ground": "", "reason": TOLD["reason"], "measure": "", "confirmed": "1"}
    assert staff.post(f"{page}decide/", decision).status_code == 302
    wait_for(Status.ANSWERED)
    for tab in ("overview", "data", "messages", "files", "timeline"):
        assert staff.get(f"{page}change/?tab={tab}").status_code == 200


def work_on(staff: Visitor, page: str, case: DisclosureRequest) -> None:
    """What staff write for themselves, find by hand and ask of others; each refused once, with what was typed."""
    there = InstructionContact.objects.create(kind="staff", name="応対係", email="desk@shop.example")
    asked = {"addressee": f"contact:{there.pk}", "kind": "question", "text": TOLD["asked"]}
    assert staff.post(f"{page}instruct/", {**asked, "kind": "x"}).status_code == 200
    assert staff.post(f"{page}instruct/", {**asked, "identifier": TOLD["identifier"]}).status_code == 302
    assert staff.post(f"{page}note/", {"body": TOLD["memo"]}).status_code == 302
    finding = {"place": TOLD["place"], "result": "found", "note": TOLD["finding"]}
    assert staff.post(f"{page}finding/", {**finding, "result": "x"}).status_code == 200
    there_is = staff.post(f"{page}finding/", finding).headers["Location"]
    for content, status in ((b"MZ", 200), (pdf(), 302)):
        file = SimpleUploadedFile(f"{TOLD['file']}.pdf", content, content_type="application/pdf")
        assert staff.post(there_is, {"text": TOLD["found"], "file": file}).status_code == status
    stored = FoundContent.objects.exclude(file=None).get()
    opened = staff.post(f"{page}found/{stored.pk}/")
    assert TOLD["file"] not in str(opened.headers)
    assert b"".join(opened.streaming_content).startswith(b"%PDF-")
    assert staff.get(f"{page}decide/").status_code == 200


def fail_everywhere(person: Visitor, staff: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of errors: what is not there, what is forbidden, and a crash with a name in its message."""
    person.get("/requests/no-such-number/")
    person.get("/admin/")
    staff.get("/admin/requests_app/disclosurerequest/no-such-case/change/")

    def crash(**values: Any) -> None:
        raise ValueError(f"{PAGES['name']} {MAIL}")

    person.post(f"{FORM}who/", PAGES["who"])
    with monkeypatch.context() as patched:
        patched.setattr(intake, "save_draft", crash)
        assert person.post(f"{FORM}name/", PAGES["name"]).status_code == 500


@pytest.mark.django_db(transaction=True)
def test_no_personal_data_in_logs_broker_addresses_and_errors(
    celery_worker_process: subprocess.Popen[str],
    worker_log: Path,
    smtp_sink: SmtpSink,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    OperatorFactory()
    RequestRuleFactory()
    catalogue()
    name, contact = PAGES["name"], PAGES["contact"]
    customer = CustomerFactory(
        **{**name, "family_name": "伊集院", "address1": contact["address1"]}, email="other@mail.example", telephone=""
    )
    OrderFactory(customer=customer)
    person, staff = Visitor(), Visitor()
    pass_second_factor(staff.client, EnrolledStaffFactory())
    before = len(worker_log.read_text())
    with logged() as lines, broker_overheard() as commands:
        file_request(person, smtp_sink)
        answer_request(person, staff, smtp_sink)
        fail_everywhere(person, staff, monkeypatch)
    entries = AuditEntry.objects.all()
    places = {
        "log of the web process": "\n".join(lines),
        "log of the worker": worker_log.read_text()[before:],
        "broker": "\n".join(commands),
        "addresses": "\n".join(person.addresses + staff.addresses),
        "pages of errors": "\n".join(person.error_pages + staff.error_pages),
        "audit trail": serializers.serialize("json", entries, ensure_ascii=False),
        "log of the admin": serializers.serialize("json", LogEntry.objects.all(), ensure_ascii=False),
        "subjects and links of mails": "\n".join(
            f"{mail.message['Subject']} {re.findall('https?://[^ ]+', mail.text)}" for mail in smtp_sink.received
        ),
    }
    assert {place: found for place, text in places.items() if (found := found_in(text))} == {}
    # Each place was really written to, or the search would prove nothing.
    assert entries.count() > 10
    assert "ValueError (message withheld)" in places["log of the web process"]
    assert "requests.verify" in places["log of the worker"] or "succeeded" in places["log of the worker"]
    assert any("requests." in command for command in commands)
    assert len(person.error_pages) >= 2
    assert len(smtp_sink.to(MAIL)) >= 4
    assert smtp_sink.to("desk@shop.example")


@pytest.mark.parametrize("word", WORDS)
def test_the_search_would_find_it(word: str) -> None:
    for text in (f"x {word} y", json.dumps({"key": word}), f"/search/?q={quote(word)}", repr({"key": word})):
        assert word in found_in(text)
    body = base64.b64encode(json.dumps([[], {"word": word}, {}]).encode()).decode()
    assert word in found_in("".join(_decoded(json.dumps({"body": body}))))
