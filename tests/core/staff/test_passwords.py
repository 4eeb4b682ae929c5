"""Which passwords staff may choose."""

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from pytest_django import Settings

from privacy_portal.core.services import staff_accounts
from privacy_portal.core.staff import passwords
from privacy_portal.core.staff.passwords import words


@pytest.mark.parametrize(
    "password",
    [
        "PrivacyPortal2026",
        "admin-password-1",
        "rokusho-privacy!",
        "個人情報管理者パスワード2026",
        "shop.rokusho.shop1",
        "password1234",
        "short",
    ],
)
def test_words_of_this_portal_are_refused(settings: Settings, password: str) -> None:
    settings.PORTAL_URL = "https://privacy.rokusho.example"
    settings.DEFAULT_FROM_EMAIL = "Desk <desk@shop.example>"
    assert {"rokusho", "shop", "privacy"} <= set(words())
    with pytest.raises(ValidationError):
        validate_password(password)


@pytest.mark.parametrize(
    "password",
    [
        "829103745566",
        "correct horse battery staple",
        "privacy of nine otters",
        "ひらがなだけのことば",
        "a" * 11 + "b",
        "あ" * 200,
    ],
)
def test_any_composition_will_do(password: str) -> None:
    validate_password(password + "xyz"[: max(0, 12 - len(password))])


@pytest.mark.parametrize(
    "password",
    [
        "sunshine2026!",
        "Dr@gon12345678",
        "p4ssw0rdp4ssw0rd",
        "iloveyousunshine",
        "!!baseball!!1",
        "liverpool-liverpool",
        "qwertyuiop12",
        "zxcvbnmasdfghjkl",
        "123456789012",
        "abababababab",
    ],
)
def test_what_is_made_of_common_passwords_is_refused(password: str) -> None:
    with pytest.raises(ValidationError) as refused:
        validate_password(password)
    assert "password_made_of_common" in {error.code for error in refused.value.error_list}


def test_more_than_3000_common_ones_of_twelve_characters_are_refused() -> None:
    """What a guesser tries first where twelve characters are asked for: the words used most with the usual endings."""
    words = sorted(passwords.CommonPasswordValidator().passwords)[::10]
    tried = {word + ending for word in words for ending in ("123", "2026!", "12345", "1234567890", word)}
    tried = {password for password in tried if len(password) >= 12 and not set(password[:4]) <= set("0123456789")}
    refused = [password for password in tried if passwords.made_of_common(password)]
    assert len(refused) >= 3000
    assert len(refused) / len(tried) > 0.9


def test_the_passwords_that_we_make_ourselves_are_taken() -> None:
    for _one in range(200):
        validate_password(staff_accounts._new_password())
