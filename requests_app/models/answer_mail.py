"""An answer that went out as an encrypted file, and the passphrase to it."""

import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from privacy_portal.core.fields import EncryptedTextField
from privacy_portal.core.models import OutgoingMail

from .decision import Decision


class AnswerMail(models.Model):
    """One sending of an answer. The file is made of the answer's files when the mail leaves and is kept nowhere.

    The passphrase goes with the answer's files, or when another sending takes the place of this one.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    decision = models.ForeignKey(
        Decision, on_delete=models.CASCADE, related_name="answer_mails", verbose_name=_("決定")
    )
    mail = models.OneToOneField(
        OutgoingMail, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("メール")
    )
    passphrase = EncryptedTextField(_("パスフレーズ"), null=True)
    created_at = models.DateTimeField(_("作成日時"), default=timezone.now)
    shown_count = models.PositiveIntegerField(_("パスフレーズを見た回数"), default=0)
    first_shown_at = models.DateTimeField(_("パスフレーズを最初に見た日時"), null=True, blank=True)
    ended_at = models.DateTimeField(_("終わった日時"), null=True, blank=True)

    class Meta:
        verbose_name = _("添付で送った回答")
        verbose_name_plural = _("添付で送った回答")
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["decision"], condition=models.Q(ended_at=None), name="one_answer_mail_in_force"
            ),
            models.CheckConstraint(
                condition=models.Q(ended_at=None) | models.Q(passphrase__isnull=True),
                name="answer_mail_ended_has_no_passphrase",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)
