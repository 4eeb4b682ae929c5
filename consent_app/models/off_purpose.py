"""Uses beyond the published purposes, each with its ground."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from privacy_portal.core.fields import EncryptedTextField
from privacy_portal.core.localized import Localized

from ..domain.off_purpose import CONSENT, GROUNDS
from .consent import Consent
from .customer import Customer
from .registers import DataItem, Purpose


class OffPurposeUse(models.Model):
    """Data is used beyond the purposes (article 18): for what, which items, when, on which ground, decided by whom.

    Append-only, and the database sees to it. What was recorded by mistake is voided once, with the reason, and stays.
    Article 18 is about every personal information; what is not recorded here, the gate refuses.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    aim_ja = models.CharField(
        _("何に使うか"), max_length=300, help_text=_("ご本人に伝えることがあります。個人データは書きません。")
    )
    aim_en = models.CharField(_("何に使うか（英語）"), max_length=300)
    ground = models.CharField(
        _("根拠"), max_length=10, choices=[(code, ground.words) for code, ground in GROUNDS.items()]
    )
    reason = EncryptedTextField(_("根拠にあたると判断した理由"))
    consent_purpose = models.ForeignKey(
        Purpose,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="off_purpose_uses",
        verbose_name=_("同意を得た目的"),
        help_text=_("本人の同意による場合だけ。"),
    )
    items = models.ManyToManyField(DataItem, verbose_name=_("使うデータ項目"), related_name="off_purpose_uses")
    begins_on = models.DateField(_("使う日（初日）"))
    ends_on = models.DateField(_("使う日（最終日）"))
    tellable = models.BooleanField(
        _("本人に知らせてよい"),
        help_text=_("本人への開示に入れます。捜査の支障になるなど、あることを知らせるだけで害があるときは外します。"),
    )
    decided_by = models.CharField(_("決めた人"), max_length=100, help_text=_("役職と氏名。"))
    decided_on = models.DateField(_("決めた日"))
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("記録者")
    )
    recorded_at = models.DateTimeField(_("記録日時"), default=timezone.now)
    voided_at = models.DateTimeField(_("取消日時"), null=True, blank=True)
    voided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("取り消した人"),
    )
    void_reason = models.CharField(_("取消の理由"), max_length=200, blank=True)

    aim = Localized()

    class Meta:
        verbose_name = _("目的外利用")
        verbose_name_plural = pgettext_lazy("複数", "目的外利用")
        ordering = ["-decided_on", "-recorded_at"]
        constraints = [
            models.CheckConstraint(condition=models.Q(ground__in=list(GROUNDS)), name="off_purpose_ground_known"),
            models.CheckConstraint(
                condition=models.Q(ground=CONSENT, consent_purpose__isnull=False)
                | (~models.Q(ground=CONSENT) & models.Q(consent_purpose=None)),
                name="off_purpose_consent_names_purpose",
                violation_error_message=_("本人の同意による場合だけ、同意を得た目的を選びます。"),
            ),
            models.CheckConstraint(
                condition=models.Q(ends_on__gte=models.F("begins_on")),
                name="off_purpose_ends_after_begin",
                violation_error_message=_("最終日は初日より後です。"),
            ),
            models.CheckConstraint(
                condition=models.Q(voided_at=None, void_reason="")
                | (models.Q(voided_at__isnull=False) & ~models.Q(void_reason="")),
                name="off_purpose_voided_with_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.aim


class OffPurposePerson(models.Model):
    """A person whose data the use concerns. Append-only; goes with the person."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    use = models.ForeignKey(
        OffPurposeUse, on_delete=models.PROTECT, related_name="persons", verbose_name=_("目的外利用")
    )
    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, related_name="off_purpose_uses", verbose_name=_("顧客")
    )
    consent = models.ForeignKey(
        Consent, on_delete=models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("同意")
    )
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("加えた人")
    )
    added_at = models.DateTimeField(_("加えた日時"), default=timezone.now)

    class Meta:
        verbose_name = _("目的外利用の対象者")
        verbose_name_plural = _("目的外利用の対象者")
        ordering = ["added_at", "id"]
        constraints = [models.UniqueConstraint(fields=["use", "customer"], name="off_purpose_person_once")]

    def __str__(self) -> str:
        return str(self.pk)
