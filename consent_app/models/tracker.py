"""What records how people use the shop's site, what of it is sent to whom, and how to refuse it."""

from django.core.validators import RegexValidator, URLValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from privacy_portal.core.localized import Localized

from .kept import KeptModel
from .registers import Purpose


class Tracker(KeptModel):
    """One way of recording or sending what people do on the shop's site (promises K9, Q10, C8).

    The telecommunications law wants to be knowable what is sent, to whom and for what; article 31 asks about what is
    given to somebody who ties it to a person.
    """

    class Kind(models.TextChoices):
        COOKIE = "cookie", _("クッキー（Cookie）")
        ACCESS_LOG = "access_log", _("アクセスログ")
        URL = "url", _("見たページのアドレス（URL）")
        BROWSING = "browsing", _("見た順番などの閲覧の履歴")
        DEVICE = "device", _("端末の情報")
        ATTRIBUTES = "attributes", _("性別、職業などの属性")
        OTHER = "other", _("そのほか")

    code = models.SlugField(
        _("コード"),
        max_length=40,
        unique=True,
        validators=[RegexValidator(r"^[a-z][a-z0-9_]*\Z", _("英小文字で始め、英小文字、数字、下線だけを使います。"))],
        help_text=_("英小文字で始める短い名前。あとで変えられません。例：ad_cookie"),
    )
    position = models.PositiveSmallIntegerField(_("並び順"), default=0, editable=False)
    kind = models.CharField(_("種類"), max_length=12, choices=Kind)
    name_ja = models.CharField(_("名称"), max_length=200)
    name_en = models.CharField(_("名称（英語）"), max_length=200)
    sent_ja = models.CharField(_("記録・送信する内容"), max_length=300)
    sent_en = models.CharField(_("記録・送信する内容（英語）"), max_length=300)
    aim_ja = models.CharField(_("何のため"), max_length=300)
    aim_en = models.CharField(_("何のため（英語）"), max_length=300)
    recipient_ja = models.CharField(
        _("送信先"), max_length=200, blank=True, help_text=_("ほかの会社に渡すとき。空欄は、当社だけが使います。")
    )
    recipient_en = models.CharField(_("送信先（英語）"), max_length=200, blank=True)
    recipient_address_ja = models.CharField(_("送信先の住所"), max_length=300, blank=True)
    recipient_address_en = models.CharField(_("送信先の住所（英語）"), max_length=300, blank=True)
    recipient_country = models.CharField(
        _("送信先の国・地域"),
        max_length=2,
        blank=True,
        validators=[RegexValidator(r"^[A-Z]{2}\Z", _("英大文字2字で入れます。例：JP"))],
        help_text="ISO 3166-1 alpha-2",
    )
    advertising = models.BooleanField(
        _("広告のための提供"),
        default=False,
        help_text=_("広告のためにほかの会社へ渡すとき。GPCのしるしを送るブラウザの方の分は渡せません。"),
    )
    tied_to_person = models.BooleanField(
        _("提供先で個人と結び付く"),
        default=False,
        help_text=_("提供先が個人データとして取得すると想定されるとき。渡す前に本人の同意を確かめます（法第31条）。"),
    )
    purposes = models.ManyToManyField(
        Purpose,
        verbose_name=_("同意をいただく利用目的"),
        blank=True,
        limit_choices_to={"active": True, "needs_consent": True},
        related_name="trackers",
        help_text=_("お客さまが同意し、取り下げられる目的に当たるとき。同意がなければ、その方の分は使えません。"),
    )
    refusal_ja = models.CharField(_("断り方"), max_length=300, blank=True)
    refusal_en = models.CharField(_("断り方（英語）"), max_length=300, blank=True)
    refusal_url = models.URLField(
        _("断るためのページ"),
        blank=True,
        validators=[URLValidator(schemes=["https"], message=_("https:// で始めます。"), code="not_https")],
    )
    active = models.BooleanField(_("使っている"), default=True)

    name = Localized()
    sent = Localized()
    aim = Localized()
    recipient = Localized()
    recipient_address = Localized()
    refusal = Localized()

    class Meta:
        verbose_name = _("外部送信・閲覧の記録")
        verbose_name_plural = _("外部送信・閲覧の記録")
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(advertising=False) | ~Q(recipient_ja=""),
                name="tracker_advertising_names_recipient",
                violation_error_message=_("広告のための提供には、送信先が要ります。"),
            ),
            models.CheckConstraint(
                condition=Q(tied_to_person=False) | ~Q(recipient_ja=""),
                name="tracker_tied_names_recipient",
                violation_error_message=_("提供先で個人と結び付くなら、送信先が要ります。"),
            ),
            models.CheckConstraint(
                condition=Q(recipient_ja="", recipient_en="") | (~Q(recipient_ja="") & ~Q(recipient_en="")),
                name="tracker_recipient_in_both_languages",
                violation_error_message=_("送信先は、日本語と英語の両方を入れてください。"),
            ),
            models.CheckConstraint(
                condition=Q(refusal_ja="", refusal_en="") | (~Q(refusal_ja="") & ~Q(refusal_en="")),
                name="tracker_refusal_in_both_languages",
                violation_error_message=_("断り方は、日本語と英語の両方を入れてください。"),
            ),
            models.CheckConstraint(
                condition=Q(recipient_country="") | Q(recipient_country__regex=r"^[A-Z]{2}$"),
                name="tracker_country",
                violation_error_message=_("国・地域は英大文字2字です。"),
            ),
        ]

    def __str__(self) -> str:
        return self.name
