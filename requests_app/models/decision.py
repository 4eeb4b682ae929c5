"""What the operator decided, with article, ground and reason."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from consent_app.domain.request_words import OUTCOME_WORDS
from privacy_portal.core.fields import EncryptedTextField

from .proposal import DecisionProposal
from .request import DisclosureRequest


class Decision(models.Model):
    """A decision. After reopening a new one supersedes it; there is one in force at most."""

    class Outcome(models.TextChoices):
        GRANTED = "granted", OUTCOME_WORDS["granted"]
        PARTLY = "partly", OUTCOME_WORDS["partly"]
        ALTERNATIVE = "alternative", OUTCOME_WORDS["alternative"]
        REFUSED = "refused", OUTCOME_WORDS["refused"]
        NO_SUCH_DATA = "no_such_data", OUTCOME_WORDS["no_such_data"]
        REPLIED = "replied", OUTCOME_WORDS["replied"]
        NOT_VALID = "not_valid", OUTCOME_WORDS["not_valid"]
        IDENTITY_NOT_CONFIRMED = "identity_not_confirmed", OUTCOME_WORDS["identity_not_confirmed"]

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.ForeignKey(
        DisclosureRequest, on_delete=models.CASCADE, related_name="decisions", verbose_name=_("請求")
    )
    outcome = models.CharField(_("結論"), max_length=30, choices=Outcome)
    article = models.CharField(_("条文"), max_length=20)
    ground = models.CharField(_("根拠"), max_length=40, blank=True)
    own_ground = models.ForeignKey(
        "consent_app.RefusalGround",
        verbose_name=_("プロフィールの理由"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    # Code of an item or purpose that is not granted -> its ground, where that is another one.
    part_grounds = models.JSONField(_("項目ごとの根拠"), default=dict, blank=True)
    reason = EncryptedTextField(_("理由"), null=True)
    withheld_items = models.ManyToManyField(
        "consent_app.DataItem", verbose_name=_("応じない項目"), blank=True, related_name="+"
    )
    withheld_purposes = models.ManyToManyField(
        "consent_app.Purpose", verbose_name=_("応じない利用目的"), blank=True, related_name="+"
    )
    measure = EncryptedTextField(_("代わりの措置"), null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("決定者")
    )
    decided_at = models.DateTimeField(_("決定日時"), default=timezone.now)
    proposal = models.OneToOneField(
        DecisionProposal,
        null=True,
        blank=True,
        editable=False,
        # Both go with the request; PROTECT would keep it.
        on_delete=models.RESTRICT,
        related_name="decision",
        verbose_name=_("承認された提案"),
    )
    attempted_at = models.DateTimeField(_("最後に回答を準備しようとした日時"), null=True, blank=True, editable=False)
    attempts = models.PositiveIntegerField(_("回答を準備しようとした回数"), default=0, editable=False)
    superseded_at = models.DateTimeField(_("差替え日時"), null=True, blank=True)

    class Meta:
        verbose_name = _("決定")
        verbose_name_plural = _("決定")
        ordering = ["-decided_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(outcome="partly") | models.Q(part_grounds={}),
                name="decision_parts_only_where_partly",
            ),
            # A ground that only the operator's policy knows never refuses by itself.
            models.CheckConstraint(
                condition=models.Q(own_ground=None) | ~models.Q(ground=""), name="decision_own_ground_beside_law"
            ),
            models.UniqueConstraint(
                fields=["request"], condition=models.Q(superseded_at__isnull=True), name="one_decision_in_force"
            ),
            models.CheckConstraint(
                condition=~models.Q(outcome__in=["partly", "refused", "alternative"])
                | (~models.Q(ground="") & models.Q(reason__isnull=False)),
                name="refusal_has_ground_and_reason",
                violation_error_message=_("応じないときは、根拠と理由が必要です（法第36条）。"),
            ),
            models.CheckConstraint(
                condition=models.Q(outcome="alternative", measure__isnull=False)
                | (~models.Q(outcome="alternative") & models.Q(measure__isnull=True)),
                name="alternative_names_measure",
                violation_error_message=_("代わりの措置をとるときは、その内容を書いてください。"),
            ),
            models.CheckConstraint(
                condition=~models.Q(outcome__in=["replied", "not_valid"]) | models.Q(reason__isnull=False),
                name="reply_has_words",
                violation_error_message=_("回答の内容を書いてください。"),
            ),
        ]

    def __str__(self) -> str:
        return self.get_outcome_display()


# What was asked for is done, in whole or in part.
POSITIVE = frozenset({Decision.Outcome.GRANTED, Decision.Outcome.PARTLY})
