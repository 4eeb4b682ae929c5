"""Purposes that staff add beside the profile, for a campaign or the like: each with a consent of its own."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from privacy_portal.core.localized import Localized

from .kept import KeptModel
from .registers import DataItem, Purpose


class AddedPurpose(KeptModel):
    """A purpose about which people are asked separately, and only those who accept are concerned (promise A1).

    It is a draft until it is announced. Then it becomes a :class:`Purpose` that needs consent, is on the public page,
    and does not change any more: another text is another purpose. Closing it ends the use; the consents stay as proof.
    """

    text_ja = models.CharField(_("利用目的"), max_length=300)
    text_en = models.CharField(_("利用目的（英語）"), max_length=300)
    explanation_ja = models.TextField(
        _("同意をお願いするときの説明"), blank=True, help_text=_("何のために、いつまで、何をするか。")
    )
    explanation_en = models.TextField(_("同意をお願いするときの説明（英語）"), blank=True)
    items = models.ManyToManyField(DataItem, verbose_name=_("使うデータ項目"), related_name="+")
    provided_to = models.CharField(
        _("提供先"), max_length=200, blank=True, help_text=_("第三者への提供に同意を得る目的のとき、その相手。")
    )
    valid_months = models.PositiveSmallIntegerField(
        _("同意の有効期間（月）"), null=True, blank=True, help_text=_("空欄は期限なしです。")
    )
    part_of = models.ForeignKey(
        Purpose,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("含まれる利用目的"),
        help_text=_("公表した利用目的のうち、これを含むもの。"),
    )
    purpose = models.OneToOneField(
        Purpose, on_delete=models.PROTECT, null=True, blank=True, editable=False, related_name="added"
    )
    announced_at = models.DateTimeField(_("公表日時"), null=True, blank=True, editable=False)
    closed_at = models.DateTimeField(_("終了日時"), null=True, blank=True, editable=False)

    text = Localized()

    class Meta:
        verbose_name = _("追加した利用目的")
        verbose_name_plural = pgettext_lazy("複数", "追加した利用目的")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(announced_at=None, purpose=None, closed_at=None)
                | models.Q(announced_at__isnull=False, purpose__isnull=False),
                name="added_purpose_announced_is_a_purpose",
            ),
            models.CheckConstraint(
                condition=models.Q(valid_months=None) | models.Q(valid_months__range=(1, 120)),
                name="added_purpose_months",
                violation_error_message=_("有効期間は、1か月から120か月で定めます。"),
            ),
        ]

    def __str__(self) -> str:
        return self.text
