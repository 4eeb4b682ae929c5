"""The ledgers of personal data given to third parties (article 29) and received from them (article 30).

Records are proof, so the database refuses to change one, and to delete one before its time (migration
``ledgers_append_only``). A mistake is mended by a counter-entry, :class:`LedgerReversal`, and a new record.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from privacy_portal.core.fields import EncryptedTextField

from ..domain import provisions as rules
from .consent import Consent
from .customer import Customer
from .provision_run import ProvisionRun
from .registers import ProvisionBasis, Subcontractor

METHODS = [(str(code), words) for code, words in rules.METHOD_WORDS.items()]
WITHHELD = [(str(code), words) for code, words in rules.WITHHELD_WORDS.items()]


def items_field(name: Any) -> ArrayField:
    """Codes of data items, and no links: the row alone says what was given, for as long as it is kept."""
    return ArrayField(models.CharField(max_length=40), verbose_name=name)


class Kept(models.Model):
    """What every row of the ledgers has: who recorded it, when, and until when it must stay."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    method = models.CharField(_("記録のしかた"), max_length=10, choices=METHODS, default=rules.Method.EACH.value)
    keep_until = models.DateField(_("保存期限"), help_text=_("この日までは消せません。"))
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("記録者"),
    )
    created_at = models.DateTimeField(_("記録日時"), default=timezone.now)

    class Meta:
        abstract = True


class Provision(Kept):
    """One provision of one person's data to a third party, with the items of Enforcement Rule 20.

    ``principal`` is who the person was when it was recorded: the customer's row may change or be emptied, the record of
    whom it speaks of may not. A provision that the product let through has ``historic`` false; one that had been made
    before anybody asked is recorded as a fact, with what spoke against it in ``concerns``.
    """

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="provisions", verbose_name=_("本人"))
    principal = EncryptedTextField(_("本人を特定する事項"))
    basis = models.ForeignKey(
        ProvisionBasis, on_delete=models.PROTECT, related_name="+", verbose_name=_("ポリシーの場合")
    )
    ground = models.CharField(
        _("法律上の根拠"), max_length=10, blank=True, help_text=_("空欄は、根拠なく渡してしまった提供です。")
    )
    consent = models.ForeignKey(
        Consent, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("同意")
    )
    subcontractor = models.ForeignKey(
        Subcontractor, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("委託先")
    )
    evidence = models.CharField(_("根拠の証拠"), max_length=300, blank=True)
    recipient_name = models.CharField(_("提供先の名称"), max_length=200)
    recipient_address = models.CharField(_("提供先の住所"), max_length=300)
    recipient_representative = models.CharField(_("提供先の代表者"), max_length=200, blank=True)
    recipient_country = models.CharField(
        _("提供先の国・地域"), max_length=2, default="JP", help_text="ISO 3166-1 alpha-2"
    )
    items = items_field(_("提供したデータ項目"))
    provided_on = models.DateField(_("提供日"))
    provided_until = models.DateField(_("最後の提供日"), null=True, blank=True)
    historic = models.BooleanField(_("事後の記録"), default=False)
    concerns = ArrayField(models.CharField(max_length=40), verbose_name=_("問題"), default=list, blank=True)
    withheld = models.CharField(_("開示しない理由"), max_length=20, choices=WITHHELD, blank=True)
    run = models.ForeignKey(
        ProvisionRun, on_delete=models.PROTECT, null=True, blank=True, related_name="provisions", verbose_name=_("一括")
    )
    # A keyed hash of what was given to whom and when, and how often that had been recorded and taken back before: the
    # same line of a file is recorded once.
    digest = models.BinaryField(max_length=32, editable=False)
    occurrence = models.PositiveSmallIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = pgettext_lazy("単数", "第三者提供の記録")
        verbose_name_plural = _("第三者提供の記録")
        ordering = ["-provided_on", "-created_at"]
        indexes = [
            models.Index(fields=["customer", "-provided_on"], name="provision_by_customer"),
            models.Index(fields=["keep_until"], name="provision_by_end"),
            models.Index(fields=["-provided_on", "-created_at"], name="provision_newest"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["digest", "occurrence"], name="provision_recorded_once"),
            models.CheckConstraint(
                condition=models.Q(historic=True) | ~models.Q(ground=""), name="provision_rests_on_ground"
            ),
            models.CheckConstraint(
                condition=models.Q(ground="") | ~models.Q(evidence="") | models.Q(consent__isnull=False),
                name="provision_ground_is_evidenced",
            ),
            models.CheckConstraint(
                condition=~models.Q(ground="") | ~models.Q(concerns=[]), name="provision_without_ground_is_flagged"
            ),
            models.CheckConstraint(
                condition=~models.Q(recipient_name="") & ~models.Q(recipient_address=""),
                name="provision_names_recipient",
            ),
            models.CheckConstraint(condition=~models.Q(items=[]), name="provision_names_items"),
            models.CheckConstraint(
                condition=models.Q(provided_until=None) | models.Q(provided_until__gte=models.F("provided_on")),
                name="provision_ends_after_it_began",
            ),
            models.CheckConstraint(
                condition=~models.Q(method="batch") | models.Q(provided_until__isnull=False),
                name="provision_batch_has_last_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provided_on} {self.recipient_name}"

    @property
    def by_consent(self) -> bool:
        """Whether the record may say that consent was had (Rule 20(1)ii)."""
        return rules.by_consent(self.ground, self.concerns)

    @property
    def said(self) -> str:
        """What the person is told that it rested on."""
        return str(rules.said_to_the_person(self.ground, self.concerns))


class RefusedProvision(models.Model):
    """An attempt to give data that the gate refused. Nothing was given; that it was tried, and why not, is kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, related_name="refused_provisions", verbose_name=_("本人")
    )
    basis = models.ForeignKey(
        ProvisionBasis, on_delete=models.PROTECT, related_name="+", verbose_name=_("ポリシーの場合")
    )
    ground = models.CharField(_("法律上の根拠"), max_length=10)
    recipient_name = models.CharField(_("提供先の名称"), max_length=200)
    items = items_field(_("データ項目"))
    reasons = ArrayField(models.CharField(max_length=40), verbose_name=_("理由"))
    run = models.ForeignKey(
        ProvisionRun, on_delete=models.PROTECT, null=True, blank=True, related_name="refused", verbose_name=_("一括")
    )
    keep_until = models.DateField(_("保存期限"))
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("試みた人"),
    )
    at = models.DateTimeField(_("日時"), default=timezone.now)

    class Meta:
        verbose_name = pgettext_lazy("単数", "断られた提供")
        verbose_name_plural = _("断られた提供")
        ordering = ["-at", "id"]
        indexes = [models.Index(fields=["-at", "id"], name="refused_newest")]
        constraints = [models.CheckConstraint(condition=~models.Q(reasons=[]), name="refused_provision_has_reason")]

    def __str__(self) -> str:
        return f"{timezone.localtime(self.at):%Y-%m-%d} {self.recipient_name}"


class ReceivedProvision(Kept):
    """One receipt of one person's data from a third party, with the items of Enforcement Rule 24.

    What was confirmed is recorded; where the provider did not let us confirm it, the data may not be received, so there
    is no such record.
    """

    class Kind(models.TextChoices):
        CONSENT = "consent", _("提供者がご本人の同意を得て渡した（規則第24条第1項第2号）")
        OPT_OUT = "opt_out", _("提供者がオプトアウトの届出により渡した（第1号）")
        REFERABLE = "referable", _("閲覧履歴などの個人関連情報を、個人データとして受け取った（第3号）")
        PRIVATE = "private", _("事業者でない人から受け取った（第4号）")

    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="received_provisions", verbose_name=_("本人")
    )
    principal = EncryptedTextField(_("本人を特定する事項"))
    kind = models.CharField(_("区分"), max_length=10, choices=Kind, default=Kind.CONSENT)
    provider_name = models.CharField(_("提供元の名称"), max_length=200)
    provider_address = models.CharField(_("提供元の住所"), max_length=300)
    provider_representative = models.CharField(_("提供元の代表者"), max_length=200, blank=True)
    provider_country = models.CharField(
        _("提供元の国・地域"), max_length=2, default="JP", help_text="ISO 3166-1 alpha-2"
    )
    how_acquired = models.CharField(
        _("提供元が取得した経緯"), max_length=300, blank=True, help_text=_("だれから、どのように取得したと確かめたか。")
    )
    confirmed_how = models.CharField(_("確かめた方法"), max_length=300)
    consent = models.ForeignKey(
        Consent, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("当方が得た同意")
    )
    items = items_field(_("受け取ったデータ項目"))
    received_on = models.DateField(_("受領日"))
    received_until = models.DateField(_("最後の受領日"), null=True, blank=True)
    withheld = models.CharField(_("開示しない理由"), max_length=20, choices=WITHHELD, blank=True)
    run = models.ForeignKey(
        ProvisionRun, on_delete=models.PROTECT, null=True, blank=True, related_name="received", verbose_name=_("一括")
    )
    digest = models.BinaryField(max_length=32, editable=False)
    occurrence = models.PositiveSmallIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = pgettext_lazy("単数", "第三者から受け取った記録")
        verbose_name_plural = _("第三者から受け取った記録")
        ordering = ["-received_on", "-created_at"]
        indexes = [
            models.Index(fields=["customer", "-received_on"], name="received_by_customer"),
            models.Index(fields=["keep_until"], name="received_by_end"),
            models.Index(fields=["-received_on", "-created_at"], name="received_newest"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["digest", "occurrence"], name="received_recorded_once"),
            models.CheckConstraint(
                condition=models.Q(kind="referable") | ~models.Q(how_acquired=""), name="received_says_how_acquired"
            ),
            models.CheckConstraint(
                condition=~models.Q(kind="referable") | models.Q(consent__isnull=False),
                name="received_referable_has_consent",
            ),
            models.CheckConstraint(
                condition=~models.Q(provider_name="") & ~models.Q(provider_address="") & ~models.Q(confirmed_how=""),
                name="received_names_provider",
            ),
            models.CheckConstraint(condition=~models.Q(items=[]), name="received_names_items"),
            models.CheckConstraint(
                condition=models.Q(received_until=None) | models.Q(received_until__gte=models.F("received_on")),
                name="received_ends_after_it_began",
            ),
            models.CheckConstraint(
                condition=~models.Q(method="batch") | models.Q(received_until__isnull=False),
                name="received_batch_has_last_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.received_on} {self.provider_name}"

    @property
    def by_consent(self) -> bool:
        """Whether it rests on the person's consent (Rule 24(1)ii and iii)."""
        return self.kind in (self.Kind.CONSENT, self.Kind.REFERABLE)


class LedgerReversal(models.Model):
    """A counter-entry: this record is wrong, and why. The record itself stays as it was."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    provision = models.OneToOneField(
        Provision,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="reversal",
        verbose_name=_("第三者提供の記録"),
    )
    received = models.OneToOneField(
        ReceivedProvision,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="reversal",
        verbose_name=_("第三者から受け取った記録"),
    )
    reason = models.CharField(_("理由"), max_length=300, help_text=_("個人データは書かないでください。"))
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("記録者"),
    )
    at = models.DateTimeField(_("日時"), default=timezone.now)

    class Meta:
        verbose_name = _("記録の取消し")
        verbose_name_plural = _("記録の取消し")
        ordering = ["-at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(provision__isnull=True, received__isnull=False)
                | models.Q(provision__isnull=False, received__isnull=True),
                name="reversal_of_one_record",
            ),
            models.CheckConstraint(condition=~models.Q(reason=""), name="reversal_has_reason"),
        ]

    def __str__(self) -> str:
        return f"{timezone.localtime(self.at):%Y-%m-%d} {self.reason}"
