"""Factories of the kernel: accounts, and sessions of staff that passed what the admin asks for."""

import time
from typing import Any

import factory
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.test import Client
from factory.django import DjangoModelFactory

from privacy_portal.core.models import User
from privacy_portal.core.portal.views import ADDRESS_PROVEN
from privacy_portal.core.staff import secrets

TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
PASSWORD = "correct horse battery staple"


class UserFactory(DjangoModelFactory[User]):
    """A customer's account: signs in by code only."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"person{n}@mail.example")
    password = factory.LazyFunction(lambda: "!unusable")


class StaffFactory(UserFactory):
    """The manager before the first sign-in: a password, no second factor yet."""

    email = factory.Sequence(lambda n: f"manager{n}@shop.example")
    display_name = "個人情報管理者"
    is_staff = True
    is_superuser = True
    password = factory.django.Password(PASSWORD)


class EnrolledStaffFactory(StaffFactory):
    """The manager with an authenticator app and recovery codes."""

    @factory.post_generation
    def second_factor(obj: User, create: bool, extracted: Any, **kwargs: Any) -> None:  # noqa: N805
        with secrets.of(obj):
            TOTP.activate(obj, TOTP_SECRET)
            RecoveryCodes.activate(obj)


def pass_second_factor(client: Client, user: User) -> None:
    """Sign ``user`` in with a session that passed the second factor, enrolling the account if it is not."""
    authenticator = Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).first()
    if authenticator is None:
        with secrets.of(user):
            authenticator = TOTP.activate(user, TOTP_SECRET).instance
    client.force_login(user)
    session = client.session
    session["account_authentication_methods"] = [
        {"method": "password", "at": time.time(), "email": user.email},
        {"method": "mfa", "at": time.time(), "type": "totp", "id": authenticator.pk},
    ]
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()


def sign_in_by_code(client: Client, user: User) -> None:
    """Sign ``user`` in as the portal does when the mailed code was right."""
    client.force_login(user)
    session = client.session
    session[ADDRESS_PROVEN] = str(user.pk)
    session.save()
