"""Which passwords staff may choose."""

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from pytest_django import Settings

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
