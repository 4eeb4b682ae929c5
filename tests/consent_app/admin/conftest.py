"""Clients of staff that passed the second factor."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from tests.factories.core import EnrolledStaffFactory, pass_second_factor
from tests.support.looks import ClientWithReasons


@pytest.fixture
def staff_client() -> Callable[..., Client]:
    """``staff_client("view_customer")``: staff with exactly these permissions of the registers."""

    def sign_in(*codenames: str) -> Client:
        user = EnrolledStaffFactory(is_superuser=False)
        user.user_permissions.set(
            Permission.objects.filter(content_type__app_label="consent_app", codename__in=codenames)
        )
        client = ClientWithReasons()
        pass_second_factor(client, user)
        return client

    return sign_in


@pytest.fixture
def manager_client() -> Client:
    """The manager, with every permission."""
    client = ClientWithReasons()
    pass_second_factor(client, EnrolledStaffFactory())
    return client
