"""The one business operator that this deployment serves, and its rules for requests."""

from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from privacy_portal.core.localized import Localized

from ..domain.profile import DEFAULT_MEANS
from ..domain.request_words import REQUEST_WORDS


def default_identity_means() -> list[str]:
    """Those that need nothing but what is registered."""
    return list(DEFAULT_MEANS)


class Operator(models.Model):
    """The business operator (個人情報取扱事業者), loaded from its profile. There is at most one."""

    class Channel(models.TextChoices):
        PORTAL = "portal", _("このポータル")
        EMAIL = "email", _("メール")
        TELEPHONE = "telephone", _("電話")
        LETTER = "letter", _("手紙")
        COUNTER = "counter", _("窓口")

    class IdentityMeans(models.TextChoices):
        POST_CODE = "post_code", _("登録された住所に郵送するコード")
        CALL_BACK = "call_back", _("登録された電話番号へのかけ直し")
        COUNTER = "counter", _("窓口での書類の提示")

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    code = models.SlugField(_("コード"), max_length=40, unique=True)
    name_ja = models.CharField(_("名称"), max_length=200)
    name_en = models.CharField(_("名称（英語）"), max_length=200, blank=True)
    introduction_ja = models.CharField(_("紹介"), max_length=300, blank=True)
    introduction_en = models.CharField(_("紹介（英語）"), max_length=300, blank=True)
    representative_ja = models.CharField(_("代表者"), max_length=200, blank=True)
    representative_en = models.CharField(_("代表者（英語）"), max_length=200, blank=True)
    postal_code = models.CharField(_("郵便番号"), max_length=8, blank=True)
    address_ja = models.CharField(_("住所"), max_length=300, blank=True)
    address_en = models.CharField(_("住所（英語）"), max_length=300, blank=True)
    manager_title_ja = models.CharField(_("個人情報管理者の呼び名"), max_length=100, default="個人情報管理者")
    manager_title_en = models.CharField(
        _("個人情報管理者の呼び名（英語）"), max_length=100, default="Personal Information Manager"
    )
    email = models.EmailField(_("連絡先メール"), blank=True)
    telephone = models.CharField(_("連絡先電話"), max_length=30, blank=True)
    hours_ja = models.CharField(_("受付時間"), max_length=200, blank=True)
    hours_en = models.CharField(_("受付時間（英語）"), max_length=200, blank=True)
    payment_ja = models.CharField(_("手数料の支払い方法"), max_length=500, blank=True)
    payment_en = models.CharField(_("手数料の支払い方法（英語）"), max_length=500, blank=True)
    website = models.URLField(_("ウェブサイト"), blank=True)
    accent_color = models.CharField(
        _("アクセントカラー"), max_length=7, default="#0017c1", validators=[RegexValidator(r"^#[0-9a-f]{6}$")]
    )
    logo = models.TextField(_("ロゴ"), blank=True, help_text=_("図形と色だけの SVG。確かめてから書き直したもの。"))
    mails_answers = models.BooleanField(
        _("回答を暗号化した添付でも送る"), default=False, db_default=False, help_text=_("選ぶのは本人です。")
    )
    identity_means = ArrayField(
        models.CharField(max_length=10, choices=IdentityMeans),
        verbose_name=_("本人確認のほかの方法"),
        default=default_identity_means,
        db_default=["post_code", "call_back"],
        blank=True,
        help_text=_("メールのコード、登録情報との照合、書類の写しのほかに使う方法。"),
    )
    channels = ArrayField(
        models.CharField(max_length=10, choices=Channel), verbose_name=_("請求の受付方法"), default=list, blank=True
    )
    complaint_channels = ArrayField(
        models.CharField(max_length=10, choices=Channel), verbose_name=_("苦情の受付方法"), default=list, blank=True
    )
    accredited_name_ja = models.CharField(
        _("認定個人情報保護団体"), max_length=200, blank=True, help_text=_("属していなければ空欄です。")
    )
    accredited_name_en = models.CharField(_("認定個人情報保護団体（英語）"), max_length=200, blank=True)
    accredited_contact_ja = models.CharField(_("団体の苦情の申出先"), max_length=300, blank=True)
    accredited_contact_en = models.CharField(_("団体の苦情の申出先（英語）"), max_length=300, blank=True)
    policy_updated_on = models.DateField(_("プライバシーポリシー最終更新日"), null=True, blank=True)
    loaded_at = models.DateTimeField(_("プロフィール読込日時"), auto_now=True)

    name = Localized()
    introduction = Localized()
    representative = Localized()
    address = Localized()
    manager_title = Localized()
    hours = Localized()
    payment = Localized()
    accredited_name = Localized()
    accredited_contact = Localized()

    class Meta:
        verbose_name = _("事業者")
        verbose_name_plural = _("事業者")
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="operator_is_single")]

    def __str__(self) -> str:
        return self.name


class RequestRule(models.Model):
    """What this operator's profile says about one request type.

    A fee is possible only for the types that article 38 lists; the constraint makes any other one impossible.
    """

    FEE_TYPES = ("purpose_notice", "disclosure", "provision_records")

    class Fee(models.TextChoices):
        NONE = "none", _("無料")
        FIXED = "fixed", _("定額")
        QUOTED = "quoted", _("事前にお知らせする額")

    class IdentityLevel(models.IntegerChoices):
        ADDRESS = 1, _("メールアドレスの確認")
        FACTS = 2, _("登録情報との照合")
        DOCUMENTS = 3, _("本人確認書類")

    request_type = models.CharField(_("請求の種類"), max_length=30, unique=True)
    offered = models.BooleanField(_("受け付ける"), default=True)
    identity_level = models.PositiveSmallIntegerField(
        _("本人確認の水準"), choices=IdentityLevel, default=IdentityLevel.FACTS
    )
    target_business_days = models.PositiveSmallIntegerField(
        _("社内目標（営業日）"), default=10, help_text=_("法律に日数の定めはありません。社内の目標です。")
    )
    fee = models.CharField(_("手数料"), max_length=10, choices=Fee, default=Fee.NONE)
    fee_yen = models.PositiveIntegerField(_("手数料（円、税込）"), null=True, blank=True)
    fee_note_ja = models.CharField(_("手数料の説明"), max_length=300, blank=True)
    fee_note_en = models.CharField(_("手数料の説明（英語）"), max_length=300, blank=True)

    fee_note = Localized()

    class Meta:
        verbose_name = _("請求の扱い")
        verbose_name_plural = _("請求の扱い")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(fee="none")
                | models.Q(request_type__in=("purpose_notice", "disclosure", "provision_records")),
                name="fee_only_where_article_38_allows",
                violation_error_message=_("手数料は、利用目的の通知と開示（法第38条）だけに定められます。"),
            ),
            models.CheckConstraint(
                condition=models.Q(fee="fixed", fee_yen__gt=0) | (~models.Q(fee="fixed") & models.Q(fee_yen=None)),
                name="fee_fixed_has_amount",
                violation_error_message=_("定額のときだけ、1円以上の額を入れます。"),
            ),
            models.CheckConstraint(condition=models.Q(target_business_days__gt=0), name="rule_target_positive"),
        ]

    def __str__(self) -> str:
        words = REQUEST_WORDS.get(self.request_type)
        return str(words.term) if words else self.request_type
