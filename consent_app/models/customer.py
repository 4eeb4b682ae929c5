"""The persons whose data the operator holds."""

import uuid

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from ..domain.normalise import name_key
from .erasure import digest_of
from .registers import DataItem
from .searching import search_pieces


class Customer(models.Model):
    """A person with the data registered about them.

    ``origins`` says for each data item where its present value came from:
    ``{"telephone": {"source": "eccube", "external_id": "12", "at": "2026-11-22T…"}}``; ``originals`` keeps the spelling
    as it was received where normalising changed it. Column and item belong together by ``ITEM_FIELDS``.
    """

    # data item code -> columns. The one place that ties a column to the catalogue.
    ITEM_FIELDS: dict[str, tuple[str, ...]] = {
        "name": ("family_name", "given_name"),
        "kana": ("family_kana", "given_kana"),
        "company": ("company",),
        "address": ("postal_code", "prefecture", "address1", "address2"),
        "telephone": ("telephone",),
        "email": ("email",),
        "gender": ("gender",),
        "birth_date": ("birth_date",),
    }

    class Status(models.TextChoices):
        ACTIVE = "active", _("有効")
        WITHDRAWN = "withdrawn", _("退会")
        # Nothing is held in the row any more; what must be kept by law still refers to it.
        ERASED = "erased", _("消去済み")

    class Gender(models.TextChoices):
        UNKNOWN = "", _("未登録")
        MALE = "male", _("男性")
        FEMALE = "female", _("女性")
        OTHER = "other", _("その他")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        verbose_name=_("アカウント"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="customer",
    )
    status = models.CharField(_("状態"), max_length=10, choices=Status, default=Status.ACTIVE)
    family_name = models.CharField(_("姓"), max_length=100, blank=True)
    given_name = models.CharField(_("名"), max_length=100, blank=True)
    family_kana = models.CharField(_("セイ"), max_length=100, blank=True)
    given_kana = models.CharField(_("メイ"), max_length=100, blank=True)
    company = models.CharField(_("会社名"), max_length=200, blank=True)
    postal_code = models.CharField(_("郵便番号"), max_length=7, blank=True, help_text=_("数字7桁"))
    prefecture = models.CharField(_("都道府県"), max_length=10, blank=True)
    address1 = models.CharField(_("住所1"), max_length=300, blank=True)
    address2 = models.CharField(_("住所2"), max_length=300, blank=True)
    telephone = models.CharField(_("電話番号"), max_length=16, blank=True, help_text="E.164")
    email = models.CharField(_("メールアドレス"), max_length=254, blank=True, help_text=_("小文字"))
    gender = models.CharField(_("性別"), max_length=10, choices=Gender, default=Gender.UNKNOWN, blank=True)
    birth_date = models.DateField(_("生年月日"), null=True, blank=True)
    origins = models.JSONField(_("取得元"), default=dict, encoder=DjangoJSONEncoder)
    originals = models.JSONField(_("受け取ったままの表記"), default=dict, encoder=DjangoJSONEncoder)
    # Derived by consent_app.domain.normalise; written by services together with the columns it comes from.
    name_key = models.CharField(_("照合用の氏名"), max_length=200, blank=True, editable=False)
    search_pieces = search_pieces(company="company")
    created_at = models.DateTimeField(_("登録日時"), default=timezone.now)
    updated_at = models.DateTimeField(_("更新日時"), default=timezone.now)

    class Meta:
        verbose_name = _("顧客")
        verbose_name_plural = pgettext_lazy("複数", "顧客")
        ordering = ["-created_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(status="erased")
                | models.Q(
                    user=None,
                    birth_date=None,
                    origins={},
                    originals={},
                    **dict.fromkeys(
                        (
                            "family_name",
                            "given_name",
                            "family_kana",
                            "given_kana",
                            "company",
                            "postal_code",
                            "prefecture",
                            "address1",
                            "address2",
                            "telephone",
                            "email",
                            "gender",
                            "name_key",
                        ),
                        "",
                    ),
                ),
                name="customer_erased_is_empty",
            )
        ]
        indexes = [
            models.Index(fields=["email"], name="customer_email", condition=~models.Q(email="")),
            models.Index(fields=["telephone"], name="customer_telephone", condition=~models.Q(telephone="")),
            # An import asks for thousands of homes at once, each by both.
            models.Index(fields=["postal_code", "name_key"], name="customer_home", condition=~models.Q(postal_code="")),
            models.Index(fields=["name_key"], name="customer_name_key", condition=~models.Q(name_key="")),
            models.Index(fields=["-created_at", "id"], name="customer_newest"),
            GinIndex(fields=["search_pieces"], name="customer_search"),
        ]

    def __str__(self) -> str:
        return self.full_name or str(self.id)

    @property
    def full_name(self) -> str:
        """Family name, a full-width space, given name."""
        return "　".join(part for part in (self.family_name, self.given_name) if part)

    @property
    def full_kana(self) -> str:
        """Like ``full_name``, in kana."""
        return "　".join(part for part in (self.family_kana, self.given_kana) if part)

    @property
    def full_address(self) -> str:
        """Prefecture to building, without the postal code."""
        return " ".join(part for part in (self.prefecture + self.address1, self.address2) if part)


class CustomerIdentity(models.Model):
    """Under which id a source system knows the person. Makes imports idempotent."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="identities", verbose_name=_("顧客"))
    source = models.CharField(_("取得元"), max_length=20)
    external_id = models.CharField(_("取得元のID"), max_length=100)
    digest = models.BinaryField(
        _("行のハッシュ"), max_length=32, help_text=_("取り込んだ行の鍵つきハッシュ。変わっていない行を見分けます。")
    )
    seen_at = models.DateTimeField(_("最後に変わった取込"), default=timezone.now)

    class Meta:
        verbose_name = _("取得元でのID")
        verbose_name_plural = _("取得元でのID")
        constraints = [models.UniqueConstraint(fields=["source", "external_id"], name="identity_once_per_source")]

    def __str__(self) -> str:
        return f"{self.source}:{self.external_id}"


class CustomerRecord(models.Model):
    """A further record about a person: an order, an inquiry, a note, a membership."""

    class Kind(models.TextChoices):
        ORDER = "order", _("注文")
        PURCHASES = "purchases", _("購入の集計")
        INQUIRY = "inquiry", _("お問い合わせ")
        NOTE = "note", _("メモ")
        MEMBERSHIP = "membership", _("会員情報")
        NEWSLETTER = "newsletter", _("メールマガジン")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # No index of its own: record_by_customer begins with it.
    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, related_name="records", verbose_name=_("顧客"), db_index=False
    )
    kind = models.CharField(_("種類"), max_length=20, choices=Kind)
    item = models.ForeignKey(
        DataItem, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("データ項目")
    )
    source = models.CharField(_("取得元"), max_length=20)
    external_id = models.CharField(_("取得元のID"), max_length=100)
    occurred_at = models.DateTimeField(_("日時"), null=True, blank=True)
    data = models.JSONField(_("内容"), default=dict, encoder=DjangoJSONEncoder)
    created_at = models.DateTimeField(_("取込日時"), default=timezone.now)
    erase_on = models.DateField(
        _("消す日"), null=True, blank=True, help_text=_("消去が決まり、保存義務のため残っているものを消す日。")
    )

    class Meta:
        verbose_name = _("記録")
        verbose_name_plural = _("記録")
        constraints = [
            models.UniqueConstraint(fields=["source", "kind", "external_id"], name="record_once_per_source"),
        ]
        indexes = [
            models.Index(fields=["customer", "kind", "-occurred_at"], name="record_by_customer"),
            models.Index(fields=["erase_on"], name="record_to_erase", condition=models.Q(erase_on__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.external_id}"


class Recipient(models.Model):
    """A person to whom something was sent at a customer's wish (贈り先). Used for that shipment only.

    Imports make the row anew with every changed order. What was decided for the person is kept beside the order, under
    :attr:`person_key`.
    """

    # data item code -> columns, as for a customer.
    ITEM_FIELDS: dict[str, tuple[str, ...]] = {
        item: Customer.ITEM_FIELDS[item] for item in ("name", "address", "telephone")
    }

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    record = models.ForeignKey(
        CustomerRecord, on_delete=models.CASCADE, related_name="recipients", verbose_name=_("注文")
    )
    family_name = models.CharField(_("姓"), max_length=100, blank=True)
    given_name = models.CharField(_("名"), max_length=100, blank=True)
    postal_code = models.CharField(_("郵便番号"), max_length=7, blank=True)
    prefecture = models.CharField(_("都道府県"), max_length=10, blank=True)
    address1 = models.CharField(_("住所1"), max_length=300, blank=True)
    address2 = models.CharField(_("住所2"), max_length=300, blank=True)
    telephone = models.CharField(_("電話番号"), max_length=16, blank=True)
    originals = models.JSONField(_("受け取ったままの表記"), default=dict)
    name_key = models.CharField(_("照合用の氏名"), max_length=200, blank=True, editable=False)
    # Since the name here is another one than in the shop's system.
    imported_as = models.BinaryField(_("取り込んだときの印"), max_length=32, null=True, editable=False)
    own_items = models.JSONField(
        _("本人の請求で変えた項目"),
        default=list,
        editable=False,
        help_text=_("贈り主には、もう見せません。贈り主が入力した内容ではないからです。"),
    )

    class Meta:
        verbose_name = _("贈り先")
        verbose_name_plural = _("贈り先")
        indexes = [models.Index(fields=["name_key"], name="recipient_name_key", condition=~models.Q(name_key=""))]

    def __str__(self) -> str:
        return f"{self.family_name}　{self.given_name}".strip()

    @property
    def person_key(self) -> bytes:
        """Names this person in this order for good: a keyed hash of the order and the name as it was imported."""
        if self.imported_as is not None:
            return bytes(self.imported_as)
        return recipient_key(self.record.source, self.record.external_id, self.family_name, self.given_name)

    def for_the_sender(self) -> dict[str, str]:
        """What the sender may be shown: what they gave themself, and nothing that the person had changed since."""
        hidden = {column for item in self.own_items for column in self.ITEM_FIELDS[item]}
        columns = (column for fields in self.ITEM_FIELDS.values() for column in fields)
        return {column: "" if column in hidden else str(getattr(self, column)) for column in columns}


def recipient_key(source: str, external_id: str, family_name: str, given_name: str) -> bytes:
    """The key of a recipient in the orders of one row of a source."""
    return digest_of("recipient", source, external_id, name_key(family_name, given_name)[:200])
