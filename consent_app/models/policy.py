"""Versions of the privacy policy, and the notices that tell people about a material change before it takes effect."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from privacy_portal.core.localized import Localized
from privacy_portal.core.models import Job, OutgoingMail

from .customer import Customer
from .incident import IncidentNotice


class PolicyVersion(models.Model):
    """One version of the privacy policy, in Markdown.

    A draft has no number yet. Once published, the database itself refuses every change and deletion (migration
    ``policy_immutable``): people were told these words. Versions take effect in the order of their numbers.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("下書き")
        PUBLISHED = "published", _("公開")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.PositiveIntegerField(_("版"), unique=True, null=True, blank=True, editable=False)
    state = models.CharField(_("状態"), max_length=10, choices=State, default=State.DRAFT, editable=False)
    text_ja = models.TextField(_("本文"), help_text=_("Markdownで書きます。HTMLは使えません。"))
    text_en = models.TextField(_("本文（英語）"), blank=True)
    summary_ja = models.TextField(
        _("何が変わるか"), blank=True, help_text=_("お知らせのメールとページに載せます。1〜3文で書きます。")
    )
    summary_en = models.TextField(_("何が変わるか（英語）"), blank=True)
    material = models.BooleanField(
        _("重要な変更"),
        default=False,
        help_text=_("利用目的、提供先、お客さまの権利などが変わるとき。発効の前に全員にメールでお知らせします。"),
    )
    effective_from = models.DateField(_("発効日"), null=True, blank=True)
    notice_from = models.DateField(_("お知らせの開始日"), null=True, editable=False)
    revision = models.PositiveIntegerField(_("改訂"), default=1, editable=False)
    created_at = models.DateTimeField(_("作成日時"), default=timezone.now, editable=False)
    published_at = models.DateTimeField(_("公開日時"), null=True, editable=False)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("公開した人"),
        null=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )

    text = Localized()
    summary = Localized()

    class Meta:
        verbose_name = _("プライバシーポリシーの版")
        verbose_name_plural = _("プライバシーポリシー")
        ordering = [models.F("number").desc(nulls_first=True), "-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="draft", number=None, published_at=None, notice_from=None)
                | Q(
                    state="published",
                    number__gte=1,
                    published_at__isnull=False,
                    notice_from__isnull=False,
                    effective_from__isnull=False,
                ),
                name="policy_published_is_complete",
            ),
            models.CheckConstraint(
                condition=Q(state="draft") | Q(number=1) | Q(effective_from__gte=models.F("notice_from")),
                name="policy_no_effect_before_notice",
                violation_error_message=_("発効日は、お知らせの開始日より前にできません。"),
            ),
            models.UniqueConstraint(
                fields=["effective_from"], condition=Q(state="published"), name="policy_one_version_a_day"
            ),
        ]

    def __str__(self) -> str:
        if self.number is None:
            return str(_("下書き"))
        return str(_("第%(number)s版") % {"number": self.number})


class Broadcast(models.Model):
    """A notice to many customers, sent in chunks by workers.

    About a version of the policy it goes to everybody with an address, about an incident to those whom it affects.

    First the rows of recipients are made in the order of the customers' keys, ``cursor`` being the last one looked at;
    then each chunk of them gets its mails. When none is left the customers are looked through once more, for those
    whose row was not committed yet the first time.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    policy = models.OneToOneField(
        PolicyVersion,
        null=True,
        on_delete=models.PROTECT,
        related_name="broadcast",
        verbose_name=_("プライバシーポリシーの版"),
    )
    notice = models.OneToOneField(
        IncidentNotice,
        null=True,
        on_delete=models.PROTECT,
        related_name="broadcast",
        verbose_name=_("本人へのお知らせ"),
    )
    job = models.OneToOneField(Job, on_delete=models.PROTECT, related_name="+", verbose_name=_("処理"))
    cursor = models.UUIDField(_("最後に見た顧客"), null=True)
    found_at = models.DateTimeField(_("宛先がそろった日時"), null=True)
    paused_at = models.DateTimeField(_("一時停止の日時"), null=True)
    finished_at = models.DateTimeField(_("終了日時"), null=True)
    created_at = models.DateTimeField(_("作成日時"), default=timezone.now)

    class Meta:
        verbose_name = _("一斉のお知らせ")
        verbose_name_plural = _("一斉のお知らせ")
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(policy=None, notice__isnull=False) | Q(policy__isnull=False, notice=None),
                name="broadcast_about_one_thing",
            )
        ]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.id}"


class BroadcastRecipient(models.Model):
    """One person of a broadcast; handled in the transaction that writes the mail."""

    # No index of its own: that of broadcast_once_per_customer begins with it.
    broadcast = models.ForeignKey(
        Broadcast,
        on_delete=models.CASCADE,
        related_name="recipients",
        verbose_name=_("一斉のお知らせ"),
        db_index=False,
    )
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+", verbose_name=_("顧客"))
    mail = models.OneToOneField(
        OutgoingMail, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("送信メール")
    )
    handled_at = models.DateTimeField(_("処理日時"), null=True)

    class Meta:
        verbose_name = _("一斉のお知らせの宛先")
        verbose_name_plural = _("一斉のお知らせの宛先")
        constraints = [
            models.UniqueConstraint(fields=["broadcast", "customer"], name="broadcast_once_per_customer"),
        ]
        indexes = [
            models.Index(fields=["broadcast", "id"], name="broadcast_pending", condition=Q(handled_at__isnull=True))
        ]

    def __str__(self) -> str:
        return str(self.pk)
