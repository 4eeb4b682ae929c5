"""Registers that the operator's profile fills."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from ..domain.articles import article_text
from ..domain.request_words import REQUEST_WORDS
from ..models import DataItem, Operator, ProvisionBasis, Purpose, RefusalGround, RequestRule
from .base import ProfileAdmin, names_of, text_column
from .care import CareFilter
from .purpose_versions import PurposeVersions


def articles(codes: list[str]) -> str:
    """Articles in words, in the active language."""
    language = "en" if (get_language() or "ja").startswith("en") else "ja"
    return gettext("、").join(article_text(code, language) for code in codes if code)


@admin.register(Operator)
class OperatorAdmin(ProfileAdmin):
    """The one operator."""

    list_display = ("name", "representative", "email", "telephone", "policy_updated_on", "loaded_at")
    name = text_column("name", _("名称"))
    representative = text_column("representative", _("代表者"))
    fieldsets = (
        (None, {"fields": ("code", ("name_ja", "name_en"), ("introduction_ja", "introduction_en"))}),
        (
            _("公表する事項"),
            {
                "fields": (
                    ("representative_ja", "representative_en"),
                    "postal_code",
                    ("address_ja", "address_en"),
                    ("manager_title_ja", "manager_title_en"),
                    ("accredited_name_ja", "accredited_name_en"),
                    ("accredited_contact_ja", "accredited_contact_en"),
                    "policy_updated_on",
                )
            },
        ),
        (
            _("連絡先"),
            {
                "fields": (
                    "email",
                    "telephone",
                    ("hours_ja", "hours_en"),
                    ("payment_ja", "payment_en"),
                    "mails_answers",
                    "website",
                    "means",
                    "ways",
                    "complaint_ways",
                )
            },
        ),
        (_("表示"), {"fields": ("accent_color", "drawing", "loaded_at")}),
    )
    readonly_fields = ("means", "ways", "complaint_ways", "drawing")

    @display(description=_("ロゴ"))
    def drawing(self, operator: Operator) -> str:
        if not operator.logo:
            return gettext("なし")
        # Made for white, as in the portal's header.
        return format_html(
            '<img class="bg-white p-1 rounded" src="{}" alt="{}" width="48" height="48">',
            reverse("portal:operator_logo"),
            operator.name,
        )

    @display(description=_("本人確認のほかの方法"))
    def means(self, operator: Operator) -> str:
        words = gettext("、").join(str(Operator.IdentityMeans(one).label) for one in operator.identity_means)
        return words or gettext("なし")

    @display(description=_("請求の受付方法"))
    def ways(self, operator: Operator) -> str:
        return gettext("、").join(str(Operator.Channel(channel).label) for channel in operator.channels)

    @display(description=_("苦情の受付方法"))
    def complaint_ways(self, operator: Operator) -> str:
        return gettext("、").join(str(Operator.Channel(channel).label) for channel in operator.complaint_channels)


@admin.register(RequestRule)
class RequestRuleAdmin(ProfileAdmin):
    """How the operator handles each request type."""

    list_display = ("__str__", "offered", "level", "target_business_days", "fee_in_words")
    list_filter = ("offered", "identity_level", "fee")

    @display(description=_("本人確認の水準"), ordering="identity_level")
    def level(self, rule: RequestRule) -> str:
        return rule.get_identity_level_display()

    @display(description=_("手数料"), ordering="fee")
    def fee_in_words(self, rule: RequestRule) -> str:
        if rule.fee == RequestRule.Fee.FIXED:
            return _("%(yen)s円") % {"yen": rule.fee_yen}
        return rule.get_fee_display()


@admin.register(DataItem)
class DataItemAdmin(ProfileAdmin):
    """The catalogue of data items."""

    list_display = ("name", "code", "entered_by", "change", "optional", "sensitive", "consequence", "active")
    list_filter = ("active", "entered_by", "change", "optional", "sensitive")
    search_fields = ("code", "name_ja", "name_en")
    name = text_column("name", _("名称"))
    consequence = text_column("consequence", _("提供されない場合の影響"))


@admin.register(Purpose)
class PurposeAdmin(PurposeVersions, ProfileAdmin):
    """Purposes of use."""

    list_display = ("text", "part_of", "needs_consent", "statistical_only", "uses", "active")
    list_filter = ("active", "needs_consent", "from_profile", "statistical_only", "items", CareFilter)
    search_fields = ("code", "text_ja", "text_en")
    text = text_column("text", _("利用目的"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Purpose]:
        return super().get_queryset(request).select_related("part_of").prefetch_related("items")

    @display(description=_("使うデータ項目"))
    def uses(self, purpose: Purpose) -> str:
        return names_of(purpose.items)


@admin.register(ProvisionBasis)
class ProvisionBasisAdmin(ProfileAdmin):
    """Cases in which the policy allows provision, with what the law says of them."""

    list_display = ("text", "law", "kind", "warning", "active")
    list_filter = ("active", "statutory")
    search_fields = ("code", "text_ja", "text_en", "article")
    text = text_column("text", _("場合"))
    warning = text_column("warning", _("注意"))

    @display(description=_("条文"), ordering="article")
    def law(self, basis: ProvisionBasis) -> str:
        return articles([basis.article] if basis.statutory else basis.requires)

    @display(description=_("法律上の根拠"), ordering="statutory", label={True: "success", False: "warning"})
    def kind(self, basis: ProvisionBasis) -> tuple[bool, str]:
        return basis.statutory, str(_("根拠になる") if basis.statutory else _("別の根拠が必要"))


@admin.register(RefusalGround)
class RefusalGroundAdmin(ProfileAdmin):
    """Grounds of refusal that the policy names."""

    list_display = ("text", "types", "law", "kind", "active")
    list_filter = ("active", "statutory")
    search_fields = ("code", "text_ja", "text_en", "article")
    text = text_column("text", _("場合"))

    @display(description=_("請求の種類"))
    def types(self, ground: RefusalGround) -> str:
        return gettext("、").join(str(REQUEST_WORDS[code].term) for code in ground.requests if code in REQUEST_WORDS)

    @display(description=_("条文"), ordering="article")
    def law(self, ground: RefusalGround) -> str:
        return articles([ground.article] if ground.statutory else ground.requires)

    @display(description=_("法律上の理由"), ordering="statutory", label={True: "success", False: "warning"})
    def kind(self, ground: RefusalGround) -> tuple[bool, str]:
        return ground.statutory, str(_("理由になる") if ground.statutory else _("別の理由も必要"))
