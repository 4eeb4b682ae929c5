"""THE table of what staff may do: each role with its permissions. Groups, forms, guides and the test of every address
against every role follow it. Nothing is given to anybody that does not stand here.

Permissions stand here by name, since the kernel knows no app; a test says when a name is wrong. A permission that is
made later goes to the Personal Information Manager alone until somebody writes it into another role.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


@dataclass(frozen=True, slots=True)
class StaffRole:
    """One role.

    Args:
        code: as forms and records name it.
        group: the name of the Django group that carries the permissions.
        summary: what the role is for, as the form of the accounts says it.
        grants: names of permissions (``app.codename``), ``*`` stands for any characters.
        withheld: taken out of ``grants`` again.
    """

    code: str
    group: str
    name: _StrPromise
    summary: _StrPromise
    grants: tuple[str, ...]
    withheld: tuple[str, ...] = field(default=())

    def has(self, permission: str) -> bool:
        """Whether the role carries a permission, given as ``app.codename``."""
        return _matches(permission, self.grants) and not _matches(permission, self.withheld)


def _matches(permission: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(permission, pattern) for pattern in patterns)


_REGISTERS: Final = ("consent_app.view_*", "requests_app.view_*")
# From a request's arrival to its end; a decision may need the second person of the operator's rule.
_CASES: Final = (
    "requests_app.change_disclosurerequest",
    "requests_app.register_request",
    "requests_app.check_identity",
    "requests_app.decide_request",
    "consent_app.add_consent",
    "consent_app.add_suspension",
)
# What a department keeps about its own security measures and about those who process data for it (articles 23 to 25).
_DEPARTMENT: Final = tuple(
    f"consent_app.{verb}_{model}"
    for model in (
        "measure",
        "securityaudit",
        "finding",
        "correctiveaction",
        "reviewevent",
        "selfdisclosure",
        "subcontractorcontract",
        "subcontractorreview",
        "subcontractorselection",
        "selectionanswer",
        "subcontractorfinding",
        "reentrustment",
        "foreigncheck",
        "incident",
        "offpurposeuse",
        "offpurposeperson",
    )
    for verb in ("add", "change")
)

ROLES: Final[tuple[StaffRole, ...]] = (
    StaffRole(
        "manager",
        "Personal Information Manager",
        _("個人情報管理者"),
        _("請求、顧客、台帳、取込を扱う"),
        grants=("consent_app.*", "requests_app.*", "core.view_*", "core.change_outgoingmail"),
        withheld=("*.delete_*",),
    ),
    StaffRole(
        "department",
        "Department manager",
        _("部門管理者"),
        _("請求に回答し、ほかの人の決定や大きなファイルの持出しを承認し、部門の安全管理と委託先の記録をつける"),
        grants=(
            *_REGISTERS,
            *_CASES,
            "requests_app.approve_decision",
            "consent_app.approve_exportorder",
            *_DEPARTMENT,
        ),
    ),
    StaffRole(
        "handler",
        "Handler",
        _("請求担当者"),
        _("請求を登録し、本人を確認し、回答する。台帳は見るだけ"),
        grants=(*_REGISTERS, *_CASES),
    ),
    StaffRole(
        "auditor",
        "Auditor",
        _("監査担当者"),
        _("台帳、請求、監査記録をすべて見る。何も変えない"),
        grants=(*_REGISTERS, "core.view_*"),
    ),
    StaffRole(
        "support",
        "Support",
        _("問い合わせ窓口"),
        _("請求の一覧だけを見る（氏名は一部を伏せる）。個人データは見ない"),
        grants=("requests_app.list_requests",),
    ),
)
BY_CODE: Final = {role.code: role for role in ROLES}
