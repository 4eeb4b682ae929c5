"""What staff write down about a case for themselves: notes, and what was looked for where."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from consent_app.models import DataItem
from privacy_portal.core.fields import EncryptedTextField
from privacy_portal.core.models import EncryptedFile

from .request import DisclosureRequest


class CaseNote(models.Model):
    """A note of staff. Append-only: a correction is another note. Never shown to the person."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.ForeignKey(
        DisclosureRequest, on_delete=models.CASCADE, related_name="notes", verbose_name=_("請求")
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("書いた人")
    )
    body = EncryptedTextField(_("メモ"))
    at = models.DateTimeField(_("日時"), default=timezone.now)

    class Meta:
        verbose_name = _("社内メモ")
        verbose_name_plural = _("社内メモ")
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}"


class CaseFinding(models.Model):
    """What was looked for where, and whether it was there. Append-only; the newest of an item and place counts."""

    class Result(models.TextChoices):
        FOUND = "found", _("あった")
        NOTHING = "nothing", _("なかった")
        UNCLEAR = "unclear", _("まだ分からない")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.ForeignKey(
        DisclosureRequest, on_delete=models.CASCADE, related_name="findings", verbose_name=_("請求")
    )
    item = models.ForeignKey(
        DataItem,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("データ項目"),
        help_text=_("空欄はすべての項目。"),
    )
    place = EncryptedTextField(_("探した場所"))
    result = models.CharField(_("結果"), max_length=10, choices=Result)
    note = EncryptedTextField(_("説明"), null=True)
    keeper = models.ForeignKey(
        "requests_app.InstructionContact",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("データを受け持つ部署や委託先"),
        help_text=_("訂正や消去が決まったときに、指示を送る相手。空欄は、この結果を書いた人。"),
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("書いた人")
    )
    at = models.DateTimeField(_("日時"), default=timezone.now)

    class Meta:
        verbose_name = _("調べた結果")
        verbose_name_plural = _("調べた結果")
        ordering = ["at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(result__in=("found", "nothing", "unclear")), name="finding_result_known"
            )
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.get_result_display()}"


class FoundContent(models.Model):
    """Data that staff copied from a place where no connector looks, to be disclosed: a text, or a file.

    What is taken out again, or erased when its time is over, leaves its row.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    finding = models.ForeignKey(
        CaseFinding, on_delete=models.CASCADE, related_name="contents", verbose_name=_("調べた結果")
    )
    text = EncryptedTextField(_("見つけた内容"), null=True)
    file = models.OneToOneField(
        EncryptedFile, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("ファイル")
    )
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("入れた人")
    )
    added_at = models.DateTimeField(_("入れた日時"), default=timezone.now)
    removed_at = models.DateTimeField(_("取り除いた日時"), null=True, blank=True)

    class Meta:
        verbose_name = _("回答に入れるデータ")
        verbose_name_plural = _("回答に入れるデータ")
        # A text and a file that were put in together: the text says what the file is.
        ordering = ["added_at", models.F("file").asc(nulls_first=True)]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(text__isnull=True) | models.Q(file=None), name="found_text_or_file"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.added_at:%Y-%m-%d %H:%M}"
