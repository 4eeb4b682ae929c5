"""Which gifts the person of a request received, as staff judged."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from consent_app.models import CustomerRecord

from .request import DisclosureRequest


class GiftLink(models.Model):
    """The person is a recipient in this order of somebody else. Names the order and nothing of either person.

    The order and not the row of the recipient, which every import of a changed order makes anew. ``persons`` are those
    of its recipients (``Recipient.person_key``, hexadecimal) who are this person.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.ForeignKey(
        DisclosureRequest, on_delete=models.CASCADE, related_name="gift_links", verbose_name=_("請求")
    )
    record = models.ForeignKey(CustomerRecord, on_delete=models.CASCADE, related_name="+", verbose_name=_("注文"))
    persons = models.JSONField(_("贈り先の印"), default=list, editable=False)
    linked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("判断者")
    )
    linked_at = models.DateTimeField(_("判断した日時"), default=timezone.now)

    class Meta:
        verbose_name = _("贈り先としての結び付き")
        verbose_name_plural = _("贈り先としての結び付き")
        constraints = [models.UniqueConstraint(fields=["request", "record"], name="gift_linked_once")]

    def __str__(self) -> str:
        return str(self.id)
