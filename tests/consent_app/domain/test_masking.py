"""What a mask leaves visible."""

import pytest

from consent_app.domain.masking import masked_email, masked_name, masked_telephone


@pytest.mark.parametrize(
    ("name", "shown"), [("髙橋　花子", "髙●●●"), ("𠮷田", "𠮷●●●"), (" 林 ", "林●●●"), ("", ""), ("　", "")]
)
def test_name(name: str, shown: str) -> None:
    assert masked_name(name) == shown


@pytest.mark.parametrize(
    ("email", "shown"),
    [
        ("hanako@post.example", "h●●●@post.example"),
        ('"a@b"@post.example', '"●●●@post.example'),
        ("broken", "●●●"),
        ("", ""),
    ],
)
def test_email(email: str, shown: str) -> None:
    assert masked_email(email) == shown


@pytest.mark.parametrize(("number", "shown"), [("+819012345678", "●●●78"), ("", "")])
def test_telephone(number: str, shown: str) -> None:
    assert masked_telephone(number) == shown
