"""The request and the persons in it."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Func
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from consent_app.models import Customer, DataItem, Purpose
from consent_app.models.searching import search_pieces
from privacy_portal.core.fields import EncryptedTextField

from ..domain.requesters import REQUESTERS_OF, Requester
from ..domain.transitions import OPEN_STATUSES, Status


class DisclosureRequest(models.Model):
    """A request of a principal (開示等の請求): the umbrella term for every type that articles 32 to 35 give.

    ``status`` is written by ``services.transition`` alone.
    """

    class Role(models.TextChoices):
        PERSON = "person", _("本人")
        STATUTORY_AGENT = "statutory_agent", _("法定代理人（親権者・成年後見人など）")
        MANDATED_AGENT = "mandated_agent", _("委任による代理人")

    class Channel(models.TextChoices):
        PORTAL = "portal", _("ポータル")
        LETTER = "letter", _("手紙")
        TELEPHONE = "telephone", _("電話")
        COUNTER = "counter", _("窓口")
        EMAIL = "email", _("メール")

    class AnswerMethod(models.TextChoices):
        DOWNLOAD = "download", _("このページからダウンロード")
        ATTACHMENT = "attachment", _("暗号化した添付ファイルのメール")
        PAPER = "paper", _("書面を郵送")
        OTHER = "other", _("その他の方法")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    receipt_number = models.CharField(_("受付番号"), max_length=20, unique=True)
    request_type = models.CharField(_("請求の種類"), max_length=30)
    status = models.CharField(_("状態"), max_length=20, choices=Status, default=Status.RECEIVED)
    channel = models.CharField(_("受付方法"), max_length=10, choices=Channel, default=Channel.PORTAL)
    language = models.CharField(_("言語"), max_length=2, choices=[("ja", "日本語"), ("en", "English")], default="ja")
    role = models.CharField(_("請求する人"), max_length=20, choices=Role, default=Role.PERSON)
    requester = models.CharField(
        _("どのような方か"),
        max_length=20,
        choices=Requester,
        blank=True,
        default="",
        db_default="",
        help_text=_("請求のときに選ばれたもの。わからないときは空。"),
    )
    applicant = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("申請者のアカウント"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="disclosure_requests",
    )
    registered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("登録した担当者"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text=_("ポータルのほかで届いた請求だけ。"),
    )
    customer = models.ForeignKey(
        Customer,
        verbose_name=_("顧客"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="disclosure_requests",
        help_text=_("本人確認で結び付いた顧客。"),
    )
    grounds = ArrayField(
        models.CharField(max_length=40),
        verbose_name=_("述べられた理由"),
        default=list,
        blank=True,
        help_text=_("表（domain.request_types）の理由のコード。"),
    )
    wants_everything = models.BooleanField(_("すべてが対象"), default=True)
    wanted_items = models.ManyToManyField(DataItem, verbose_name=_("対象の項目"), blank=True, related_name="+")
    wanted_purposes = models.ManyToManyField(Purpose, verbose_name=_("対象の利用目的"), blank=True, related_name="+")
    wanted_note = EncryptedTextField(_("本人の説明"), null=True)
    answer_method = models.CharField(
        _("回答の受取方法"), max_length=10, choices=AnswerMethod, default=AnswerMethod.DOWNLOAD
    )
    answer_method_note = EncryptedTextField(_("受取方法の説明"), null=True)
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("担当者"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="assigned_requests",
        limit_choices_to={"is_staff": True},
    )
    # The first request of those that somebody sent one after the other for the same people: documents of one of them
    # serve all. Not a foreign key: each goes with its own period, and the others stay.
    visit = models.UUIDField(_("一緒に送られた請求の最初のもの"), null=True, editable=False)
    # Keyed hash of what was submitted, by which a second click on "send" is recognised while the first is open.
    submission_digest = models.BinaryField(max_length=32, null=True, editable=False)
    received_at = models.DateTimeField(_("受付日時"), default=timezone.now)
    target_on = models.DateField(_("社内目標日"), help_text=_("法律の期限ではありません。"))
    status_changed_at = models.DateTimeField(_("状態が変わった日時"), default=timezone.now)
    answered_at = models.DateTimeField(_("回答日時"), null=True, blank=True)
    closed_at = models.DateTimeField(_("終了日時"), null=True, blank=True)
    search_pieces = models.GeneratedField(
        expression=Func(
            "receipt_number", function="portal_receipt_pieces", output_field=ArrayField(models.TextField())
        ),
        output_field=ArrayField(models.TextField()),
        db_persist=True,
        verbose_name=_("検索用"),
    )

    class Meta:
        verbose_name = pgettext_lazy("単数", "開示等の請求")
        verbose_name_plural = _("開示等の請求")
        ordering = ["target_on", "received_at"]
        permissions = [
            ("check_identity", _("本人確認を判断できる")),
            ("decide_request", _("回答を決定できる")),
            ("approve_decision", _("ほかの人が提案した決定を承認できる")),
            ("register_request", _("届いた請求を登録できる")),
            ("list_requests", _("請求の一覧だけを見られる")),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(status__in=Status.values), name="request_status_known"),
            models.CheckConstraint(
                condition=~models.Q(status__in=["closed", "withdrawn"]) | models.Q(closed_at__isnull=False),
                name="request_ended_has_time",
            ),
            models.CheckConstraint(
                condition=~models.Q(status="answered") | models.Q(answered_at__isnull=False),
                name="request_answered_has_time",
            ),
            models.CheckConstraint(
                condition=models.Q(requester="")
                | models.Q(role="person", requester__in=REQUESTERS_OF["person"])
                | models.Q(role="statutory_agent", requester__in=REQUESTERS_OF["statutory_agent"])
                | models.Q(role="mandated_agent", requester__in=REQUESTERS_OF["mandated_agent"]),
                name="request_requester_fits_role",
            ),
            # What came another way was written down by somebody, and there is no account to which to give the answer.
            models.CheckConstraint(
                condition=models.Q(channel="portal", registered_by=None)
                | models.Q(~models.Q(channel="portal"), registered_by__isnull=False, applicant=None)
                & ~models.Q(answer_method__in=["download", "attachment"]),
                name="request_channel_fits",
            ),
        ]
        indexes = [
            models.Index(
                fields=["target_on", "received_at"],
                name="request_queue",
                condition=models.Q(status__in=sorted(OPEN_STATUSES)),
            ),
            models.Index(fields=["status", "target_on", "received_at"], name="request_by_status"),
            models.Index(fields=["applicant", "-received_at"], name="request_by_applicant"),
            models.Index(fields=["-received_at"], name="request_newest"),
            models.Index(fields=["visit"], name="request_visit", condition=models.Q(visit__isnull=False)),
            GinIndex(fields=["search_pieces"], name="request_search", fastupdate=False),
        ]

    def __str__(self) -> str:
        return self.receipt_number

    @property
    def who_asks(self) -> str:
        """Who asks, as closely as it was said."""
        return str(self.get_requester_display() or self.get_role_display())

    @property
    def says_more(self) -> bool:
        """Whether ``who_asks`` tells more than that it is the person."""
        return (self.requester or self.role) != Requester.PERSON


class Party(models.Model):
    """A person in a request with what they stated: the principal, and the agent where one acts.

    Used for this request only (purpose-locked) and kept apart from the customers' data.
    """

    class Kind(models.TextChoices):
        PRINCIPAL = "principal", _("本人")
        AGENT = "agent", _("代理人")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # No index of its own: that of one_party_of_a_kind begins with it.
    request = models.ForeignKey(
        DisclosureRequest, on_delete=models.CASCADE, related_name="parties", verbose_name=_("請求"), db_index=False
    )
    kind = models.CharField(_("立場"), max_length=10, choices=Kind, default=Kind.PRINCIPAL)
    family_name = models.CharField(_("姓"), max_length=100)
    given_name = models.CharField(_("名"), max_length=100, blank=True)
    family_kana = models.CharField(_("セイ"), max_length=100, blank=True)
    given_kana = models.CharField(_("メイ"), max_length=100, blank=True)
    email = models.EmailField(_("メールアドレス"), blank=True)
    telephone = models.CharField(_("電話番号"), max_length=30, blank=True)
    postal_code = models.CharField(_("郵便番号"), max_length=7, blank=True)
    prefecture = models.CharField(_("都道府県"), max_length=10, blank=True)
    address1 = models.CharField(_("住所"), max_length=300, blank=True)
    address2 = models.CharField(_("建物名・部屋番号"), max_length=300, blank=True)
    registered_postal_code = models.CharField(_("登録した郵便番号"), max_length=7, blank=True)
    registered_address = models.CharField(_("登録した住所"), max_length=600, blank=True)
    birth_date = EncryptedTextField(_("生年月日"), null=True)
    customer_number = models.CharField(_("会員番号"), max_length=100, blank=True)
    order_number = models.CharField(_("注文番号"), max_length=100, blank=True)
    search_pieces = search_pieces()

    class Meta:
        verbose_name = _("当事者")
        verbose_name_plural = _("当事者")
        indexes = [GinIndex(fields=["search_pieces"], name="party_search", fastupdate=False)]
        constraints = [models.UniqueConstraint(fields=["request", "kind"], name="one_party_of_a_kind")]

    def __str__(self) -> str:
        return self.full_name

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
