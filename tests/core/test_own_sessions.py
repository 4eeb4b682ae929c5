"""Everybody sees where they are signed in, and ends it."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from privacy_portal.core import browsers
from privacy_portal.core.models import AuditEntry, OwnSession, User
from privacy_portal.core.services import staff_accounts
from privacy_portal.core.session_end import LISTED
from tests.factories.core import PASSWORD, EnrolledStaffFactory, UserFactory, pass_second_factor, sign_in_by_code
from tests.support.limits import empty_redis

pytestmark = pytest.mark.django_db

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5"
    " Mobile/15E148 Safari/604.1"
)


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (FIREFOX, "WindowsのFirefox"),
        (IPHONE, "iPhoneのSafari"),
        (
            FIREFOX.replace("Gecko/20100101 Firefox/128.0", "Chrome/126.0 Safari/537.36 Edg/126.0"),
            "WindowsのMicrosoft Edge",
        ),
        (
            "Mozilla/5.0 (Linux; Android 14; SM-S911) AppleWebKit/537.36 SamsungBrowser/25.0 Chrome/121.0 Mobile",
            "AndroidのSamsung Internet",
        ),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/126.0.0.0 Safari/537.36", "LinuxのChrome"),
        ("Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) CriOS/126.0 Mobile/15E148 Safari/604.1", "iPadのChrome"),
        ("curl/8.5.0", "種類の分からないブラウザー"),
        ("<script>alert(1)</script> (Windows)", "Windows"),
        ("", "種類の分からないブラウザー"),
    ],
)
def test_browsers_in_plain_words(user_agent: str, words: str) -> None:
    assert browsers.in_words(*browsers.recognised(user_agent)) == words


def two_browsers(user: User) -> tuple[Client, Client]:
    pc, phone = Client(headers={"user-agent": FIREFOX}), Client(headers={"user-agent": IPHONE})
    for one in (pc, phone):
        sign_in_by_code(one, user)
        assert one.get("/requests/").status_code == 200
    return pc, phone


class TestCustomers:
    def test_the_other_browser_is_listed_and_ended(self, django_capture_on_commit_callbacks) -> None:  # type: ignore[no-untyped-def]
        user = UserFactory()
        pc, phone = two_browsers(user)
        page = pc.get("/sessions/").content.decode()
        assert page.index("WindowsのFirefox") < page.index("この端末") < page.index("iPhoneのSafari")
        for key in Session.objects.values_list("pk", flat=True):
            assert key not in page
        assert "127.0.0.1" not in page
        other = OwnSession.objects.get(user=user, system="iPhone")
        with django_capture_on_commit_callbacks(execute=True):
            answer = pc.post("/sessions/", {"end": str(other.pk)}, follow=True).content.decode()
        assert "その端末のログインを終わらせました。" in answer
        assert "iPhone" not in answer
        assert phone.get("/requests/").headers["Location"].startswith("/sign-in/")
        assert pc.get("/requests/").status_code == 200
        entry = AuditEntry.objects.get(action="sign_in.ended_elsewhere")
        assert (entry.object_id, entry.detail) == (str(user.pk), {"number": 1})

    def test_all_others_end_and_this_one_stays(self, django_capture_on_commit_callbacks) -> None:  # type: ignore[no-untyped-def]
        user = UserFactory()
        pc, phone = two_browsers(user)
        third = two_browsers(user)[0]
        stranger = Client()
        sign_in_by_code(stranger, UserFactory())
        stranger.get("/requests/")
        with django_capture_on_commit_callbacks(execute=True):
            assert "ほかの3台" in phone.post("/sessions/", {"others": "1"}, follow=True).content.decode()
        assert phone.get("/requests/").status_code == 200
        assert {pc.get("/requests/").status_code, third.get("/requests/").status_code} == {302}
        assert stranger.get("/requests/").status_code == 200

    def test_somebody_elses_session_stays(self, client: Client) -> None:
        victim = UserFactory()
        pc, _phone = two_browsers(victim)
        sign_in_by_code(client, UserFactory())
        for row in OwnSession.objects.filter(user=victim):
            answer = client.post("/sessions/", {"end": str(row.pk)}, follow=True).content.decode()
            assert "すでに終わっています" in answer
        assert "すでに終わって" in client.post("/sessions/", {"end": "1 OR 1=1"}, follow=True).content.decode()
        client.post("/sessions/", {"others": "1"})
        assert pc.get("/requests/").status_code == 200
        assert OwnSession.objects.filter(user=victim).count() == 2

    def test_it_stays_ended_when_the_cache_forgot_or_kept_too_much(self) -> None:
        user = UserFactory()
        pc, phone = two_browsers(user)
        empty_redis()
        assert phone.get("/requests/").status_code == 200
        # What a page that was loading at that moment leaves: a copy in the cache, of a session that is no more.
        OwnSession.objects.get(user=user, system="iPhone").session.delete()
        with time_machine.travel(timezone.now() + timedelta(seconds=61)):
            assert phone.get("/requests/").headers["Location"].startswith("/sign-in/")
            assert phone.get("/requests/").status_code == 302
            assert pc.get("/requests/").status_code == 200

    def test_a_copy_of_an_ended_session_is_not_listed_anew(self, client: Client) -> None:
        sign_in_by_code(client, UserFactory())
        Session.objects.all().delete()
        assert client.get("/requests/").status_code == 302
        assert not OwnSession.objects.exists()

    def test_what_ended_by_itself_is_not_listed(self) -> None:
        user = UserFactory()
        pc, _phone = two_browsers(user)
        OwnSession.objects.filter(user=user, system="iPhone").update(used_at=timezone.now() - timedelta(minutes=121))
        assert "iPhone" not in pc.get("/sessions/").content.decode()
        OwnSession.objects.filter(user=user, system="iPhone").update(
            used_at=timezone.now(), started_at=timezone.now() - timedelta(hours=13)
        )
        assert "iPhone" not in pc.get("/sessions/").content.decode()

    def test_signing_out_takes_the_line_away(self) -> None:
        user = UserFactory()
        pc, _phone = two_browsers(user)
        pc.post("/sign-out/")
        assert OwnSession.objects.get(user=user).system == "iPhone"

    def test_time_of_use_is_written_once_a_minute(self, client: Client, django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
        user, start = UserFactory(), timezone.now()
        with time_machine.travel(start, tick=False):
            sign_in_by_code(client, user)
            client.get("/requests/")
        with time_machine.travel(start + timedelta(seconds=59), tick=False), django_assert_num_queries(1):
            client.get("/language/")
        with time_machine.travel(start + timedelta(seconds=60), tick=False):
            client.get("/language/")
        row = OwnSession.objects.get()
        assert (row.used_at - row.started_at).total_seconds() == 60


class TestStaff:
    def test_staff_have_their_own_page(self, django_capture_on_commit_callbacks) -> None:  # type: ignore[no-untyped-def]
        staff = EnrolledStaffFactory()
        here, there = Client(headers={"user-agent": FIREFOX}), Client(headers={"user-agent": IPHONE})
        for one in (here, there):
            pass_second_factor(one, staff)
            assert one.get("/admin/").status_code == 200
        assert "/staff/sessions/" in here.get("/admin/").content.decode()
        assert "iPhoneのSafari" in here.get("/staff/sessions/").content.decode()
        with django_capture_on_commit_callbacks(execute=True):
            here.post("/staff/sessions/", {"others": "1"})
        assert there.get("/admin/").status_code == 302
        assert here.get("/admin/").status_code == 200

    def test_a_new_password_ends_the_others_and_keeps_this_one(self, django_capture_on_commit_callbacks) -> None:  # type: ignore[no-untyped-def]
        staff = EnrolledStaffFactory()
        here, there = Client(), Client()
        for one in (here, there):
            pass_second_factor(one, staff)
            one.get("/admin/")
        new = {
            "old_password": PASSWORD,
            "new_password1": "another long sentence 7",
            "new_password2": "another long sentence 7",
        }
        with django_capture_on_commit_callbacks(execute=True):
            assert here.post("/admin/password_change/", new).status_code == 302
        assert here.get("/admin/").status_code == 200
        assert there.get("/admin/").status_code == 302
        row = OwnSession.objects.get(user=staff)
        assert row.session_id == here.session.session_key == here.session[LISTED]

    def test_a_new_start_ends_all(self) -> None:
        staff = EnrolledStaffFactory()
        one = Client()
        pass_second_factor(one, staff)
        one.get("/admin/")
        staff_accounts.reset_sign_in(email=staff.email, actor="command")
        assert not OwnSession.objects.exists()
        assert one.get("/admin/").status_code == 302

    def test_a_new_factor_ends_the_others(self, django_capture_on_commit_callbacks) -> None:  # type: ignore[no-untyped-def]
        staff = EnrolledStaffFactory()
        here, there = Client(), Client()
        for one in (here, there):
            pass_second_factor(one, staff)
            one.get("/admin/")
        with django_capture_on_commit_callbacks(execute=True):
            assert here.post("/staff/second-factor/app/deactivate/").status_code == 302
        assert there.get("/admin/").status_code == 302
        assert OwnSession.objects.get(user=staff).session_id == here.session.session_key
