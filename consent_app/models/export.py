"""Large files of personal data leave with a second person's leave."""

import datetime
import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from privacy_portal.core.models import EncryptedFile


class ExportKind(models.TextChoices):
    """Every file with the data of many persons that staff can take out."""

    PROVISION = "provision", _("第三者に渡すファイル")
    ENTRUSTMENT = "entrustment", _("委託先に渡すファイル")
    ADDRESSES = "addresses", _("事故のお知らせの宛名")


class ExportOrder(models.Model):
    """One member of staff asks for a file with many persons and another one answers; the first one downloads it.

    ``expires_at`` is the end of the time to answer, and from the moment the file is ready the end of the time to
    download it. ``file`` is one that was made for this order; the files for recipients and subcontractors lie with
    their own records.
    """

    class Problem(models.TextChoices):
        GONE = "gone", _("ファイルがもうありません")
        GROWN = "grown", _("承認された人数より増えました")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("種類"), max_length=12, choices=ExportKind)
    object_id = models.CharField(_("対象のID"), max_length=40)
    persons = models.PositiveIntegerField(_("人数"))
    why = models.CharField(_("持ち出す理由"), max_length=200, help_text=_("個人データは書かないでください。"))
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("求めた人")
    )
    asked_at = models.DateTimeField(_("求めた日時"), default=timezone.now)
    expires_at = models.DateTimeField(_("有効期限"))
    approved = models.BooleanField(_("承認"), null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("承認・却下した人"),
    )
    decided_at = models.DateTimeField(_("承認・却下した日時"), null=True, blank=True)
    made_at = models.DateTimeField(_("用意できた日時"), null=True, blank=True)
    problem = models.CharField(_("用意できなかった理由"), max_length=10, choices=Problem, blank=True)
    file = models.OneToOneField(
        EncryptedFile, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("ファイル")
    )
    downloads = models.PositiveSmallIntegerField(_("ダウンロードの回数"), default=0)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("取り消した人"),
    )
    withdrawn_at = models.DateTimeField(_("取り消した日時"), null=True, blank=True)

    # Enough for a download that breaks off; each of them is recorded.
    DOWNLOADS = 3

    class Meta:
        verbose_name = pgettext_lazy("単数", "大きなファイルの持出し")
        verbose_name_plural = _("大きなファイルの持出し")
        ordering = ["-asked_at"]
        permissions = [("approve_exportorder", _("ほかの人が求めた大きなファイルの持出しを承認できる"))]
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("asked_by")), name="export_decided_by_somebody_else"
            ),
            models.CheckConstraint(
                condition=Q(approved=None, decided_by=None, decided_at=None)
                | Q(approved__isnull=False, decided_by__isnull=False, decided_at__isnull=False),
                name="export_decision_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(made_at=None, downloads=0, file=None) | Q(approved=True, problem=""),
                name="export_made_with_leave",
            ),
            models.CheckConstraint(condition=Q(downloads__lte=3), name="export_downloads_limited"),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None, withdrawn_by=None)
                | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False),
                name="export_withdrawal_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(persons__gte=1, expires_at__gt=F("asked_at")) & ~Q(why=""), name="export_says_what_and_why"
            ),
        ]
        indexes = [models.Index(fields=["asked_by", "kind", "object_id"], name="export_by_object")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {timezone.localtime(self.asked_at):%Y-%m-%d %H:%M}"

    def state(self, now: datetime.datetime) -> str:
        """What it waits for or how it ended: a key of ``STATES`` of the admin's page."""
        if self.withdrawn_at is not None:
            return "withdrawn"
        if self.approved is False:
            return "declined"
        if self.problem:
            return "failed"
        if self.downloads >= self.DOWNLOADS:
            return "used"
        if self.expires_at <= now:
            return "over"
        if self.made_at is not None:
            return "ready"
        return "making" if self.approved else "waiting"


class ExportTaken(models.Model):
    """One file that left: with whose leave, or without where it was small. Many small ones are a large one."""

    kind = models.CharField(_("種類"), max_length=12, choices=ExportKind)
    object_id = models.CharField(_("対象のID"), max_length=40)
    persons = models.PositiveIntegerField(_("人数"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("持ち出した人")
    )
    at = models.DateTimeField(_("持ち出した日時"), default=timezone.now)
    order = models.ForeignKey(
        ExportOrder, on_delete=models.CASCADE, null=True, related_name="taken", verbose_name=_("大きなファイルの持出し")
    )

    class Meta:
        verbose_name = _("持ち出したファイル")
        verbose_name_plural = _("持ち出したファイル")
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["by", "at"], name="export_taken_by_person")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {timezone.localtime(self.at):%Y-%m-%d %H:%M}"
