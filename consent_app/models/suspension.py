"""What must not be done with a person's data for the time being, whatever they once consented to."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .customer import Customer, CustomerRecord
from .registers import Purpose


def _constraints(prefix: str) -> list[models.BaseConstraint]:
    """What holds for every stop, whoever it is about."""
    return [
        models.CheckConstraint(condition=models.Q(kind__in=("use", "provision")), name=f"{prefix}_kind_known"),
        models.CheckConstraint(
            condition=models.Q(ended_at=None) | models.Q(ended_at__gte=models.F("begins_at")),
            name=f"{prefix}_ends_after_begin",
            violation_error_message=_("終了は開始より後です。"),
        ),
        models.CheckConstraint(
            condition=models.Q(ended_at=None, end_reason="")
            | (models.Q(ended_at__isnull=False) & ~models.Q(end_reason="")),
            name=f"{prefix}_end_names_reason",
            violation_error_message=_("停止を終えるには理由が要ります。"),
        ),
        models.CheckConstraint(
            condition=~models.Q(ground=""),
            name=f"{prefix}_names_ground",
            violation_error_message=_("停止には根拠が要ります。"),
        ),
    ]


class Stop(models.Model):
    """What every stop says, whoever it is about: what is stopped, from when to when, and on which ground."""

    class Kind(models.TextChoices):
        USE = "use", _("利用の停止")
        PROVISION = "provision", _("第三者への提供の停止")

    class EndReason(models.TextChoices):
        WISH = "wish", _("本人が希望した")
        GROUND_GONE = "ground_gone", _("停止の理由がなくなった")
        MISTAKE = "mistake", _("誤って止めた")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("種類"), max_length=10, choices=Kind)
    begins_at = models.DateTimeField(_("開始日時"), default=timezone.now)
    ended_at = models.DateTimeField(_("終了日時"), null=True, blank=True)
    ground = models.CharField(_("根拠"), max_length=30, help_text=_("条文（例：35(1)）、または本人の希望（wish）。"))
    reference = models.CharField(_("参照"), max_length=60, blank=True, help_text=_("受付番号など。"))
    end_reason = models.CharField(_("終えた理由"), max_length=20, choices=EndReason, blank=True)
    end_note = models.CharField(
        _("終えた理由の説明"), max_length=200, blank=True, help_text=_("個人データは書かないでください。")
    )
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("停止した人"),
    )
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("終えた人"),
    )
    created_at = models.DateTimeField(_("記録日時"), default=timezone.now)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {timezone.localtime(self.begins_at):%Y-%m-%d}"


class Suspension(Stop):
    """A stop of use or of provision to third parties (利用停止・提供停止, article 35), until it is ended.

    A row is never deleted: what was stopped, and from when to when, is the proof that a promise was kept.
    """

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="suspensions", verbose_name=_("顧客"))
    purpose = models.ForeignKey(
        Purpose,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="suspensions",
        verbose_name=_("利用目的"),
        help_text=_("空欄は、すべての利用または提供です。"),
    )

    class Meta:
        verbose_name = _("停止")
        verbose_name_plural = pgettext_lazy("複数", "停止")
        ordering = ["-begins_at"]
        constraints = [
            *_constraints("suspension"),
            # Two constraints, because NULL differs from NULL on the older servers that we support.
            models.UniqueConstraint(
                fields=["customer", "kind", "purpose"],
                condition=models.Q(ended_at=None, purpose__isnull=False),
                name="suspension_open_once_per_purpose",
            ),
            models.UniqueConstraint(
                fields=["customer", "kind"],
                condition=models.Q(ended_at=None, purpose=None),
                name="suspension_open_once_for_all",
            ),
        ]
        indexes = [models.Index(fields=["customer", "kind"], name="suspension_by_customer")]


class RecipientSuspension(Stop):
    """The same for the recipient of a gift in somebody else's order; ``person`` is ``Recipient.person_key``.

    It goes with the order, and when the person is erased; until then it outlives every import of the order.
    """

    record = models.ForeignKey(
        CustomerRecord, on_delete=models.CASCADE, related_name="recipient_suspensions", verbose_name=_("注文")
    )
    person = models.BinaryField(_("贈り先の印"), max_length=32, editable=False)
    purpose = models.ForeignKey(
        Purpose,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="recipient_suspensions",
        verbose_name=_("利用目的"),
        help_text=_("空欄は、すべての利用または提供です。"),
    )

    class Meta:
        verbose_name = _("贈り先についての停止")
        verbose_name_plural = _("贈り先についての停止")
        ordering = ["-begins_at"]
        constraints = [
            *_constraints("recipient_stop"),
            models.UniqueConstraint(
                fields=["record", "person", "kind", "purpose"],
                condition=models.Q(ended_at=None, purpose__isnull=False),
                name="recipient_stop_open_once_per_purpose",
            ),
            models.UniqueConstraint(
                fields=["record", "person", "kind"],
                condition=models.Q(ended_at=None, purpose=None),
                name="recipient_stop_open_once_for_all",
            ),
        ]
