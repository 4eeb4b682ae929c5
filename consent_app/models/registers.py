"""Registers that the profile fills: data items, purposes, provision bases, subcontractors, grounds of refusal."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from privacy_portal.core.localized import Localized


class DataItem(models.Model):
    """A kind of personal data that the operator holds."""

    class EnteredBy(models.TextChoices):
        CUSTOMER = "customer", _("お客さまが入力")
        OPERATOR = "operator", _("事業者が記録")
        USE = "use", _("サービスの利用から生じる")

    class Change(models.TextChoices):
        DIRECT = "direct", _("本人がポータルで直接")
        REQUEST = "request", _("訂正などの請求で")

    code = models.SlugField(_("コード"), max_length=40, unique=True)
    position = models.PositiveSmallIntegerField(_("並び順"), default=0)
    name_ja = models.CharField(_("名称"), max_length=100)
    name_en = models.CharField(_("名称（英語）"), max_length=100)
    optional = models.BooleanField(_("任意"), default=True)
    sensitive = models.BooleanField(_("要配慮個人情報"), default=False)
    entered_by = models.CharField(_("取得のしかた"), max_length=10, choices=EnteredBy, default=EnteredBy.CUSTOMER)
    change = models.CharField(_("本人による変更"), max_length=10, choices=Change, default=Change.REQUEST)
    consequence_ja = models.CharField(_("提供されない場合の影響"), max_length=300, blank=True)
    consequence_en = models.CharField(_("提供されない場合の影響（英語）"), max_length=300, blank=True)
    active = models.BooleanField(_("有効"), default=True)

    name = Localized()
    consequence = Localized()

    class Meta:
        verbose_name = pgettext_lazy("単数", "データ項目")
        verbose_name_plural = _("データ項目")
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class Purpose(models.Model):
    """A purpose of use (利用目的)."""

    code = models.SlugField(_("コード"), max_length=40, unique=True)
    position = models.PositiveSmallIntegerField(_("並び順"), default=0)
    text_ja = models.TextField(_("利用目的"))
    text_en = models.TextField(_("利用目的（英語）"))
    needs_consent = models.BooleanField(_("個別の同意が必要"), default=False)
    statistical_only = models.BooleanField(_("個人を特定しない統計だけ"), default=False)
    shipping = models.BooleanField(_("お届け"), default=False, help_text=_("贈り先の情報は、この目的だけに使えます。"))
    provided_to = models.CharField(
        _("提供先"), max_length=200, blank=True, help_text=_("第三者への提供に同意を得る目的のとき、その相手。")
    )
    explanation_ja = models.TextField(_("同意をお願いするときの説明"), blank=True)
    explanation_en = models.TextField(_("同意をお願いするときの説明（英語）"), blank=True)
    valid_months = models.PositiveSmallIntegerField(
        _("同意の有効期間（月）"),
        null=True,
        blank=True,
        help_text=_("空欄は期限なしです。これから受ける同意に当てはまります。"),
    )
    items = models.ManyToManyField(DataItem, verbose_name=_("使うデータ項目"), related_name="purposes", blank=True)
    part_of = models.ForeignKey(
        "self",
        verbose_name=_("含まれる利用目的"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="parts",
        help_text=_("公表した利用目的のうち、別に同意を確かめる部分のとき。"),
    )
    from_profile = models.BooleanField(
        _("プロフィールの利用目的"), default=True, editable=False, help_text=_("いいえは、担当者が加えたものです。")
    )
    active = models.BooleanField(_("有効"), default=True)

    text = Localized()
    explanation = Localized()

    class Meta:
        verbose_name = _("利用目的")
        verbose_name_plural = pgettext_lazy("複数", "利用目的")
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(valid_months=None) | models.Q(valid_months__range=(1, 120), needs_consent=True),
                name="purpose_months_only_with_consent",
                violation_error_message=_("有効期間は、個別の同意が必要な利用目的に、1か月から120か月で定めます。"),
            ),
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def asks_for_consent(self) -> bool:
        """Whether people are asked for their consent to it at present."""
        return self.active and self.needs_consent and (self.part_of is None or self.part_of.active)


class ProvisionBasis(models.Model):
    """A case in which the operator's policy allows provision to others, mapped to the law."""

    code = models.SlugField(_("コード"), max_length=40, unique=True)
    position = models.PositiveSmallIntegerField(_("並び順"), default=0)
    text_ja = models.TextField(_("場合"))
    text_en = models.TextField(_("場合（英語）"))
    article = models.CharField(_("条文"), max_length=30, blank=True, help_text=_("例：27(1)、27(1)i、27(5)i"))
    statutory = models.BooleanField(
        _("法律上の根拠になる"), default=True, help_text=_("いいえの場合、同意か委託など別の根拠が必要です。")
    )
    requires = ArrayField(
        models.CharField(max_length=30),
        verbose_name=_("代わりに要る根拠"),
        default=list,
        blank=True,
        help_text=_("法律上の根拠にならない場合に、このうち一つが要ります。"),
    )
    warning_ja = models.CharField(_("注意"), max_length=300, blank=True)
    warning_en = models.CharField(_("注意（英語）"), max_length=300, blank=True)
    active = models.BooleanField(_("有効"), default=True)

    text = Localized()
    warning = Localized()

    class Meta:
        verbose_name = pgettext_lazy("単数", "提供の根拠")
        verbose_name_plural = _("提供の根拠")
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(statutory=False) | ~models.Q(article=""),
                name="statutory_basis_names_article",
                violation_error_message=_("法律上の根拠には条文が必要です。"),
            ),
        ]

    def __str__(self) -> str:
        return self.text


class Subcontractor(models.Model):
    """Somebody to whom the handling of personal data is entrusted (委託先)."""

    code = models.SlugField(_("コード"), max_length=40, unique=True)
    position = models.PositiveSmallIntegerField(_("並び順"), default=0)
    name_ja = models.CharField(_("名称"), max_length=200)
    name_en = models.CharField(_("名称（英語）"), max_length=200)
    service_ja = models.CharField(_("委託する業務"), max_length=300)
    service_en = models.CharField(_("委託する業務（英語）"), max_length=300)
    items = models.ManyToManyField(
        DataItem, verbose_name=_("渡すデータ項目"), related_name="subcontractors", blank=True
    )
    items_note_ja = models.CharField(_("渡すデータの説明"), max_length=300, blank=True)
    items_note_en = models.CharField(_("渡すデータの説明（英語）"), max_length=300, blank=True)
    country = models.CharField(_("国・地域"), max_length=2, default="JP", help_text="ISO 3166-1 alpha-2")
    public = models.BooleanField(_("公表する"), default=True)
    education = models.BooleanField(
        _("契約の代わりに教育でよい"), default=False, help_text=_("約束（規約）がそれを認めている委託先だけ。")
    )
    review_months = models.PositiveSmallIntegerField(_("確認の間隔（月）"), default=12)
    active = models.BooleanField(_("有効"), default=True)

    name = Localized()
    service = Localized()
    items_note = Localized()

    class Meta:
        verbose_name = _("委託先")
        verbose_name_plural = pgettext_lazy("複数", "委託先")
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class RefusalGround(models.Model):
    """A ground on which the operator's policy refuses a request, mapped to the law."""

    code = models.SlugField(_("コード"), max_length=40, unique=True)
    position = models.PositiveSmallIntegerField(_("並び順"), default=0)
    text_ja = models.CharField(_("場合"), max_length=300)
    text_en = models.CharField(_("場合（英語）"), max_length=300)
    requests = ArrayField(models.CharField(max_length=30), verbose_name=_("請求の種類"))
    article = models.CharField(_("条文"), max_length=30, blank=True, help_text=_("例：33(2)i"))
    statutory = models.BooleanField(
        _("法律上の理由になる"), default=True, help_text=_("いいえの場合、法律上の理由も要ります。")
    )
    requires = ArrayField(
        models.CharField(max_length=30),
        verbose_name=_("あわせて要る理由"),
        default=list,
        blank=True,
        help_text=_("法律上の理由にならない場合に、このうち一つが要ります。"),
    )
    active = models.BooleanField(_("有効"), default=True)

    text = Localized()

    class Meta:
        verbose_name = pgettext_lazy("単数", "拒む理由")
        verbose_name_plural = _("拒む理由")
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(statutory=False) | ~models.Q(article=""),
                name="statutory_refusal_names_article",
                violation_error_message=_("法律上の理由には条文が必要です。"),
            ),
        ]

    def __str__(self) -> str:
        return self.text
