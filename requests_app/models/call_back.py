"""Calls to the registered telephone number of whom the requester says they are."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from consent_app.models import Customer

from ..domain.call_backs import MOST_ATTEMPTS, Fact, Outcome
from .request import DisclosureRequest


class CallBack(models.Model):
    """The person was told that the registered number is called.

    Where nobody is registered there is the same row without a customer: nobody is called, and the person sees the same.
    The number itself is not kept here: it is that of the customer on the day of the call.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.ForeignKey(
        DisclosureRequest, on_delete=models.CASCADE, related_name="call_backs", verbose_name=_("請求")
    )
    customer = models.ForeignKey(
        Customer,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("電話をかける顧客"),
        help_text=_("空のとき、電話はかけない。"),
    )
    announced_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("担当者")
    )
    announced_at = models.DateTimeField(_("知らせた日時"), default=timezone.now)
    ended_at = models.DateTimeField(_("終わった日時"), null=True, blank=True)

    class Meta:
        verbose_name = _("電話での確認")
        verbose_name_plural = _("電話での確認")
        ordering = ["announced_at"]
        constraints = [models.UniqueConstraint(fields=["request"], condition=Q(ended_at=None), name="one_call_back")]
        indexes = [models.Index(fields=["announced_at"], name="call_back_live", condition=Q(ended_at=None))]

    def __str__(self) -> str:
        return f"{self.announced_at:%Y-%m-%d %H:%M}"


class CallAttempt(models.Model):
    """One call: who made it, when, what came of it, what was asked and what of that was right. No answer is kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    call_back = models.ForeignKey(
        CallBack, on_delete=models.CASCADE, related_name="attempts", verbose_name=_("電話での確認")
    )
    position = models.PositiveSmallIntegerField(_("回"))
    called_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("電話した人")
    )
    called_at = models.DateTimeField(_("電話した日時"), default=timezone.now)
    outcome = models.CharField(_("結果"), max_length=20, choices=Outcome)
    asked = ArrayField(
        models.CharField(max_length=20, choices=Fact), verbose_name=_("たずねたこと"), default=list, blank=True
    )
    matched = ArrayField(
        models.CharField(max_length=20, choices=Fact), verbose_name=_("合っていたこと"), default=list, blank=True
    )
    next_on = models.DateField(_("次に電話する日"), null=True, blank=True)

    class Meta:
        verbose_name = _("電話")
        verbose_name_plural = _("電話")
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["call_back", "position"], name="call_attempt_once"),
            models.CheckConstraint(condition=Q(position__range=(1, MOST_ATTEMPTS)), name="call_attempts_at_most_three"),
            models.CheckConstraint(condition=Q(matched__contained_by=models.F("asked")), name="call_matched_was_asked"),
            models.CheckConstraint(
                condition=~Q(outcome="confirmed")
                | Q(asked__len__gte=2, asked__contains=["name"], matched__contains=models.F("asked"), next_on=None),
                name="call_confirmed_by_answers",
            ),
            models.CheckConstraint(
                condition=~Q(outcome__in=["no_answer", "somebody_else"]) | Q(asked__len=0),
                name="call_without_person_asks_nothing",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.called_at:%Y-%m-%d %H:%M}"

    @property
    def asked_words(self) -> list[str]:
        """What was asked, in words."""
        return [str(Fact(code).label) for code in self.asked]

    @property
    def matched_words(self) -> list[str]:
        """What of it was right, in words."""
        return [str(Fact(code).label) for code in self.matched]
