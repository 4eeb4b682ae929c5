"""Who may act on a request. The admin and the portal ask too; this is the last gate.

A denied attempt is recorded. The gates therefore stand before a service opens its transaction, which would take the
record back together with everything else.
"""

from typing import NoReturn

from privacy_portal.core.models import User
from privacy_portal.core.services import audit

from .. import selectors
from ..domain.identity_levels import Means
from ..models import DisclosureRequest
from .errors import MeansNotOffered, NotAllowed


def may_act_as_staff(user: User, request: DisclosureRequest, permission: str = "change_disclosurerequest") -> bool:
    """Whether :func:`require_staff` would let this member of staff through; for choosing, nothing is recorded."""
    return (
        user.is_active
        and user.is_staff
        and user.pk != request.applicant_id
        and user.has_perm(f"requests_app.{permission}")
    )


def require_staff(actor: User, request: DisclosureRequest, permission: str = "change_disclosurerequest") -> None:
    """The actor is a member of staff who may do this, and the request is not their own.

    Nobody decides about themselves: a member of staff could otherwise ask for a customer's data under that name and
    confirm the identity too.

    Raises:
        NotAllowed: see there.
    """
    if not may_act_as_staff(actor, request, permission):
        deny(actor, request)


def require_means(means: Means) -> None:
    """The operator checks identity by this means, or nobody does.

    Raises:
        MeansNotOffered: it is not among those of the profile.
    """
    if means not in selectors.offered_means():
        raise MeansNotOffered


def require_person(actor: User, request: DisclosureRequest) -> None:
    """The actor is the person who filed the request.

    Raises:
        NotAllowed: somebody else, or a request that came without an account.
    """
    if not actor.is_active or request.applicant_id is None or actor.pk != request.applicant_id:
        deny(actor, request)


def deny(actor: User, request: DisclosureRequest) -> NoReturn:
    """Record the attempt and refuse it. Outside any transaction.

    Raises:
        NotAllowed: always.
    """
    audit.record(action="request.denied", actor=actor, obj=request)
    raise NotAllowed
