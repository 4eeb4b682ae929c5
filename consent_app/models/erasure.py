"""What was erased at a person's request, and by which marks an import knows whom it must not bring back."""

import hmac
import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from privacy_portal.core.keys import derive_key


def digest_of(kind: str, *parts: str) -> bytes:
    """The mark of a mail address (``"email"``), of an id in a source (``"id"``, source, id), or of a gift's recipient.

    A keyed hash: it names nobody, and it is of no use without the key.
    """
    text = "\0".join((kind, *parts))
    return hmac.digest(derive_key("erasure-mark"), text.encode(), "sha256")


class ErasureRecord(models.Model):
    """One erasure (articles 22, 35): numbers and dates, no personal data. Append-only.

    ``customer_id`` is no link: the row of the person may be gone one day, and this one stays. The database lets what is
    otherwise only added (consents, history) be deleted for a person who has such a record.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    customer_id = models.UUIDField(_("顧客のID"))
    reference = models.CharField(_("受付番号"), max_length=40)
    key = models.CharField(_("二重に行わないための印"), max_length=100, editable=False)
    everything = models.BooleanField(_("すべてが対象"))
    items = ArrayField(models.CharField(max_length=40), verbose_name=_("消した項目"), default=list, blank=True)
    counts = models.JSONField(_("消した件数"), default=dict)
    deferred = models.JSONField(_("あとで消すもの"), default=list)
    erased_at = models.DateTimeField(_("消した日時"), default=timezone.now)
    erased_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("決めた人"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )

    class Meta:
        verbose_name = _("消去の記録")
        verbose_name_plural = pgettext_lazy("複数", "消去の記録")
        ordering = ["-erased_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["customer_id", "key"], name="erasure_once"),
            models.CheckConstraint(
                condition=models.Q(everything=True, items=[]) | (models.Q(everything=False) & ~models.Q(items=[])),
                name="erasure_of_all_or_items",
            ),
            models.CheckConstraint(condition=~models.Q(reference=""), name="erasure_has_reference"),
        ]

    def __str__(self) -> str:
        return self.reference


class ErasureMark(models.Model):
    """The keyed hash of a mail address or of an id in a source, by which an import knows an erased person's row.

    Lifted where the person wants to be a customer again; the next erasure of the same person sets it anew.
    """

    digest = models.BinaryField(_("鍵つきハッシュ"), max_length=32, unique=True)
    erased_at = models.DateTimeField(_("消した日時"))
    lifted_at = models.DateTimeField(_("外した日時"), null=True, editable=False)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("外した人")
    )
    lift_reason = models.CharField(
        _("外した理由"), max_length=200, blank=True, help_text=_("何で確かめたか。個人データは書きません。")
    )

    class Meta:
        verbose_name = _("消去した人の印")
        verbose_name_plural = _("消去した人の印")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(lifted_at=None, lift_reason="")
                | (models.Q(lifted_at__isnull=False) & ~models.Q(lift_reason="")),
                name="mark_lifted_says_why",
            )
        ]

    def __str__(self) -> str:
        return str(self.pk)
