"""Instructions to those who hold the data or know something about it, with everything that became of them."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from consent_app.models import Entrustment, Subcontractor
from privacy_portal.core.fields import EncryptedTextField

from ..domain.instructions import ENDED, AddresseeKind, By, Event, Kind, Stage, State
from .decision import Decision
from .note import CaseFinding
from .request import DisclosureRequest

_LANGUAGES = [("ja", "日本語"), ("en", "English")]


class InstructionContact(models.Model):
    """Where instructions to a subcontractor, a department or a recipient of provisions go.

    A recipient is matched by the name that the ledger has. No personal data but a business address.
    """

    class Identifier(models.TextChoices):
        NUMBER = "number", _("会員番号・取得元のID")
        EMAIL = "email", _("メールアドレス")
        NAME = "name", _("氏名と住所")

    kind = models.CharField(_("相手"), max_length=20, choices=AddresseeKind)
    subcontractor = models.OneToOneField(
        Subcontractor,
        verbose_name=_("委託先"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text=_("相手が委託先のとき。"),
    )
    name = models.CharField(
        _("名称"),
        max_length=200,
        blank=True,
        help_text=_("部署の名前、または提供の記録にある提供先の名称。委託先のときは空けます。"),
    )
    email = models.EmailField(_("メールアドレス"), help_text=_("なるべく個人ではなく、部署のアドレスにします。"))
    language = models.CharField(_("言語"), max_length=2, choices=_LANGUAGES, default="ja")
    identifier = models.CharField(
        _("本人を示す方法"),
        max_length=10,
        choices=Identifier,
        default=Identifier.NUMBER,
        help_text=_("相手と決めた方法。これと対象の項目だけを知らせます。"),
    )

    class Meta:
        verbose_name = pgettext_lazy("単数", "指示の送り先")
        verbose_name_plural = _("指示の送り先")
        ordering = ["kind", "name", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="subcontractor", subcontractor__isnull=False, name="")
                | Q(Q(kind__in=("staff", "recipient"), subcontractor=None), ~Q(name="")),
                name="contact_names_one",
                violation_error_message=_("委託先のときは委託先を選び、そのほかは名称を入れてください。"),
            ),
            models.UniqueConstraint(fields=["kind", "name"], condition=~Q(name=""), name="contact_once"),
        ]

    def __str__(self) -> str:
        return str(self.subcontractor) if self.subcontractor else self.name


class Instruction(models.Model):
    """One thing asked of one addressee. ``state`` is written by ``services.instructions`` alone.

    ``round`` counts the mails with a link: only the newest link opens, and it takes one answer.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.ForeignKey(
        DisclosureRequest, on_delete=models.CASCADE, related_name="instructions", verbose_name=_("請求")
    )
    number = models.PositiveSmallIntegerField(_("番号"))
    kind = models.CharField(_("種類"), max_length=20, choices=Kind)
    addressee_kind = models.CharField(_("相手"), max_length=20, choices=AddresseeKind)
    addressee = models.CharField(_("宛先"), max_length=200)
    subcontractor = models.ForeignKey(
        Subcontractor, verbose_name=_("委託先"), null=True, on_delete=models.PROTECT, related_name="+"
    )
    email = models.EmailField(_("メールアドレス"), blank=True)
    language = models.CharField(_("言語"), max_length=2, choices=_LANGUAGES, default="ja")
    identifier = EncryptedTextField(_("本人を示すもの"), null=True)
    items = ArrayField(models.CharField(max_length=40), verbose_name=_("データ項目"), default=list)
    text = EncryptedTextField(_("本文"), null=True, help_text=_("定まった文に加えて知らせること。"))
    due_on = models.DateField(_("期限"))
    state = models.CharField(_("状態"), max_length=12, choices=State, default=State.DRAFTED)
    round = models.PositiveSmallIntegerField(_("送った回数"), default=0)
    sent_at = models.DateTimeField(_("送信日時"), null=True)
    link_expires_at = models.DateTimeField(_("リンクの期限"), null=True)
    ended_at = models.DateTimeField(_("終わった日時"), null=True)
    decision = models.ForeignKey(
        Decision, verbose_name=_("決定"), null=True, on_delete=models.CASCADE, related_name="instructions"
    )
    # Data that no connector reaches is changed by whoever keeps it; the case stays open until they have.
    finding = models.ForeignKey(
        CaseFinding, verbose_name=_("調べた結果"), null=True, on_delete=models.CASCADE, related_name="instructions"
    )
    entrustment = models.OneToOneField(
        Entrustment, verbose_name=_("渡した記録"), null=True, on_delete=models.PROTECT, related_name="+"
    )
    # Recognises what a decision has made already, when its effect runs again.
    key = models.CharField(max_length=300, blank=True, editable=False)
    created_at = models.DateTimeField(_("作成日時"), default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("作成した人")
    )

    class Meta:
        verbose_name = _("指示")
        verbose_name_plural = _("指示")
        ordering = ["request", "number"]
        constraints = [
            models.UniqueConstraint(fields=["request", "number"], name="instruction_numbered"),
            models.UniqueConstraint(fields=["key"], condition=~Q(key=""), name="instruction_made_once"),
            models.CheckConstraint(condition=Q(state__in=State.values), name="instruction_state_known"),
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="instruction_kind_known"),
            models.CheckConstraint(
                condition=Q(state__in=("drafted", "done", "withdrawn"))
                | (Q(sent_at__isnull=False, link_expires_at__isnull=False, round__gte=1) & ~Q(email="")),
                name="instruction_sent_to_somebody",
            ),
            models.CheckConstraint(
                condition=Q(state__in=sorted(ENDED), ended_at__isnull=False)
                | (~Q(state__in=sorted(ENDED)) & Q(ended_at=None)),
                name="instruction_ended_has_time",
            ),
            models.CheckConstraint(
                condition=Q(kind="forward", entrustment__isnull=False) | (~Q(kind="forward") & Q(entrustment=None)),
                name="instruction_forward_is_recorded",
            ),
        ]
        indexes = [
            models.Index(fields=["due_on"], name="instruction_open", condition=~Q(state__in=sorted(ENDED))),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def reference(self) -> str:
        """What both sides call it: it says nothing about anybody."""
        return f"{self.request.receipt_number}-{self.number}"


class InstructionEntry(models.Model):
    """Something that happened to an instruction, answers included. Append-only, and the database sees to it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    instruction = models.ForeignKey(
        Instruction, on_delete=models.CASCADE, related_name="entries", verbose_name=_("指示")
    )
    event = models.CharField(_("できごと"), max_length=12, choices=Event)
    by = models.CharField(_("だれが"), max_length=12, choices=By)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("担当者")
    )
    round = models.PositiveSmallIntegerField(_("何回目"), default=0)
    stage = models.CharField(_("段階"), max_length=10, blank=True, choices=[(str(one), str(one)) for one in Stage])
    text = EncryptedTextField(_("内容"), null=True)
    done_on = models.DateField(_("済んだ日"), null=True)
    at = models.DateTimeField(_("日時"), default=timezone.now)

    class Meta:
        verbose_name = _("指示の経過")
        verbose_name_plural = _("指示の経過")
        ordering = ["at", "round", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["instruction", "round", "stage"], condition=~Q(stage=""), name="instruction_stage_once"
            ),
            models.UniqueConstraint(
                fields=["instruction", "round"], condition=Q(by="addressee"), name="instruction_one_answer"
            ),
            models.CheckConstraint(
                condition=~Q(event="done") | Q(done_on__isnull=False), name="instruction_done_has_day"
            ),
        ]

    def __str__(self) -> str:
        return self.get_event_display()
