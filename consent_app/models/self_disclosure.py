"""What a person made public themself: a review under their name, a post, their own shop's telephone number."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .customer import Customer, CustomerRecord
from .registers import DataItem


class SelfDisclosure(models.Model):
    """A mark that the person themself published a registered item or a record (本人による公開).

    It says where a publication came from and changes nothing else: the data stays personal data, what it may be used
    for stays as it is, and the person can ask for all the same things. A mark is ended, never
    deleted or rewritten.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, related_name="self_disclosures", verbose_name=_("顧客")
    )
    item = models.ForeignKey(
        DataItem, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("データ項目")
    )
    record = models.ForeignKey(
        CustomerRecord,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="self_disclosures",
        verbose_name=_("記録"),
    )
    place = models.CharField(_("公開した場所"), max_length=200, help_text=_("例：商品のレビュー、本人のブログ"))
    marked_at = models.DateTimeField(_("印を付けた日時"), default=timezone.now)
    marked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("印を付けた人")
    )
    ended_at = models.DateTimeField(_("印を外した日時"), null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("印を外した人"),
    )

    class Meta:
        verbose_name = _("本人による公開の印")
        verbose_name_plural = _("本人による公開の印")
        ordering = ["-marked_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(item=None, record__isnull=False) | models.Q(item__isnull=False, record=None),
                name="self_disclosure_of_one_thing",
            ),
            models.CheckConstraint(condition=~models.Q(place=""), name="self_disclosure_names_place"),
            models.CheckConstraint(
                condition=models.Q(ended_at=None) | models.Q(ended_at__gte=models.F("marked_at")),
                name="self_disclosure_ends_after_mark",
            ),
            models.UniqueConstraint(
                fields=["customer", "item"],
                condition=models.Q(ended_at=None, item__isnull=False),
                name="self_disclosure_open_once_per_item",
            ),
            models.UniqueConstraint(
                fields=["record"],
                condition=models.Q(ended_at=None, record__isnull=False),
                name="self_disclosure_open_once_per_record",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item or self.record} {timezone.localtime(self.marked_at):%Y-%m-%d}"
