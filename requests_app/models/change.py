"""What somebody asks to have corrected, added or deleted, item by item, and what was found and decided (article 34)."""

import json
import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from consent_app.models import Customer, DataItem, Recipient
from consent_app.models.parts import RECIPIENT_ITEM
from privacy_portal.core.fields import EncryptedTextField

from .request import DisclosureRequest


class RequestedChange(models.Model):
    """One item: what the person says is held and what it should be; then what staff found and decided.

    ``accepted`` is None until staff have investigated. ``values_text`` has the new values by column, as JSON, where the
    item is made of columns of a customer; what is held elsewhere is changed there by people, and ``finding`` says so.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.ForeignKey(
        DisclosureRequest, on_delete=models.CASCADE, related_name="changes", verbose_name=_("請求")
    )
    position = models.PositiveSmallIntegerField(_("並び順"))
    item = models.ForeignKey(DataItem, on_delete=models.PROTECT, related_name="+", verbose_name=_("データ項目"))
    present = EncryptedTextField(_("いまの内容"), null=True)
    wanted = EncryptedTextField(_("正しい内容"), null=True)
    why = EncryptedTextField(_("違うといえる理由"), null=True)
    accepted = models.BooleanField(_("応じる"), null=True)
    finding = EncryptedTextField(_("調べた結果"), null=True)
    values_text = EncryptedTextField(_("新しい値"), null=True)
    gift_orders = models.JSONField(
        _("直す注文"), default=list, editable=False, help_text=_("本人が贈り先になっている注文のうち、直すもの。")
    )
    examined_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("調べた人")
    )
    examined_at = models.DateTimeField(_("調べた日時"), null=True)

    class Meta:
        verbose_name = _("求められた変更")
        verbose_name_plural = _("求められた変更")
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["request", "position"], name="change_once_per_position"),
            models.CheckConstraint(
                condition=Q(accepted=None, examined_at=None, values_text__isnull=True)
                | Q(accepted__isnull=False, examined_at__isnull=False, finding__isnull=False),
                name="change_examined_has_finding",
            ),
            models.CheckConstraint(
                condition=~Q(accepted=False) | Q(values_text__isnull=True), name="change_refused_sets_nothing"
            ),
        ]

    def __str__(self) -> str:
        return str(self.item)

    @property
    def values(self) -> dict[str, Any]:
        """The new values by column; empty where there are none."""
        return json.loads(self.values_text) if self.values_text else {}

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the product changes itself: of a customer, or of the recipient of a gift."""
        code = self.item.code
        if self.request.customer_id is not None and code in Customer.ITEM_FIELDS:
            return Customer.ITEM_FIELDS[code]
        if (code in Recipient.ITEM_FIELDS or code == RECIPIENT_ITEM) and self.request.gift_links.exists():
            every = tuple(column for columns in Recipient.ITEM_FIELDS.values() for column in columns)
            return every if code == RECIPIENT_ITEM else Recipient.ITEM_FIELDS[code]
        return ()

    @property
    def of_columns(self) -> bool:
        """Whether there are such columns."""
        return bool(self.columns)
