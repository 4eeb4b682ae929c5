"""Stored numbers as people in Japan write them."""

import phonenumbers


def written_postal_code(code: str) -> str:
    """Seven digits with their hyphen; anything else as it is."""
    return f"{code[:3]}-{code[3:]}" if len(code) == 7 else code


def written_telephone(number: str) -> str:
    """A stored number as its owner writes it: a Japanese one without the country code."""
    try:
        parsed = phonenumbers.parse(number, "JP")
    except phonenumbers.NumberParseException:
        return number
    kind = phonenumbers.PhoneNumberFormat
    return phonenumbers.format_number(parsed, kind.NATIONAL if parsed.country_code == 81 else kind.INTERNATIONAL)
