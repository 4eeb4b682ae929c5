"""A code that goes by post to the registered address of whom the requester says they are."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from consent_app.models import Customer

from .request import DisclosureRequest


class PostCode(models.Model):
    """One order of a letter with a code. Only a keyed hash of the code is kept, from the moment it is printed.

    Where nobody is registered there is the same row without a customer: no letter goes out, no code fits, and the
    person sees the same pages for the same time.
    """

    MAX_ATTEMPTS = 5

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.ForeignKey(
        DisclosureRequest, on_delete=models.CASCADE, related_name="post_codes", verbose_name=_("請求")
    )
    customer = models.ForeignKey(
        Customer,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("宛先の顧客"),
        help_text=_("空のとき、手紙は送られない。"),
    )
    code_digest = models.BinaryField(_("コードの鍵つきハッシュ"), max_length=32, null=True)
    attempts = models.PositiveSmallIntegerField(_("試行回数"), default=0)
    ordered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("担当者")
    )
    ordered_at = models.DateTimeField(_("お願いした日時"), default=timezone.now)
    expires_at = models.DateTimeField(_("期限"))
    printed_at = models.DateTimeField(_("印刷した日時"), null=True, blank=True)
    sent_on = models.DateField(_("発送した日"), null=True, blank=True)
    tracking_number = models.CharField(_("追跡番号"), max_length=13, blank=True)
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("発送した担当者"),
    )
    used_at = models.DateTimeField(_("正しく入力された日時"), null=True, blank=True)
    ended_at = models.DateTimeField(_("使えなくなった日時"), null=True, blank=True)

    class Meta:
        verbose_name = _("郵便のコード")
        verbose_name_plural = _("郵便のコード")
        ordering = ["ordered_at"]
        constraints = [
            models.UniqueConstraint(fields=["request"], condition=Q(ended_at=None), name="one_live_post_code"),
            models.CheckConstraint(condition=Q(attempts__lte=5), name="post_code_attempts_at_most_five"),
            models.CheckConstraint(
                condition=Q(used_at=None) | Q(ended_at__isnull=False), name="post_code_used_is_over"
            ),
            models.CheckConstraint(
                condition=Q(code_digest=None, printed_at=None) | Q(code_digest__isnull=False, printed_at__isnull=False),
                name="post_code_printed_has_digest",
            ),
            models.CheckConstraint(
                condition=Q(sent_on=None, tracking_number="") | Q(sent_on__isnull=False, printed_at__isnull=False),
                name="post_code_sent_was_printed",
            ),
            models.CheckConstraint(
                condition=Q(used_at=None) | Q(code_digest__isnull=False), name="post_code_used_was_printed"
            ),
        ]
        indexes = [models.Index(fields=["expires_at"], name="post_code_live", condition=Q(ended_at=None))]

    def __str__(self) -> str:
        return f"{self.ordered_at:%Y-%m-%d %H:%M}"
