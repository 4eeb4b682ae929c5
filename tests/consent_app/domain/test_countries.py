"""Names of countries."""

from django.utils import translation

from consent_app.domain.countries import country_name
from consent_app.domain.duties import EQUIVALENT_COUNTRIES


def test_names_in_both_languages_and_the_code_of_others() -> None:
    assert country_name("JP") == "日本（JP）"
    assert country_name("ZZ") == "ZZ"
    with translation.override("en"):
        assert country_name("JP") == "Japan (JP)"


def test_every_country_with_equivalent_protection_has_a_name() -> None:
    assert len(EQUIVALENT_COUNTRIES) == 31
    assert [code for code in EQUIVALENT_COUNTRIES if country_name(code) == code] == []
