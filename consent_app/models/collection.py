"""Where the operator collects personal data, and the exact text that people are shown there."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from privacy_portal.core.localized import Localized

from .kept import KeptModel
from .registers import DataItem, Purpose


class CollectionPoint(KeptModel):
    """A place where people give their data (articles 17, 21): with which purposes, which items, and how they agree.

    ``wording`` is the text to be shown next; what people are shown is the newest :class:`CollectionWording`.
    """

    class Kind(models.TextChoices):
        PURCHASE = "purchase", _("購入")
        ACCOUNT = "account", _("アカウントの作成")
        INQUIRY = "inquiry", _("お問い合わせ")
        SURVEY = "survey", _("アンケート")
        APPLICATION = "application", _("応募")

    code = models.SlugField(_("コード"), max_length=40, unique=True)
    position = models.PositiveSmallIntegerField(_("並び順"), default=0)
    kind = models.CharField(_("種類"), max_length=20, choices=Kind)
    name_ja = models.CharField(_("名称"), max_length=200)
    name_en = models.CharField(_("名称（英語）"), max_length=200)
    purposes = models.ManyToManyField(Purpose, verbose_name=_("利用目的"), related_name="collection_points", blank=True)
    items = models.ManyToManyField(DataItem, verbose_name=_("集める項目"), related_name="collection_points", blank=True)
    wording_ja = models.TextField(_("示す文言"), blank=True)
    wording_en = models.TextField(_("示す文言（英語）"), blank=True)
    proof_ja = models.CharField(
        _("同意の確かめ方と証跡"), max_length=300, blank=True, help_text=_("どう確かめ、何が残るか。")
    )
    proof_en = models.CharField(_("同意の確かめ方と証跡（英語）"), max_length=300, blank=True)
    active = models.BooleanField(_("有効"), default=True)

    name = Localized()
    proof = Localized()

    class Meta:
        verbose_name = _("取得の場面")
        verbose_name_plural = pgettext_lazy("複数", "取得の場面")
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class CollectionWording(models.Model):
    """What people were shown at a point from a moment on. Append-only, and the database sees to it."""

    point = models.ForeignKey(
        CollectionPoint, on_delete=models.PROTECT, related_name="wordings", verbose_name=_("取得の場面")
    )
    number = models.PositiveIntegerField(_("版"))
    text_ja = models.TextField(_("示した文言"))
    text_en = models.TextField(_("示した文言（英語）"))
    shown_from = models.DateTimeField(_("いつから"), default=timezone.now)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("使い始めた人"),
    )

    text = Localized()

    class Meta:
        verbose_name = _("取得の場面の文言")
        verbose_name_plural = _("取得の場面の文言")
        ordering = ["point", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["point", "number"], name="collection_wording_number_once"),
            models.UniqueConstraint(fields=["point", "shown_from"], name="collection_wording_one_at_a_time"),
            models.CheckConstraint(
                condition=~models.Q(text_ja="") & ~models.Q(text_en=""), name="collection_wording_in_both_languages"
            ),
        ]

    def __str__(self) -> str:
        return _("%(point)s 第%(number)s版") % {"point": self.point.name, "number": self.number}
