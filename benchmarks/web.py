"""Sending a request and entering a code, over HTTP: one gunicorn process, one browser after the other.

    .venv/bin/python -m benchmarks.web [--posts 300] [--rounds 3]

Forms are posted with session and CSRF token to a gunicorn with one worker process; the database waits for the disk. The
baseline, on the same server in the same run, is a bare Django view that inserts one row: no session, no CSRF, no model.
A second baseline does the same within the product's own middleware, for somebody who has signed in. The rounds
alternate, and the best of each counts. Accounts that have sent a request are not used again; when they run
out, make the database anew.
"""

import contextlib
import http.client
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from . import data, environment
from .measure import median, percentile, row, statements, table

ROOT = Path(__file__).resolve().parent.parent
ANSWERS = {
    "requester": "person",
    "family_name": "高橋",
    "given_name": "花子",
    "family_kana": "タカハシ",
    "given_kana": "ハナコ",
    "postal_code": "1000001",
    "prefecture": "東京都",
    "address1": "千代田区例町4-5-6",
    "address2": "",
    "telephone": "09012345678",
    "birth_date": "",
    "customer_number": "",
    "order_number": "",
    "registered_postal_code": "",
    "registered_address": "",
    "wants_everything": True,
    "wanted_items": [],
    "wanted_note": "",
    "answer_method": "download",
    "answer_method_note": "",
}
# A post: where to, its fields, its cookies.
Post = tuple[str, dict[str, str], dict[str, str]]


@contextlib.contextmanager
def server(application: str, environ: dict[str, str]) -> Iterator["Server"]:
    """A gunicorn with one worker process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", application, "--workers", "1", "--bind", f"127.0.0.1:{port}",
               "--no-control-socket", "--log-level", "warning"]  # fmt: skip
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "TRUSTED_PROXY_HOPS": "1", **environ})
    try:
        for _try in range(300):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.1)
        yield Server(port, process.pid)
    finally:
        process.terminate()
        process.wait(30)


class Server:
    """Where it listens, and what it has computed."""

    def __init__(self, port: int, pid: int) -> None:
        self.port, self.pid = port, pid

    def cpu(self) -> float:
        """Seconds of processor time of the worker process so far."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return sum(int(Path(f"/proc/{one}/schedstat").read_text().split()[0]) for one in children) / 1e9

    def post(self, post: Post, number: int) -> tuple[int, str]:
        """Send one form over a connection of its own, as from an address of its own; the status and where to next."""
        path, fields, cookies = post
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
            "X-Forwarded-For": f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}",
        }
        connection.request("POST", path, urlencode(fields), headers)
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer.status, answer.getheader("Location", "")


def _csrf() -> str:
    from django.middleware.csrf import _get_new_csrf_string

    return _get_new_csrf_string()


def _signed_in(user: Any) -> dict[str, str]:
    from django.conf import settings
    from django.test import Client

    from privacy_portal.core.session_end import LISTED, SEEN, STARTED
    from tests.factories.core import sign_in_by_code

    client = Client()
    sign_in_by_code(client, user)
    session = client.session
    # As the pages before have left it.
    session[STARTED] = session[SEEN] = int(time.time())
    session[LISTED] = session.session_key
    session.save()
    return {settings.SESSION_COOKIE_NAME: client.cookies[settings.SESSION_COOKIE_NAME].value}


def intakes(count: int) -> list[Post]:
    """Accounts with a filled-in form, ready to be sent."""
    from django.utils import timezone

    from privacy_portal.core.models import User
    from requests_app.services import intake

    users = User.objects.filter(is_staff=False, disclosure_requests=None, drafts=None).order_by("-pk")[:count]
    posts = []
    for user in users:
        intake.save_draft(user=user, request_type="disclosure", answers=ANSWERS, now=timezone.now())
        token = _csrf()
        cookies = {**_signed_in(user), "csrftoken": token}
        posts.append(("/requests/new/disclosure/check/", {"csrfmiddlewaretoken": token}, cookies))
    return posts


def codes(count: int) -> list[Post]:
    """Codes that were mailed, ready to be entered."""
    from importlib import import_module

    from django.conf import settings

    from privacy_portal.core.models import OutgoingMail, User
    from privacy_portal.core.portal.pending import PendingSignIn
    from privacy_portal.core.services import sign_in

    store = import_module(settings.SESSION_ENGINE).SessionStore
    posts = []
    for user in User.objects.filter(is_staff=False).order_by("pk")[:count]:
        row = sign_in.request_code(address=user.email, language="ja", client=_csrf())
        mail = OutgoingMail.objects.filter(template="sign_in_code").latest("created_at")
        found = re.search(r"\d{4} \d{4}", str(mail.body_text))
        if found is None:
            raise RuntimeError("There is no code in the mail.")
        session = store()
        PendingSignIn(code_id=row.id, address=user.email, next_url="", sent_at=time.time()).save(session)
        session.save()
        token = _csrf()
        cookies = {settings.SESSION_COOKIE_NAME: session.session_key, "csrftoken": token}
        posts.append(("/sign-in/code/", {"csrfmiddlewaretoken": token, "code": found[0]}, cookies))
    return posts


def bare(count: int) -> list[Post]:
    """As many rows to insert."""
    return [("/", {"text": "高橋 花子"}, {})] * count


def framed(count: int) -> list[Post]:
    """As many rows to insert, each by somebody else who has signed in."""
    from privacy_portal.core.models import User

    posts = []
    for user in User.objects.filter(is_staff=False).order_by("pk")[:count]:
        token = _csrf()
        fields = {"text": "高橋 花子", "csrfmiddlewaretoken": token}
        posts.append(("/one-row/", fields, {**_signed_in(user), "csrftoken": token}))
    return posts


def statements_of(maker: Callable[[int], list[Post]]) -> int:
    """Statements of one such post, in this process; the one before it fills the caches."""
    from django.test import Client

    for post in maker(2):
        client = Client()
        client.cookies.load(post[2])
        with statements() as sent:
            client.post(*post[:2])
    return len(sent)


def measured(running: Server, posts: list[Post], says: str) -> tuple[float, list[float], float]:
    """Posts a second, the time of each in ms, and processor time of the web process for each in ms."""
    times, cpu = [], running.cpu()
    started = time.perf_counter()
    for number, post in enumerate(posts):
        one = time.perf_counter()
        status, location = running.post(post, number)
        times.append((time.perf_counter() - one) * 1000)
        if status not in (204, 302) or says not in location:
            raise SystemExit(f"{post[0]}: {status} {location}")
    taken = time.perf_counter() - started
    return len(posts) / taken, times, (running.cpu() - cpu) / len(posts) * 1000


def run(posts: int, rounds: int, environ: dict[str, str] | None = None) -> None:
    """Alternate between the three; print the best round of each."""
    from django.core.cache import cache
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS benchmarks_bare (id bigserial PRIMARY KEY, text text NOT NULL)")
    cache.clear()
    makers: dict[str, tuple[Callable[[int], list[Post]], str]] = {
        "bare view": (bare, ""),
        "the same, signed in, within our middleware": (framed, ""),
        "sending a request": (intakes, "/received/"),
        "entering a code": (codes, "/"),
    }
    sql = {name: statements_of(maker) for name, (maker, _says) in makers.items() if maker in (intakes, codes)}
    best: dict[str, tuple[float, list[float], float]] = {}
    with (
        server("privacy_portal.wsgi:application", environ or {}) as ours,
        server("benchmarks.bare:application", environ or {}) as plain,
        server("benchmarks.framed:application", environ or {}) as frame,
    ):
        servers = {bare: plain, framed: frame}
        for number in range(rounds + 1):
            for name, (maker, says) in makers.items():
                made = maker(posts if number else 5)  # the first one warms up
                one = measured(servers.get(maker, ours), made, says)
                if number and (name not in best or one[0] > best[name][0]):
                    best[name] = one
    table("post", "a second", "p50 ms", "p95 ms", "CPU ms of the web process", "statements", "of the bare view",
          "of the one in our frame")  # fmt: skip
    rates = [one[0] for one in best.values()]
    for name, (rate, times, cpu) in best.items():
        row(name, f"{rate:.0f}", f"{median(times):.1f}", f"{percentile(times, 0.95):.1f}", f"{cpu:.1f}",
            sql.get(name, ""), f"{rate / rates[0]:.0%}", f"{rate / rates[1]:.0%}")  # fmt: skip


def main() -> None:
    """See the head of the module."""
    chosen = environment.arguments(__doc__, customers=1_000_000, requests=200_000, posts=300, rounds=3)
    environment.prepare()
    data.make(chosen.customers, chosen.requests)
    print(environment.machine())
    run(chosen.posts, chosen.rounds)


if __name__ == "__main__":
    main()
