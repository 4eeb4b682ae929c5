"""Accounts of the operator's staff: made, given roles, switched off, and a new start for a lost password or phone."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass

from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import Q, TextChoices

from .. import ratelimit
from ..models import User
from ..ratelimit import Limit
from . import audit
from .sign_in import normalise_address

# What the Personal Information Manager may do, for staff who are no superusers.
MANAGER_GROUP = "Personal Information Manager"
_MANAGED_APPS = ("consent_app", "requests_app")
_VIEWED_APPS = ("core",)
_ALSO = Q(content_type__app_label="core", codename="change_outgoingmail")

# The narrow limit binds account and client together, so that a stranger cannot lock the manager out by guessing. Many
# strangers together can use up the account's limit; a browser in which its owner signed in before is counted for itself
# instead (core/known_device.py).
PASSWORD_NARROW = Limit("password-account-client", 5, 300)
PASSWORD_PER_CLIENT = Limit("password-client", 30, 300)
PASSWORD_PER_ACCOUNT = Limit("password-account", 100, 3600)
PASSWORD_PER_DEVICE = Limit("password-device", 30, 3600)
# Whoever gets here knows the password. Three codes of a million are valid at a time: with 60 tries a day one of them is
# hit in 15 years on average.
SECOND_FACTOR = Limit("second-factor", 5, 300)
SECOND_FACTOR_PER_DAY = Limit("second-factor-day", 60, 86400)

# Without letters and digits that look alike; 20 of them are 98 bits.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


class Role(TextChoices):
    """What staff may be; without any, an account can sign in and see nothing."""

    MANAGER = "manager"
    SUPERUSER = "superuser"


class NotOwnAccount(Exception):
    """Nobody switches the own account off or takes its rights away: somebody has to be left who can undo it."""


class AddressTaken(Exception):
    """The address belongs to an account that is not staff; a customer's account is not turned into the manager's."""


class NoSuchStaff(Exception):
    """No staff account has this address."""


@dataclass(frozen=True)
class FirstSignIn:
    """What somebody needs to sign in for the first time. The password exists nowhere else."""

    email: str
    password: str


def ensure_manager(*, email: str, actor: audit.Actor) -> FirstSignIn | None:
    """Make the Personal Information Manager's account and group, unless they are there.

    Returns:
        The first password, or None when the account exists. At the first sign-in a second factor must be set up.

    Raises:
        ValueError: not a mail address.
        AddressTaken: see there.
    """
    address = normalise_address(email)
    with transaction.atomic():
        password = _new_password()
        user, created = User.objects.get_or_create(
            email=address,
            defaults={"is_staff": True, "is_superuser": True, "display_name": "個人情報管理者", "password": "!"},
        )
        if not created:
            if not user.is_staff:
                raise AddressTaken
            return None
        _give(user, password)
        user.groups.add(_ensure_group())
        audit.record(action="staff_sign_in.created", actor=actor, obj=user)
    return FirstSignIn(address, password)


def create(*, email: str, display_name: str, language: str, roles: Collection[str], actor: User) -> FirstSignIn:
    """Make an account of staff with a first password.

    Raises:
        ValueError: not a mail address.
        AddressTaken: somebody has an account under it, customer or staff.
    """
    address = normalise_address(email)
    with transaction.atomic():
        user, created = User.objects.get_or_create(
            email=address,
            defaults={"is_staff": True, "display_name": display_name, "language": language, "password": "!"},
        )
        if not created:
            raise AddressTaken
        password = _new_password()
        _give(user, password)
        _set_roles(user, roles)
        audit.record(action="staff_sign_in.created", actor=actor, obj=user)
    return FirstSignIn(address, password)


def change(
    *, user: User, display_name: str, language: str, roles: Collection[str], is_active: bool, actor: User
) -> None:
    """Change what an account of staff is called and may do, or switch it off or on. An account is never deleted.

    One that is switched off is signed out at its next click.

    Raises:
        NoSuchStaff: the account is a customer's.
        NotOwnAccount: see there.
    """
    with transaction.atomic():
        locked = User.objects.select_for_update().filter(pk=user.pk, is_staff=True).first()
        if locked is None:
            raise NoSuchStaff
        if locked.pk == actor.pk and (not is_active or (locked.is_superuser and Role.SUPERUSER not in roles)):
            raise NotOwnAccount
        events = []
        if (locked.display_name, locked.language) != (display_name, language):
            locked.display_name, locked.language = display_name, language
            events.append("details")
        if locked.is_active != is_active:
            locked.is_active = is_active
            events.append("switched_on" if is_active else "switched_off")
        locked.save(update_fields=["display_name", "language", "is_active"])
        if set(roles_of(locked)) != set(roles):
            _set_roles(locked, roles)
            events.append("roles")
        for event in events:
            audit.record(action="staff_account.changed", actor=actor, obj=locked, detail={"event": event})


def roles_of(user: User) -> list[Role]:
    """The roles of an account; the groups may have been fetched before."""
    roles = [Role.MANAGER] if MANAGER_GROUP in {group.name for group in user.groups.all()} else []
    return [*roles, Role.SUPERUSER] if user.is_superuser else roles


def _set_roles(user: User, roles: Collection[str]) -> None:
    user.is_superuser = Role.SUPERUSER in roles
    user.save(update_fields=["is_superuser"])
    if Role.MANAGER in roles:
        user.groups.add(_ensure_group())
    else:
        user.groups.remove(*user.groups.filter(name=MANAGER_GROUP))


def reset_sign_in(*, email: str, actor: audit.Actor) -> FirstSignIn:
    """Give staff a new password and take every second factor away; all their sessions end.

    For whoever runs the server: there is no reset by mail, which would make the mailbox the only factor.

    Raises:
        ValueError: not a mail address.
        NoSuchStaff: see there.
    """
    address = normalise_address(email)
    with transaction.atomic():
        user = User.objects.select_for_update().filter(email=address, is_staff=True).first()
        if user is None:
            raise NoSuchStaff
        password = _new_password()
        Authenticator.objects.filter(user_id=user.pk).delete()
        _give(user, password)
        audit.record(action="staff_sign_in.reset", actor=actor, obj=user)
    ratelimit.reset([SECOND_FACTOR, SECOND_FACTOR_PER_DAY], str(user.pk))
    ratelimit.reset([PASSWORD_PER_ACCOUNT], address)
    return FirstSignIn(address, password)


def _give(user: User, password: str) -> None:
    user.set_password(password)
    user.save(update_fields=["password"])


def _new_password() -> str:
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(5)) for _ in range(4))


def _ensure_group() -> Group:
    group, _created = Group.objects.get_or_create(name=MANAGER_GROUP)
    managed = Q(content_type__app_label__in=_MANAGED_APPS) & ~Q(codename__startswith="delete_")
    viewed = Q(content_type__app_label__in=_VIEWED_APPS, codename__startswith="view_")
    group.permissions.set(Permission.objects.filter(managed | viewed | _ALSO))
    return group
