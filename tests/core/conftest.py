"""Fixtures for the kernel's tests."""

from pathlib import Path

import pytest
from pytest_django import Settings

from tests.support.mail import SmtpSink


@pytest.fixture
def mail_templates(tmp_path: Path, settings: Settings) -> Path:
    """A folder of mail templates in front of the product's, with one mail ``greeting`` in both languages.

    It uses the product's layout; the operator's part comes from :func:`mail_context`.
    """
    for template in ("greeting", "sign_in_code"):
        for language, hello in (("ja", "こんにちは"), ("en", "Hello")):
            folder = tmp_path / "emails" / template / language
            folder.mkdir(parents=True)
            (folder / "subject.txt").write_text(f"{hello} {{{{ name }}}}\n")
            (folder / "body.txt").write_text(
                f'{{% extends "emails/layout.txt" %}}{{% block body %}}{hello}、{{{{ name }}}}{{% endblock %}}'
            )
            (folder / "body.html").write_text(
                f'{{% extends "emails/layout.html" %}}{{% block body %}}<p>{hello}、{{{{ name }}}}</p>{{% endblock %}}'
            )
    engine = settings.TEMPLATES[0]
    settings.TEMPLATES = [{**engine, "DIRS": [tmp_path, *engine["DIRS"]]}]
    settings.MAIL_CONTEXT = "tests.core.conftest.mail_context"
    return tmp_path


def mail_context() -> dict[str, str]:
    """What the operator's profile gives in the product."""
    return {
        "operator_name": "六書・商店 Ltd.",
        "operator_contact": "個人情報窓口\n03-0000-0000",
        "operator_hours": "平日",
        "operator_address": "desk@shop.example",
    }


@pytest.fixture
def no_server(smtp_sink: SmtpSink, settings: Settings) -> None:
    """Nobody listens where the mail server should be."""
    settings.EMAIL_PORT = 1
