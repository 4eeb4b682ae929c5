"""What every page and every mail knows about the operator."""

import pytest
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import translation

from consent_app import context
from tests.factories.consent import OperatorFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("ja", {"operator_name": "例の店", "operator_hours": "12:00〜18:00"}),
        ("en", {"operator_name": "Example Shop", "operator_hours": "12:00–18:00"}),
    ],
)
def test_a_mail_is_signed_in_its_language(language: str, expected: dict[str, str]) -> None:
    OperatorFactory()
    with translation.override(language):
        assert context.mail_context() == {
            **expected,
            "operator_contact": "privacy@shop.example\n050-0000-0000",
            "operator_address": "privacy@shop.example",
        }


def test_a_mail_before_the_first_profile_is_signed_by_the_service() -> None:
    assert context.mail_context() == {
        "operator_name": "個人情報の窓口",
        "operator_contact": "",
        "operator_hours": "",
        "operator_address": "",
    }


def test_a_page_that_does_not_show_the_operator_does_not_read_it(
    rf: RequestFactory, django_assert_num_queries: pytest.FixtureRequest
) -> None:
    with django_assert_num_queries(0):  # type: ignore[operator]
        context.operator(rf.get("/"))


def test_templates_can_ask_whether_there_is_an_operator(rf: RequestFactory) -> None:
    template = Template("{% if operator %}{{ operator.name }}{% else %}none{% endif %}")
    assert template.render(Context(context.operator(rf.get("/")))) == "none"
    OperatorFactory()
    assert template.render(Context(context.operator(rf.get("/")))) == "例の店"
