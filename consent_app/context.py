"""What every page and every mail knows about the operator."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from . import selectors
from .selectors import current_operator

# Address names of the pages that a customer must be able to find from everywhere (article 32(1)).
FOOTER_PAGES = (
    ("portal:policy", gettext_lazy("プライバシーポリシー")),
    ("portal:matters", gettext_lazy("公表事項")),
    ("portal:purposes", gettext_lazy("利用目的")),
    ("portal:procedure", gettext_lazy("請求の手続")),
    ("portal:subcontractors", gettext_lazy("委託先の一覧")),
    ("portal:joint_use", gettext_lazy("共同利用")),
    ("portal:trackers", gettext_lazy("クッキーと閲覧の記録")),
    ("portal:contact", gettext_lazy("お問い合わせ先")),
)


def operator(request: HttpRequest) -> dict[str, Any]:
    """Context processor: ``operator`` (read when first used; false without a profile), ``policy``, ``footer_links``."""
    return {
        "policy": SimpleLazyObject(_policy),
        "operator": SimpleLazyObject(current_operator),
        "footer_links": SimpleLazyObject(_footer_links),
    }


def _footer_links() -> list[tuple[Any, str]]:
    """Pages that would be empty are left out."""
    empty = set() if selectors.joint_use_announced() else {"portal:joint_use"}
    return [(label, reverse(name)) for name, label in FOOTER_PAGES if name not in empty]


def _policy() -> dict[str, Any]:
    """``updated_on``: since when the present policy holds; ``coming``: an announced material change, or None."""
    today = timezone.localdate()
    versions = selectors.policy_dates()
    updated_on = next((version.effective_from for version in versions if version.effective_from <= today), None)
    sender = current_operator()
    return {
        # An operator may name the date of a policy that is published elsewhere.
        "updated_on": updated_on or (sender.policy_updated_on if sender else None),
        # The next one first, should two be announced.
        "coming": next(
            (version for version in reversed(versions) if version.material and version.effective_from > today), None
        ),
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
