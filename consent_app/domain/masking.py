"""How personal data is shown where nobody asked to see it."""

from __future__ import annotations

DOTS = "●●●"


def masked_name(name: str) -> str:
    """The first character; the number of dots says nothing about the length."""
    name = name.strip()
    return f"{name[0]}{DOTS}" if name else ""


def masked_email(email: str) -> str:
    """The first character and the domain."""
    local, at, domain = email.rpartition("@")
    return f"{local[0]}{DOTS}@{domain}" if local and at else (DOTS if email else "")


def masked_telephone(telephone: str) -> str:
    """The last two digits."""
    return f"{DOTS}{telephone[-2:]}" if telephone else ""
