"""What every page and every mail knows about the operator."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .selectors import current_operator

# Address names of the pages that a customer must be able to find from everywhere (article 32(1)).
FOOTER_PAGES = (
    ("portal:purposes", gettext_lazy("利用目的")),
    ("portal:procedure", gettext_lazy("請求の手続")),
    ("portal:subcontractors", gettext_lazy("委託先の一覧")),
    ("portal:contact", gettext_lazy("お問い合わせ先")),
)


def operator(request: HttpRequest) -> dict[str, Any]:
    """Context processor: ``operator`` (read when first used; false without a profile) and ``footer_links``."""
    return {
        "operator": SimpleLazyObject(current_operator),
        "footer_links": [(label, reverse(name)) for name, label in FOOTER_PAGES],
    }


def mail_context() -> dict[str, str]:
    """Who writes a mail, in the active language; named by the setting ``MAIL_CONTEXT``."""
    sender = current_operator()
    if sender is None:
        return {
            "operator_name": _("個人情報の窓口"),
            "operator_contact": "",
            "operator_hours": "",
            "operator_address": "",
        }
    contacts = (sender.email, sender.telephone)
    return {
        "operator_name": sender.name,
        "operator_contact": "\n".join(contact for contact in contacts if contact),
        "operator_hours": sender.hours,
        "operator_address": sender.email,
    }
