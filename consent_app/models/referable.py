"""Giving cookies, histories and the like to somebody who ties them to a person (article 31)."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .provision import Kept


class ReferableData(models.TextChoices):
    """Kinds of data that name nobody by themselves."""

    COOKIE = "cookie", _("Cookieなどの端末の識別子")
    ADVERTISING_ID = "advertising_id", _("広告用の識別子")
    BROWSING = "browsing", _("閲覧の履歴（見たページ、順番、参照元）")
    SEARCHES = "searches", _("検索の履歴")
    PURCHASES = "purchases", _("購入の履歴（氏名などを除いたもの）")
    DEVICE = "device", _("端末や通信の情報")
    LOCATION = "location", _("位置情報")
    ATTRIBUTES = "attributes", _("性別、年代、職業などの属性")


class ReferableConfirmation(models.Model):
    """That the recipient has the persons' consent to receive such data as personal data: who confirmed it, how, when.

    Never changed; ended once, when it no longer holds. The database sees to both.
    """

    class How(models.TextChoices):
        DECLARED = "declared", _("受け取る側から、同意を得ている旨の申告を受けた")
        CONTRACT = "contract", _("同意を得る義務を定めた契約書と、その運用を確かめた")
        SCREEN = "screen", _("同意を得る画面や文言を見て確かめた")
        OWN = "own", _("受け取る側に代わって、当方が同意を得た")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    recipient_name = models.CharField(_("提供先の名称"), max_length=200)
    recipient_address = models.CharField(_("提供先の住所"), max_length=300)
    recipient_representative = models.CharField(_("提供先の代表者"), max_length=200, blank=True)
    recipient_country = models.CharField(
        _("提供先の国・地域"), max_length=2, default="JP", help_text="ISO 3166-1 alpha-2"
    )
    data = ArrayField(models.CharField(max_length=20, choices=ReferableData), verbose_name=_("データの種類"))
    purpose = models.CharField(_("提供先での使いみち"), max_length=300)
    how = models.CharField(_("確かめた方法"), max_length=10, choices=How)
    confirmed_by = models.CharField(
        _("確かめた相手"), max_length=200, help_text=_("提供先で申告した部署や担当の役割。個人の氏名は要りません。")
    )
    evidence = models.CharField(_("証拠"), max_length=300, help_text=_("申告書の日付や番号、画面の保存場所など。"))
    informed_abroad = models.BooleanField(
        _("外国についての情報提供を確かめた"),
        default=False,
        help_text=_("提供先が外国にあるとき、その国の制度などをご本人に前もって知らせていることを確かめます。"),
    )
    confirmed_on = models.DateField(_("確かめた日"))
    ended_on = models.DateField(_("終わった日"), null=True, blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("記録者")
    )
    created_at = models.DateTimeField(_("記録日時"), default=timezone.now)

    class Meta:
        verbose_name = pgettext_lazy("単数", "個人関連情報の同意の確認")
        verbose_name_plural = _("個人関連情報の同意の確認")
        ordering = ["-confirmed_on", "-created_at"]
        constraints = [
            models.CheckConstraint(condition=~models.Q(data=[]), name="referable_confirmation_names_data"),
            models.CheckConstraint(
                condition=models.Q(recipient_country="JP") | models.Q(informed_abroad=True),
                name="referable_abroad_was_informed",
                violation_error_message=_(
                    "提供先が外国にあるときは、ご本人への情報提供を確かめるまで記録できません（法第31条第1項第2号）。"
                ),
            ),
            models.CheckConstraint(
                condition=~models.Q(recipient_name="")
                & ~models.Q(recipient_address="")
                & ~models.Q(confirmed_by="")
                & ~models.Q(evidence=""),
                name="referable_confirmation_complete",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.recipient_name} {self.confirmed_on}"


class ReferableProvision(Kept):
    """One provision of such data, or a series of them, with the items of Enforcement Rule 28.

    The confirmation names the recipient. The database refuses one that its confirmation does not cover.
    """

    confirmation = models.ForeignKey(
        ReferableConfirmation, on_delete=models.PROTECT, related_name="provisions", verbose_name=_("同意の確認")
    )
    data = ArrayField(models.CharField(max_length=20, choices=ReferableData), verbose_name=_("データの種類"))
    provided_on = models.DateField(_("提供日"))
    provided_until = models.DateField(_("最後の提供日"), null=True, blank=True)
    note = models.CharField(_("補足"), max_length=300, blank=True, help_text=_("個人データは書かないでください。"))

    class Meta:
        verbose_name = pgettext_lazy("単数", "個人関連情報の提供の記録")
        verbose_name_plural = _("個人関連情報の提供の記録")
        ordering = ["-provided_on", "-created_at"]
        indexes = [models.Index(fields=["keep_until"], name="referable_by_end")]
        constraints = [
            models.CheckConstraint(condition=~models.Q(data=[]), name="referable_provision_names_data"),
            models.CheckConstraint(
                condition=models.Q(provided_until=None) | models.Q(provided_until__gte=models.F("provided_on")),
                name="referable_ends_after_it_began",
            ),
            models.CheckConstraint(
                condition=~models.Q(method="batch") | models.Q(provided_until__isnull=False),
                name="referable_batch_has_last_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provided_on} {self.confirmation.recipient_name}"
