"""What became of registered data: every change with its values before and after, and changes of a mail address."""

import json
import uuid
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from privacy_portal.core.fields import EncryptedTextField

from .customer import Customer, CustomerRecord


class CustomerChange(models.Model):
    """One data item of one customer got another value. Only added (see the migration); goes when the customer goes.

    The values are those of the item's columns, as JSON, encrypted: an old address or name is personal data like the
    present one, and nobody searches for it.
    """

    class Channel(models.TextChoices):
        # The codes are those of ``Customer.origins``.
        SELF = "self", _("本人がポータルで変更")
        STAFF = "staff", _("担当者が変更")
        REQUEST = "request", _("請求にもとづく訂正")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="changes", verbose_name=_("顧客"))
    item = models.SlugField(_("データ項目"), max_length=40)
    before_text = EncryptedTextField(_("変更前"))
    after_text = EncryptedTextField(_("変更後"))
    channel = models.CharField(_("経路"), max_length=10, choices=Channel)
    reason = EncryptedTextField(_("理由"), null=True, blank=True)
    reference = models.CharField(_("受付番号"), max_length=40, blank=True)
    key = models.CharField(_("二重に行わないための印"), max_length=100, blank=True, editable=False)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("変更した人"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    at = models.DateTimeField(_("日時"), default=timezone.now)

    class Meta:
        verbose_name = _("登録情報の変更")
        verbose_name_plural = _("登録情報の変更")
        ordering = ["-at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "key", "item"], condition=~models.Q(key=""), name="customer_change_once"
            ),
            models.CheckConstraint(
                condition=~models.Q(channel="request") | ~models.Q(reference=""),
                name="change_by_request_names_it",
                violation_error_message=_("請求にもとづく訂正には、受付番号が必要です。"),
            ),
        ]
        indexes = [models.Index(fields=["customer", "-at"], name="customer_change_newest")]

    def __str__(self) -> str:
        return f"{self.item} {self.at:%Y-%m-%d}"

    @property
    def before(self) -> dict[str, Any]:
        """The values of the item's columns before, by column; a date as ISO 8601."""
        loaded: dict[str, Any] = json.loads(self.before_text)
        return loaded

    @property
    def after(self) -> dict[str, Any]:
        """Like ``before``, as it was set."""
        loaded: dict[str, Any] = json.loads(self.after_text)
        return loaded

    @staticmethod
    def as_text(values: dict[str, Any]) -> str:
        """Values by column, as they are kept."""
        return json.dumps(values, ensure_ascii=False, cls=DjangoJSONEncoder)


class RecipientChange(models.Model):
    """One data item of the recipient of a gift got another value on their request (article 34). Only added.

    It is no row of ``CustomerChange``: the person is no customer, and the order is somebody else's. Imports write the
    newest value of each item over what the shop's system still says (``services.gift_changes``).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    record = models.ForeignKey(
        CustomerRecord, on_delete=models.CASCADE, related_name="recipient_changes", verbose_name=_("注文")
    )
    person = models.BinaryField(_("贈り先の印"), max_length=32, editable=False)
    item = models.SlugField(_("データ項目"), max_length=40)
    before_text = EncryptedTextField(_("変更前"))
    after_text = EncryptedTextField(_("変更後"))
    reason = EncryptedTextField(_("理由"), null=True, blank=True)
    reference = models.CharField(_("受付番号"), max_length=40)
    key = models.CharField(_("二重に行わないための印"), max_length=100, editable=False)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("変更した人"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    at = models.DateTimeField(_("日時"), default=timezone.now)

    class Meta:
        verbose_name = _("贈り先の変更")
        verbose_name_plural = _("贈り先の変更")
        ordering = ["-at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["record", "person", "key", "item"], name="recipient_change_once"),
            models.CheckConstraint(condition=~models.Q(reference=""), name="recipient_change_names_request"),
        ]

    def __str__(self) -> str:
        return f"{self.item} {self.at:%Y-%m-%d}"

    @property
    def before(self) -> list[dict[str, str]]:
        """The values of the item's columns before, one for each spelling: the order may name the person twice."""
        loaded: list[dict[str, str]] = json.loads(self.before_text)
        return loaded

    @property
    def after(self) -> dict[str, str]:
        """The values of the item's columns as they were set."""
        loaded: dict[str, str] = json.loads(self.after_text)
        return loaded


class EmailChange(models.Model):
    """A person on the way to another registered mail address: confirmed at the new one, then at the old one.

    Kept until the change can no longer be undone, then deleted; what happened stays in ``CustomerChange``.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+", verbose_name=_("顧客"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", verbose_name=_("アカウント")
    )
    old_address = EncryptedTextField(_("前のメールアドレス"))
    new_address = EncryptedTextField(_("新しいメールアドレス"))
    new_code = models.UUIDField(_("新しいアドレスへのコード"), null=True, blank=True, editable=False)
    old_code = models.UUIDField(_("前のアドレスへのコード"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("開始日時"), default=timezone.now)
    expires_at = models.DateTimeField(_("期限"))
    new_confirmed_at = models.DateTimeField(_("新しいアドレスの確認"), null=True, blank=True)
    done_at = models.DateTimeField(_("変更日時"), null=True, blank=True)
    ended_at = models.DateTimeField(_("取りやめた日時"), null=True, blank=True)
    undo_digest = models.BinaryField(_("元に戻すリンク"), max_length=32, null=True, blank=True, unique=True)
    undo_until = models.DateTimeField(_("元に戻せる期限"), null=True, blank=True)
    undone_at = models.DateTimeField(_("元に戻した日時"), null=True, blank=True)

    class Meta:
        verbose_name = _("メールアドレスの変更")
        verbose_name_plural = _("メールアドレスの変更")
        constraints = [
            models.UniqueConstraint(
                fields=["user"],
                condition=models.Q(done_at__isnull=True, ended_at__isnull=True),
                name="one_open_email_change",
            ),
            models.CheckConstraint(
                condition=models.Q(done_at__isnull=True) | models.Q(new_confirmed_at__isnull=False),
                name="email_change_confirmed_first",
            ),
            models.CheckConstraint(
                condition=models.Q(done_at__isnull=True)
                | models.Q(undo_digest__isnull=False, undo_until__isnull=False),
                name="email_change_done_can_be_undone",
            ),
        ]
        indexes = [models.Index(fields=["created_at"], name="email_change_age")]

    def __str__(self) -> str:
        return str(self.id)
