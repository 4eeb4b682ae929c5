"""Staff sign-in: the admin opens to nobody without a second factor in this very session."""

import re
import time
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.contrib.admin import site
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from privacy_portal.core.models import AuditEntry, OutgoingMail, User
from privacy_portal.core.staff import secrets
from tests.factories.core import (
    PASSWORD,
    TOTP_SECRET,
    EnrolledStaffFactory,
    StaffFactory,
    UserFactory,
    pass_second_factor,
)

pytestmark = pytest.mark.django_db

LOGIN = "/staff/login/"
AUTHENTICATE = "/staff/second-factor/authenticate/"


def totp(secret: str = TOTP_SECRET, steps: int = 0) -> str:
    """The code that the app shows now, or some steps of 30 seconds away."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps))


def wrong_totp() -> str:
    right = {totp(steps=steps) for steps in range(-2, 3)}
    return next(code for code in ("000000", "111111", "222222", "333333", "444444", "555555") if code not in right)


def password_step(client: Client, user: User, password: str = PASSWORD, **data: Any) -> Any:
    return client.post(LOGIN, {"login": user.email, "password": password, **data})


def admin_is_open(client: Client) -> bool:
    response = client.get("/admin/")
    assert response.status_code in (200, 302)
    return response.status_code == 200


def by_code(client: Client, user: User) -> None:
    client.post("/sign-in/", {"email": user.email})
    mail = OutgoingMail.objects.filter(template="sign_in_code").latest("created_at")
    found = re.search(r"\d{4} \d{4}", mail.body_text or "")
    assert found
    client.post("/sign-in/code/", {"code": found[0]})
    assert client.session["_auth_user_id"] == str(user.pk)


def test_password_and_app_open_the_admin(client: Client) -> None:
    user = EnrolledStaffFactory()
    assert password_step(client, user)["Location"] == AUTHENTICATE
    assert not admin_is_open(client)
    response = client.post(AUTHENTICATE, {"code": totp()})
    assert response["Location"] == "/admin/"
    assert admin_is_open(client)
    assert AuditEntry.objects.filter(action="staff_sign_in.succeeded", actor=f"user:{user.pk}").exists()


def test_recovery_code_opens_once(client: Client) -> None:
    user = EnrolledStaffFactory()
    with secrets.of(user):
        code = Authenticator.objects.get(user=user, type="recovery_codes").wrap().get_unused_codes()[0]
    password_step(client, user)
    client.post(AUTHENTICATE, {"code": f"{code[:4]} {code[4:]}"})
    assert admin_is_open(client)
    assert AuditEntry.objects.filter(action="second_factor.recovery_code_used").exists()
    again = Client()
    password_step(again, user)
    again.post(AUTHENTICATE, {"code": code})
    assert not admin_is_open(again)


def test_password_alone_is_refused_and_leads_to_the_second_factor(client: Client) -> None:
    user = EnrolledStaffFactory()
    password_step(client, user)
    assert "_auth_user_id" not in client.session
    assert client.get("/admin/", follow=True).redirect_chain[-1][0].startswith(LOGIN)


def test_session_without_record_of_a_second_factor_is_refused(client: Client) -> None:
    client.force_login(EnrolledStaffFactory())
    assert not admin_is_open(client)
    assert client.get("/admin/", follow=True).redirect_chain[-1][0].startswith(LOGIN)
    assert AuditEntry.objects.filter(action="admin.denied").exists()


def test_record_of_another_account_does_not_count(client: Client) -> None:
    user, other = EnrolledStaffFactory(), EnrolledStaffFactory()
    pass_second_factor(client, other)
    assert admin_is_open(client)
    session = client.session
    session["_auth_user_id"] = str(user.pk)
    session["_auth_user_hash"] = user.get_session_auth_hash()
    session.save()
    assert not admin_is_open(client)


def test_portal_sign_in_of_staff_opens_neither_admin_nor_second_factor_pages(client: Client) -> None:
    for user in (EnrolledStaffFactory(), StaffFactory()):
        browser = Client()
        by_code(browser, user)
        assert not admin_is_open(browser)
        for name in STAFF_PAGES:
            response = browser.get(reverse(name, args=[1] if "pk" in STAFF_PAGES[name] else []))
            assert response.status_code == 302, name
            assert response["Location"].startswith(LOGIN), name


def test_portal_session_in_the_same_browser_does_not_help_the_staff_sign_in(client: Client) -> None:
    user = EnrolledStaffFactory()
    by_code(client, user)
    assert client.get(LOGIN).status_code == 200
    password_step(client, user)
    assert "_auth_user_id" not in client.session
    client.post(AUTHENTICATE, {"code": totp()})
    assert admin_is_open(client)


@pytest.mark.parametrize("is_active", [True, False])
def test_customers_are_refused_like_a_wrong_password(client: Client, is_active: bool) -> None:
    customer = UserFactory(is_active=is_active)
    customer.set_password(PASSWORD)
    customer.save()
    staff = StaffFactory()
    answers = []
    for user, password in ((customer, PASSWORD), (staff, "wrong"), (UserFactory.build(), "wrong")):
        response = Client().post(LOGIN, {"login": user.email, "password": password})
        answers.append(str(response.context["form"].errors))
    assert len(set(answers)) == 1
    client.force_login(customer)
    assert not admin_is_open(client)


def test_disabled_staff_is_refused(client: Client) -> None:
    user = EnrolledStaffFactory(is_active=False)
    password_step(client, user)
    assert not admin_is_open(client)
    pass_second_factor(client, user)
    assert not admin_is_open(client)


def test_first_sign_in_enrols_and_enrolling_counts(client: Client, django_capture_on_commit_callbacks: Any) -> None:
    user = StaffFactory()
    client.get("/admin/")
    password_step(client, user, next="/admin/")
    assert not admin_is_open(client)
    response = client.get("/admin/", follow=True)
    assert response.redirect_chain[-1][0] == "/staff/second-factor/"
    page = client.get("/staff/second-factor/app/activate/")
    assert page.status_code == 200
    assert "<svg " in page.content.decode()
    secret = page.context["form"].secret
    assert secret not in str(dict(client.session.items()))
    response = client.post("/staff/second-factor/app/activate/", {"code": wrong_totp()})
    assert response.status_code == 200
    with django_capture_on_commit_callbacks(execute=True):
        response = client.post("/staff/second-factor/app/activate/", {"code": totp(secret)})
    assert response["Location"] == "/staff/second-factor/recovery-codes/"
    codes = client.get("/staff/second-factor/recovery-codes/")
    assert codes.status_code == 200
    assert len(codes.context["unused_codes"]) == 10
    assert admin_is_open(client)
    assert AuditEntry.objects.filter(action="second_factor.changed", detail={"event": "app_added"}).exists()


def test_secrets_are_encrypted_at_rest() -> None:
    user = EnrolledStaffFactory()
    for authenticator in Authenticator.objects.filter(user=user):
        stored = str(authenticator.data)
        assert TOTP_SECRET not in stored
        with secrets.of(user):
            codes = authenticator.wrap().generate_codes() if authenticator.type == "recovery_codes" else []
        for code in codes:
            assert code not in stored
    with secrets.of(user):
        assert Authenticator.objects.get(user=user, type="totp").wrap().validate_code(totp())


def test_a_secret_copied_to_another_account_opens_nothing(client: Client) -> None:
    """Whoever can write to the database puts the secret of an app of their own into the manager's row."""
    manager, attacker = EnrolledStaffFactory(), EnrolledStaffFactory()
    for kind in ("totp", "recovery_codes"):
        taken = Authenticator.objects.get(user=attacker, type=kind)
        Authenticator.objects.filter(user=manager, type=kind).update(data=taken.data)
    with secrets.of(attacker):
        recovery = Authenticator.objects.get(user=attacker, type="recovery_codes").wrap().get_unused_codes()[0]
    password_step(client, manager)
    for code in (totp(), recovery):
        response = client.post(AUTHENTICATE, {"code": code})
        assert response.status_code == 200
        assert response.context["form"].errors
    assert not admin_is_open(client)
    assert AuditEntry.objects.filter(action="second_factor.failed").count() == 2


def test_an_enrolment_begun_in_another_account_is_not_taken_over(client: Client) -> None:
    password_step(client, StaffFactory())
    client.get("/staff/second-factor/app/activate/")
    stolen = client.session["mfa.totp.secret"]
    other = Client()
    password_step(other, StaffFactory())
    session = other.session
    session["mfa.totp.secret"] = stolen
    session.save()
    page = other.post("/staff/second-factor/app/activate/", {"code": "000000"})
    assert page.status_code == 200
    assert other.session["mfa.totp.secret"] != stolen


def test_nobodys_secret_is_refused() -> None:
    with pytest.raises(RuntimeError):
        secrets.seal("x")


def test_a_code_of_the_app_works_once_in_all_the_time_it_is_valid() -> None:
    user = EnrolledStaffFactory()
    with time_machine.travel("2026-11-20T10:00:05+09:00", tick=False) as clock:
        code = totp()
        first = Client()
        password_step(first, user)
        first.post(AUTHENTICATE, {"code": code})
        assert admin_is_open(first)
        clock.shift(40)
        second = Client()
        password_step(second, user)
        second.post(AUTHENTICATE, {"code": code})
        assert not admin_is_open(second)


def test_tries_of_the_second_factor_are_limited_over_all_sessions() -> None:
    user = EnrolledStaffFactory()
    for _ in range(5):
        browser = Client()
        password_step(browser, user)
        browser.post(AUTHENTICATE, {"code": wrong_totp()})
    browser = Client()
    # Five passwords from one client within five minutes is that limit too; the sixth comes from elsewhere.
    browser.post(LOGIN, {"login": user.email, "password": PASSWORD}, REMOTE_ADDR="192.0.2.7")
    response = browser.post(AUTHENTICATE, {"code": totp()})
    assert "分後" in str(response.context["form"].errors)
    assert not admin_is_open(browser)
    assert AuditEntry.objects.filter(action="second_factor.limited").count() == 1
    assert AuditEntry.objects.filter(action="second_factor.failed").count() == 5


def test_password_tries_are_limited_for_account_and_client_together() -> None:
    user = EnrolledStaffFactory()
    for _ in range(5):
        Client().post(LOGIN, {"login": user.email, "password": "wrong"})
    response = Client().post(LOGIN, {"login": user.email, "password": PASSWORD})
    assert response.status_code == 429
    assert "分後" in str(response.context["form"].errors)
    elsewhere = Client().post(LOGIN, {"login": user.email, "password": PASSWORD}, REMOTE_ADDR="192.0.2.7")
    assert elsewhere["Location"] == AUTHENTICATE


# Every page that changes or shows second factors, by what its address needs.
STAFF_PAGES = {
    "staff_sessions": "",
    "mfa_index": "",
    "mfa_activate_totp": "",
    "mfa_deactivate_totp": "",
    "mfa_view_recovery_codes": "",
    "mfa_generate_recovery_codes": "",
    "mfa_download_recovery_codes": "",
    "mfa_reauthenticate": "",
    "mfa_list_webauthn": "",
    "mfa_add_webauthn": "",
    "mfa_reauthenticate_webauthn": "",
    "mfa_edit_webauthn": "pk",
    "mfa_remove_webauthn": "pk",
    "account_reauthenticate": "",
}
OPEN_PAGES = {"account_login", "account_logout", "account_inactive", "mfa_authenticate"}


def test_every_staff_page_is_listed_here() -> None:
    import privacy_portal.core.staff.urls as urls

    assert {pattern.name for pattern in urls.urlpatterns} == set(STAFF_PAGES) | OPEN_PAGES


def admin_paths(patterns: list[URLPattern | URLResolver], prefix: str) -> list[str]:
    paths = []
    for pattern in patterns:
        route = prefix + re.sub(r"<[^>]+>|\(\?P<\w+>[^)]*\)", "1", str(pattern.pattern)).replace("^", "").replace(
            "$", ""
        )
        if isinstance(pattern, URLResolver):
            paths += admin_paths(pattern.url_patterns, route)
        else:
            paths.append("/" + route)
    return paths


def test_every_admin_page_is_closed_without_a_second_factor(client: Client) -> None:
    admin = next(pattern for pattern in get_resolver().url_patterns if str(pattern.pattern) == "admin/")
    paths = admin_paths(admin.url_patterns, "admin/")
    assert len(paths) > 8
    client.force_login(EnrolledStaffFactory())
    for path in paths:
        for method in (client.get, client.post):
            response = method(path)
            assert response.status_code in (302, 404, 405), path
            if response.status_code == 302:
                assert response["Location"].startswith(("/admin/login/", LOGIN, "/admin/")), path


def test_authenticators_cannot_be_edited_in_the_admin() -> None:
    assert not {model._meta.app_label for model in site._registry} & {"account", "mfa"}


@pytest.mark.parametrize("language", ["ja", "en"])
def test_staff_pages_render_for_whoever_passed(client: Client, language: str) -> None:
    user = EnrolledStaffFactory()
    pass_second_factor(client, user)
    client.cookies["django_language"] = language
    for name, needs in STAFF_PAGES.items():
        if needs or name in ("mfa_activate_totp", "mfa_reauthenticate_webauthn", "account_reauthenticate"):
            continue
        response = client.get(reverse(name))
        assert response.status_code == 200, name
        assert response["Cache-Control"] == "no-store, private", name
    password_step(client, user)
    assert client.get(reverse("account_logout")).status_code in (200, 302)


def test_stale_proof_is_asked_again_and_only_by_the_second_factor(client: Client) -> None:
    user = EnrolledStaffFactory()
    with time_machine.travel("2026-11-20T10:00:05+09:00", tick=False) as clock:
        pass_second_factor(client, user)
        clock.shift(400)
        response = client.get(reverse("mfa_view_recovery_codes"))
        assert response["Location"].startswith("/staff/second-factor/reauthenticate/")
        assert client.get(reverse("account_reauthenticate")).status_code == 302
        response = client.post(response["Location"], {"code": totp()})
        assert response["Location"] == reverse("mfa_view_recovery_codes")
        assert client.get(reverse("mfa_view_recovery_codes")).status_code == 200


def test_leaving_the_admin_is_a_post_and_recorded(client: Client) -> None:
    pass_second_factor(client, EnrolledStaffFactory())
    assert client.get("/admin/logout/").status_code == 405
    assert client.post("/admin/logout/")["Location"] == LOGIN
    assert "_auth_user_id" not in client.session
    assert AuditEntry.objects.filter(action="sign_in.ended").exists()


def test_changing_the_password_is_recorded(client: Client) -> None:
    user = EnrolledStaffFactory()
    pass_second_factor(client, user)
    new = "another long enough phrase"
    wrong = {"old_password": "wrong", "new_password1": new, "new_password2": new}
    client.post("/admin/password_change/", wrong)
    assert not AuditEntry.objects.filter(action="staff_sign_in.password_changed").exists()
    client.post("/admin/password_change/", {**wrong, "old_password": PASSWORD})
    user.refresh_from_db()
    assert user.check_password(new)
    assert AuditEntry.objects.filter(action="staff_sign_in.password_changed").exists()


def test_removing_the_last_factor_closes_the_admin_until_one_is_set_up(client: Client) -> None:
    user = EnrolledStaffFactory()
    client.get(LOGIN)
    password_step(client, user)
    client.post(AUTHENTICATE, {"code": totp()})
    client.post(reverse("mfa_deactivate_totp"))
    assert not Authenticator.objects.filter(user=user).exists()
    assert not admin_is_open(client)
    assert client.get("/admin/", follow=True).redirect_chain[-1][0] == "/staff/second-factor/"
    notice = OutgoingMail.objects.get(template="staff_security")
    assert "認証アプリが外されました" in (notice.body_text or "")
    assert "127.0.0.1" not in (notice.body_text or "")
