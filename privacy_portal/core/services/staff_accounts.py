"""Accounts of the operator's staff: made, given roles, switched off, and a new start for a lost password or phone."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass

from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group, Permission
from django.db import transaction

from .. import ratelimit
from .. import roles as table
from ..models import User
from ..ratelimit import Limit
from . import audit, own_sessions
from .sign_in import normalise_address

# Beside the roles of the table, which are groups: every permission, and the accounts of the staff.
SUPERUSER = "superuser"
MANAGER = "manager"

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
            defaults={"is_staff": True, "is_superuser": True, "display_name": "個人情報管理者", "password": "!"},  # nosec B105, opens nothing
        )
        if not created:
            if not user.is_staff:
                raise AddressTaken
            return None
        _give(user, password)
        user.groups.add(group_of(MANAGER))
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
            defaults={"is_staff": True, "display_name": display_name, "language": language, "password": "!"},  # nosec B105, opens nothing
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
        if locked.pk == actor.pk and (not is_active or (locked.is_superuser and SUPERUSER not in roles)):
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


def roles_of(user: User) -> list[str]:
    """The codes of an account's roles, in the order of the table; the groups may have been fetched before."""
    groups = {group.name for group in user.groups.all()}
    codes = [role.code for role in table.ROLES if role.group in groups]
    return [*codes, SUPERUSER] if user.is_superuser else codes


def _set_roles(user: User, roles: Collection[str]) -> None:
    user.is_superuser = SUPERUSER in roles
    user.save(update_fields=["is_superuser"])
    # Groups made by hand go too: what an account may do stands in the table and nowhere else.
    user.groups.set([group_of(role.code) for role in table.ROLES if role.code in roles])
    user.user_permissions.clear()


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
        own_sessions.end_others(user=user, session_key=None, actor=actor)
    ratelimit.reset([SECOND_FACTOR, SECOND_FACTOR_PER_DAY], str(user.pk))
    ratelimit.reset([PASSWORD_PER_ACCOUNT], address)
    return FirstSignIn(address, password)


def _give(user: User, password: str) -> None:
    user.set_password(password)
    user.save(update_fields=["password"])


def _new_password() -> str:
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(5)) for _ in range(4))


def ensure_groups() -> None:
    """Bring the group of every role to what the table says; called after every migration."""
    for role in table.ROLES:
        group_of(role.code)


def group_of(code: str) -> Group:
    """The group of a role, with exactly the permissions that the table gives it."""
    role = table.BY_CODE[code]
    group, _created = Group.objects.get_or_create(name=role.group)
    rows = Permission.objects.values_list("pk", "content_type__app_label", "codename")
    group.permissions.set([pk for pk, app, codename in rows if role.has(f"{app}.{codename}")])
    return group
