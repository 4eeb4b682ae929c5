"""What becomes of the internal target of a request, and what the person was told while they owed something."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from privacy_portal.core.fields import EncryptedTextField
from privacy_portal.core.models import OutgoingMail

from ..domain.silence import Stage
from .request import DisclosureRequest


class TargetExtension(models.Model):
    """Staff moved the internal target to a later day and said why. Append-only, and the database sees to it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.ForeignKey(
        DisclosureRequest, on_delete=models.CASCADE, related_name="extensions", verbose_name=_("請求")
    )
    from_on = models.DateField(_("前の目標日"))
    to_on = models.DateField(_("新しい目標日"))
    reason = EncryptedTextField(_("延ばす理由"))
    extended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("延ばした人")
    )
    extended_at = models.DateTimeField(_("延ばした日時"), default=timezone.now)

    class Meta:
        verbose_name = _("目標日の延長")
        verbose_name_plural = _("目標日の延長")
        ordering = ["extended_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(to_on__gt=F("from_on")),
                name="extension_moves_forward",
                violation_error_message=_("いまの目標日より後の日を入れてください。"),
            )
        ]

    def __str__(self) -> str:
        return f"{self.from_on} → {self.to_on}"


class SilenceNotice(models.Model):
    """A mail or a letter about what the person owes: which stage, since which turn. The database keeps it append-only.

    A letter is there once staff sent it: who has no account gets no mail.

    One row for each stage of each wait: a task that runs twice, or two at once, cannot mail twice.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.ForeignKey(
        DisclosureRequest, on_delete=models.CASCADE, related_name="silence_notices", verbose_name=_("請求")
    )
    turn_at = models.DateTimeField(_("最後のやりとり"))
    stage = models.CharField(_("段階"), max_length=10, choices=Stage)
    closes_on = models.DateField(_("返答を待つ最後の日"), null=True)
    mail = models.ForeignKey(
        OutgoingMail, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("メール")
    )
    sent_on = models.DateField(_("手紙を送った日"), null=True)
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("手紙を送った担当者"),
    )
    written_at = models.DateTimeField(_("作成日時"), default=timezone.now)

    class Meta:
        verbose_name = _("返答のお願い")
        verbose_name_plural = _("返答のお願い")
        ordering = ["written_at"]
        constraints = [
            models.UniqueConstraint(fields=["request", "turn_at", "stage"], name="one_notice_of_a_stage"),
            models.CheckConstraint(condition=Q(stage__in=Stage.values), name="notice_stage_known"),
            models.CheckConstraint(
                condition=Q(stage=Stage.WARNING, closes_on__isnull=False)
                | (~Q(stage=Stage.WARNING) & Q(closes_on=None)),
                name="warning_names_the_day",
            ),
            models.CheckConstraint(
                condition=Q(mail__isnull=False, sent_on=None, sent_by=None)
                | Q(mail=None, sent_on__isnull=False, sent_by__isnull=False),
                name="notice_mailed_or_posted",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_stage_display()} {self.written_at:%Y-%m-%d}"
