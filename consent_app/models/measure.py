"""Security control measures (article 23), and the departments that handle personal data with their managers."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from privacy_portal.core.localized import Localized

from .kept import KeptModel
from .registers import DataItem


class Measure(KeptModel):
    """A security control measure.

    ``text`` is what the public may read (article 32(1), Order 10); ``note`` is for staff only, because what would
    weaken security when known must not be published. Those that a profile brought have a ``code``.
    """

    class Class(models.TextChoices):
        POLICY = "policy", _("基本方針")
        RULES = "rules", _("規律の整備")
        ORGANISATION = "organisation", _("組織的安全管理措置")
        PEOPLE = "people", _("人的安全管理措置")
        PREMISES = "premises", _("物理的安全管理措置")
        TECHNOLOGY = "technology", _("技術的安全管理措置")
        ENVIRONMENT = "environment", _("外的環境の把握")

    code = models.SlugField(_("コード"), max_length=40, unique=True, null=True, blank=True, editable=False)
    position = models.PositiveSmallIntegerField(_("並び順"), default=0)
    measure_class = models.CharField(
        _("区分"),
        max_length=20,
        choices=Class,
        help_text=_("外的環境の把握は、外国で個人データを扱うときに、その国の制度を調べたうえでの措置です。"),
    )
    text_ja = models.TextField(
        _("公表する文"),
        blank=True,
        help_text=_("製品名や設定の値など、知られると守りが弱くなることは書きません。それは社内のメモに書きます。"),
    )
    text_en = models.TextField(_("公表する文（英語）"), blank=True)
    note = models.TextField(_("社内のメモ（公表しません）"), blank=True)
    public = models.BooleanField(_("公表する"), default=True)
    active = models.BooleanField(_("有効"), default=True)

    text = Localized()

    class Meta:
        verbose_name = _("安全管理措置")
        verbose_name_plural = pgettext_lazy("複数", "安全管理措置")
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(public=False) | (~Q(text_ja="") & ~Q(text_en="")),
                name="measure_public_has_text",
                violation_error_message=_("公表する措置には、日本語と英語の公表する文が必要です。"),
            ),
            models.CheckConstraint(
                condition=~Q(text_ja="") | ~Q(note=""),
                name="measure_says_something",
                violation_error_message=_("公表する文か、社内のメモを書いてください。"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_measure_class_display()} {self.text or self.note}"[:80]


class Department(KeptModel):
    """A department that handles personal data, with its manager (組織的安全管理措置)."""

    code = models.SlugField(_("コード"), max_length=40, unique=True, null=True, blank=True, editable=False)
    position = models.PositiveSmallIntegerField(_("並び順"), default=0)
    name_ja = models.CharField(_("部署"), max_length=100)
    name_en = models.CharField(_("部署（英語）"), max_length=100, blank=True)
    manager_title_ja = models.CharField(_("管理者の呼び名"), max_length=100)
    manager_title_en = models.CharField(_("管理者の呼び名（英語）"), max_length=100, blank=True)
    manager_name = models.CharField(
        _("管理者の氏名"), max_length=100, blank=True, help_text=_("公表しません。決まるまで空けておけます。")
    )
    items = models.ManyToManyField(DataItem, verbose_name=_("扱うデータ項目"), related_name="departments", blank=True)
    active = models.BooleanField(_("有効"), default=True)

    name = Localized()
    manager_title = Localized()

    class Meta:
        verbose_name = _("部署")
        verbose_name_plural = pgettext_lazy("複数", "部署")
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name
