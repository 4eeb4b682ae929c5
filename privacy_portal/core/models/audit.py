"""The audit trail: who did what to which object, without any personal data.

Entries and links are append-only; triggers made by a migration refuse UPDATE, DELETE and TRUNCATE.
"""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class AuditEntry(models.Model):
    """One action. References only: it outlives what it speaks of."""

    at = models.DateTimeField(_("日時"), default=timezone.now)
    action = models.CharField(_("操作"), max_length=60)
    actor = models.CharField(_("操作者"), max_length=60, help_text=_("「user:ID」「worker」「anonymous」など。"))
    object_type = models.CharField(_("対象の種類"), max_length=60, blank=True)
    object_id = models.CharField(_("対象のID"), max_length=60, blank=True)
    request_id = models.CharField(_("リクエストID"), max_length=40, blank=True)
    detail = models.JSONField(_("詳細"), default=dict)

    class Meta:
        verbose_name = _("監査記録")
        verbose_name_plural = _("監査記録")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["object_type", "object_id", "id"], name="audit_by_object"),
            models.Index(fields=["actor", "id"], name="audit_by_actor"),
            models.Index(fields=["action", "id"], name="audit_by_action"),
        ]

    def __str__(self) -> str:
        return f"{timezone.localtime(self.at):%Y-%m-%d %H:%M:%S}"


class AuditLink(models.Model):
    """One link of the hash chain over the entries.

    Links are made in batches after the entries are committed, by one linker at a time, so that an action never waits
    for another one's audit entry (``docs/decisions/audit-chain.md``).
    """

    position = models.BigIntegerField(_("位置"), primary_key=True)
    entry = models.OneToOneField(AuditEntry, on_delete=models.DO_NOTHING, related_name="link")
    digest = models.BinaryField(_("ハッシュ"), max_length=32)

    class Meta:
        verbose_name = _("監査記録の連鎖")
        verbose_name_plural = _("監査記録の連鎖")

    def __str__(self) -> str:
        return str(self.position)


class AuditPending(models.Model):
    """An entry that waits to be linked; written by a trigger in the transaction of the entry, removed by the linker.

    Identifiers are handed out before a commit: "everything after the last linked one" would miss what commits late.
    """

    entry = models.OneToOneField(AuditEntry, primary_key=True, on_delete=models.DO_NOTHING, related_name="pending")

    class Meta:
        verbose_name = _("連鎖を待つ監査記録")
        verbose_name_plural = _("連鎖を待つ監査記録")

    def __str__(self) -> str:
        return str(self.entry_id)
