"""A decision that somebody proposed and that somebody else has to look at before it is made."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from consent_app.domain.request_words import OUTCOME_WORDS
from privacy_portal.core.fields import EncryptedTextField

from .request import DisclosureRequest


class DecisionProposal(models.Model):
    """What one member of staff wants to decide. One at most waits for a request; nothing happens until it is approved.

    ``basis`` names the state of the case that it was made on, without saying it. The content is never changed: whoever
    wants something else proposes anew.
    """

    class State(models.TextChoices):
        OPEN = "open", _("二人目の確認待ち")
        APPROVED = "approved", _("承認")
        RETURNED = "returned", _("差戻し")
        # The case changed after it was made.
        STALE = "stale", _("状況が変わったため無効")
        REPLACED = "replaced", _("別の提案か決定に差替え")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.ForeignKey(
        DisclosureRequest, on_delete=models.CASCADE, related_name="proposals", verbose_name=_("請求")
    )
    outcome = models.CharField(_("結論"), max_length=30, choices=OUTCOME_WORDS)
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
    measure = EncryptedTextField(_("代わりの措置"), null=True)
    withheld_items = models.ManyToManyField("consent_app.DataItem", blank=True, related_name="+")
    withheld_purposes = models.ManyToManyField("consent_app.Purpose", blank=True, related_name="+")
    # Token of the preview of an erasure that the first person saw.
    seen = models.CharField(max_length=64, blank=True, editable=False)
    basis = models.CharField(max_length=64, editable=False)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("提案した人")
    )
    proposed_at = models.DateTimeField(_("提案日時"), default=timezone.now)
    state = models.CharField(_("状態"), max_length=10, choices=State, default=State.OPEN)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("確かめた人")
    )
    settled_at = models.DateTimeField(_("確かめた日時"), null=True)
    remark = EncryptedTextField(_("差戻しの理由"), null=True)

    class Meta:
        verbose_name = _("決定の提案")
        verbose_name_plural = _("決定の提案")
        ordering = ["-proposed_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome="partly") | Q(part_grounds={}), name="proposal_parts_only_where_partly"
            ),
            # A ground that only the operator's policy knows never refuses by itself.
            models.CheckConstraint(condition=Q(own_ground=None) | ~Q(ground=""), name="proposal_own_ground_beside_law"),
            models.UniqueConstraint(fields=["request"], condition=Q(state="open"), name="one_proposal_waits"),
            models.CheckConstraint(
                condition=Q(state="open", settled_at=None, settled_by=None)
                | (~Q(state="open") & Q(settled_at__isnull=False)),
                name="proposal_settled_has_time",
            ),
            # Whoever looks at it is somebody else, whatever the program does.
            models.CheckConstraint(
                condition=Q(settled_by=None) | Q(proposed_by=None) | ~Q(settled_by=F("proposed_by")),
                name="proposal_second_person_is_another",
                violation_error_message=_("自分の提案は、自分では確かめられません。"),
            ),
            models.CheckConstraint(
                condition=~Q(state="returned") | Q(remark__isnull=False), name="proposal_returned_says_why"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_outcome_display()} {self.proposed_at:%Y-%m-%d}"
