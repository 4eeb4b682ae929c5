"""No link leads to another host, and no answer names a host that the request chose."""

import pytest
from django.test import Client

from tests.factories.core import PASSWORD, EnrolledStaffFactory, StaffFactory, UserFactory, pass_second_factor

pytestmark = pytest.mark.django_db
ELSEWHERE = (
    *("https://evil.example/", "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example"),
    *(
        "http:evil.example",
        "https:///evil.example",
        "javascript:alert(1)",
        "\t//evil.example",
        "https://testserver@evil.example/",
    ),
    *("/%0d%0aLocation:https://evil.example", "//testserver.evil.example/", "data:text/html,x"),
)


def leads_away(response: object) -> bool:
    location = response.headers.get("Location", "")  # type: ignore[attr-defined]
    return bool(location) and (not location.startswith("/") or location.startswith(("//", "/\\")) or "\n" in location)


@pytest.mark.parametrize("target", ELSEWHERE)
def test_no_page_leads_to_another_host(client: Client, target: str) -> None:
    person, staff = Client(), Client()
    person.force_login(UserFactory())
    pass_second_factor(staff, EnrolledStaffFactory())
    query = {"next": target}
    answers = [
        client.post("/language/", {"language": "en", "next": target}),
        client.get("/admin/login/", query),
        client.get("/sign-in/", query),
        person.get("/sign-in/", query),
        person.post("/sign-out/", query),
        staff.get("/admin/login/", query),
        staff.get("/staff/login/", query),
        staff.post("/staff/logout/", query),
        Client().post("/staff/login/", {"login": StaffFactory().email, "password": PASSWORD, "next": target}),
    ]
    assert [answer.headers["Location"] for answer in answers if leads_away(answer)] == []
    assert all(answer.status_code < 500 for answer in answers)


@pytest.mark.parametrize("address", ["/", "/sign-in/", "/admin/", "/.well-known/gpc.json", "/contact"])
def test_a_host_that_is_not_ours_gets_nothing(client: Client, address: str) -> None:
    for headers in ({"host": "evil.example"}, {"host": "testserver@evil.example"}, {"host": "testserver:80:80"}):
        assert client.get(address, headers=headers).status_code == 400
    answer = client.get(address, headers={"x-forwarded-host": "evil.example"})
    assert "evil.example" not in answer.headers.get("Location", "")
    assert b"evil.example" not in answer.content
