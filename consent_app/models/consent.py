"""Consents as events, and who acted for the person; the state is the newest event of a customer and purpose."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from privacy_portal.core.fields import EncryptedTextField

from .collection import CollectionWording
from .customer import Customer
from .registers import Purpose
from .wording import PurposeVersion


class Consent(models.Model):
    """One event: a consent given, withdrawn or expired.

    Append-only, and the database sees to it: nothing is changed, and nothing is deleted but with the customer
    (a trigger of the migrations).
    """

    class Event(models.TextChoices):
        GIVEN = "given", _("同意")
        WITHDRAWN = "withdrawn", _("撤回")
        EXPIRED = "expired", _("期限切れ")

    class Channel(models.TextChoices):
        PORTAL = "portal", _("ポータル")
        IMPORT = "import", _("取込")
        LETTER = "letter", _("手紙")
        TELEPHONE = "telephone", _("電話")
        COUNTER = "counter", _("窓口")
        EMAIL = "email", _("メール")
        SYSTEM = "system", _("自動処理")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # No index of its own: consent_state begins with it.
    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, related_name="consents", verbose_name=_("顧客"), db_index=False
    )
    purpose = models.ForeignKey(Purpose, on_delete=models.PROTECT, related_name="consents", verbose_name=_("利用目的"))
    event = models.CharField(_("出来事"), max_length=10, choices=Event)
    channel = models.CharField(_("経路"), max_length=10, choices=Channel)
    wording = models.TextField(_("示した文言"), blank=True)
    purpose_version = models.ForeignKey(
        PurposeVersion,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="consents",
        verbose_name=_("説明の版"),
        help_text=_("空欄は、どの版を示したかが記録にないものです（取込など）。"),
    )
    collection_wording = models.ForeignKey(
        CollectionWording,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="consents",
        verbose_name=_("取得の場面と文言の版"),
        help_text=_("空欄は、取得の場面ではないところ（ポータルなど）で受けたものです。"),
    )
    proof = models.CharField(_("証跡"), max_length=200, blank=True, help_text=_("取込元と行など。"))
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("記録者"),
    )
    at = models.DateTimeField(_("日時"), default=timezone.now)
    recorded_at = models.DateTimeField(_("記録日時"), default=timezone.now, db_default=Now())
    valid_until = models.DateTimeField(
        _("有効期限"), null=True, blank=True, help_text=_("空欄は期限なしです。同意だけに定められます。")
    )

    class Meta:
        verbose_name = _("同意")
        verbose_name_plural = pgettext_lazy("複数", "同意")
        ordering = ["-at"]
        indexes = [
            models.Index(fields=["customer", "purpose", "-at"], name="consent_state"),
            models.Index(
                fields=["valid_until"], name="consent_running_out", condition=models.Q(valid_until__isnull=False)
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(valid_until=None) | models.Q(event="given", valid_until__gt=models.F("at")),
                name="consent_limit_only_when_given",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_event_display()} {self.at:%Y-%m-%d}"


class ConsentAgent(models.Model):
    """Who gave or withdrew a consent for the person, and by what it was checked that they may.

    Append-only like the consent, with which it goes.
    """

    class Relation(models.TextChoices):
        PARENT = "parent", _("親権者")
        MINOR_GUARDIAN = "minor_guardian", _("未成年後見人")
        ADULT_GUARDIAN = "adult_guardian", _("成年後見人")
        MANDATED = "mandated", _("本人が委任した代理人")

    class Evidence(models.TextChoices):
        FAMILY_REGISTER = "family_register", _("戸籍謄本など")
        RESIDENCE_RECORD = "residence_record", _("続柄のある住民票")
        REGISTRATION = "registration", _("登記事項証明書")
        MANDATE = "mandate", _("委任状と印鑑登録証明書")

    # By law, without a mandate (Cabinet Order 13, item 1).
    STATUTORY = (Relation.PARENT, Relation.MINOR_GUARDIAN, Relation.ADULT_GUARDIAN)
    # Which paper can show which relation.
    SHOWN_BY = {
        Relation.PARENT: (Evidence.FAMILY_REGISTER, Evidence.RESIDENCE_RECORD),
        Relation.MINOR_GUARDIAN: (Evidence.FAMILY_REGISTER, Evidence.REGISTRATION),
        Relation.ADULT_GUARDIAN: (Evidence.REGISTRATION,),
        Relation.MANDATED: (Evidence.MANDATE,),
    }

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    consent = models.OneToOneField(Consent, on_delete=models.CASCADE, related_name="agent", verbose_name=_("同意"))
    relation = models.CharField(_("本人との関係"), max_length=20, choices=Relation)
    name = EncryptedTextField(_("代理人の氏名"))
    evidence = models.CharField(_("確かめた書類"), max_length=20, choices=Evidence)
    checked_on = models.DateField(_("確かめた日"))

    class Meta:
        verbose_name = _("同意の代理人")
        verbose_name_plural = _("同意の代理人")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(relation="parent", evidence__in=("family_register", "residence_record"))
                | models.Q(relation="minor_guardian", evidence__in=("family_register", "registration"))
                | models.Q(relation="adult_guardian", evidence="registration")
                | models.Q(relation="mandated", evidence="mandate"),
                name="consent_agent_shown_by_paper",
                violation_error_message=_("この書類では、本人との関係を確かめられません。"),
            )
        ]

    def __str__(self) -> str:
        return self.get_relation_display()

    @property
    def statutory(self) -> bool:
        """Whether the law, not a mandate, makes them the agent."""
        return self.relation in self.STATUTORY
