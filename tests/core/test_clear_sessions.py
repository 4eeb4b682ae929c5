"""Sessions that are over are deleted."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from privacy_portal.core.tasks import clear_sessions


@pytest.mark.django_db
def test_only_those_that_are_over() -> None:
    for _ in range(2):
        Client().post("/sign-in/", {"email": "hanako@mail.example"})
    over = Session.objects.order_by("session_key").first()
    other = Client()
    other.post("/sign-in/", {"email": "taro@mail.example"})
    assert over
    Session.objects.filter(pk=over.pk).update(expire_date=timezone.now() - timedelta(minutes=1))
    before = Session.objects.count()
    clear_sessions()
    assert Session.objects.count() == before - 1
    assert not Session.objects.filter(pk=over.pk).exists()
