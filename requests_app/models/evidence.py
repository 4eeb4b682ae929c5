"""Documents that show who somebody is and for whom they may act. Never the number of a document."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from privacy_portal.core.fields import EncryptedTextField
from privacy_portal.core.models import EncryptedFile

from ..domain.evidence import DOCUMENTS, Check, Document, Proof, Reason
from ..domain.requesters import Requester
from .request import DisclosureRequest, Party


class EvidenceRequest(models.Model):
    """The person was asked for documents. Append-only, and the database sees to it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.ForeignKey(
        DisclosureRequest, on_delete=models.CASCADE, related_name="evidence_requests", verbose_name=_("請求")
    )
    requester = models.CharField(
        _("どのような方か"), max_length=20, choices=Requester, blank=True, help_text=_("わからないときは空。")
    )
    proofs = ArrayField(models.CharField(max_length=20, choices=Proof), verbose_name=_("確かめること"))
    note = EncryptedTextField(_("お願いの説明"), null=True)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("お願いした担当者"),
        help_text=_("空のときは、システムがお願いした。"),
    )
    asked_at = models.DateTimeField(_("お願いした日時"), default=timezone.now)

    class Meta:
        verbose_name = _("書類のお願い")
        verbose_name_plural = _("書類のお願い")
        ordering = ["asked_at"]
        constraints = [
            models.CheckConstraint(condition=Q(proofs__len__gt=0), name="evidence_request_asks_something"),
        ]

    def __str__(self) -> str:
        return f"{self.asked_at:%Y-%m-%d %H:%M}"


class Evidence(models.Model):
    """One document in one case. Its pages are erased some time after the decision; what was checked stays."""

    class Way(models.TextChoices):
        UPLOAD = "upload", _("ポータル")
        POST = "post", _("郵送")
        COUNTER = "counter", _("窓口で提示")

    class State(models.TextChoices):
        DRAFT = "draft", _("送る前")
        GIVEN = "given", _("確認待ち")
        CHECKED = "checked", _("確認した")
        REJECTED = "rejected", _("受け取れない")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.ForeignKey(
        DisclosureRequest, on_delete=models.CASCADE, related_name="evidence", verbose_name=_("請求")
    )
    document = models.CharField(_("書類"), max_length=30)
    proof = models.CharField(_("確かめること"), max_length=20, choices=Proof)
    party = models.CharField(_("だれの書類か"), max_length=10, choices=Party.Kind, default=Party.Kind.PRINCIPAL)
    way = models.CharField(_("届き方"), max_length=10, choices=Way)
    state = models.CharField(_("状態"), max_length=10, choices=State)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("加えた人")
    )
    added_at = models.DateTimeField(_("加えた日時"), default=timezone.now)
    # Of a paper: the day on which it came or was shown.
    came_on = models.DateField(_("届いた日"), null=True, blank=True)
    # Of a document that was shown and not kept.
    place = models.CharField(_("見た場所"), max_length=100, blank=True, default="", db_default="")
    given_at = models.DateTimeField(_("送られた日時"), null=True, blank=True)
    erased_at = models.DateTimeField(_("写しを消去した日時"), null=True, blank=True)

    class Meta:
        verbose_name = _("確認書類")
        verbose_name_plural = _("確認書類")
        ordering = ["added_at", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(document__in=sorted(DOCUMENTS)), name="evidence_document_known"),
            models.CheckConstraint(
                condition=Q(state="draft", given_at=None, way="upload")
                | (Q(state__in=["given", "checked", "rejected"]) & Q(given_at__isnull=False)),
                name="evidence_given_has_time",
            ),
            models.CheckConstraint(
                condition=Q(way="upload", came_on=None) | (Q(way__in=["post", "counter"]) & Q(came_on__isnull=False)),
                name="evidence_on_paper_has_day",
            ),
        ]

    def __str__(self) -> str:
        return str(self.kind.name)

    @property
    def kind(self) -> Document:
        """The row of the table."""
        return DOCUMENTS[self.document]


class EvidencePage(models.Model):
    """A page of a document, or a side of a card, encrypted. Hiding something in it puts another file in its place."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    evidence = models.ForeignKey(Evidence, on_delete=models.CASCADE, related_name="pages", verbose_name=_("確認書類"))
    position = models.PositiveSmallIntegerField(_("順番"))
    file = models.OneToOneField(EncryptedFile, on_delete=models.PROTECT, related_name="+", verbose_name=_("ファイル"))
    masked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("塗りつぶした担当者"),
    )
    masked_at = models.DateTimeField(_("塗りつぶした日時"), null=True, blank=True)

    class Meta:
        verbose_name = _("確認書類のページ")
        verbose_name_plural = _("確認書類のページ")
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["evidence", "position"], name="evidence_page_once")]

    def __str__(self) -> str:
        return str(self.position)


class EvidenceJudgement(models.Model):
    """Staff looked at a document and judged it. Append-only, and the database sees to it; the newest one counts."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    evidence = models.ForeignKey(
        Evidence, on_delete=models.CASCADE, related_name="judgements", verbose_name=_("確認書類")
    )
    accepted = models.BooleanField(_("確認できた"))
    proofs = ArrayField(
        models.CharField(max_length=20, choices=Proof), verbose_name=_("確かめられたこと"), default=list, blank=True
    )
    checks = ArrayField(
        models.CharField(max_length=20, choices=Check), verbose_name=_("見たところ"), default=list, blank=True
    )
    # Of a mandate: whether the answer may be given to the agent.
    covers_receipt = models.BooleanField(_("回答の受け取りも頼まれている"), null=True)
    reason = models.CharField(_("受け取れない理由"), max_length=20, choices=Reason, blank=True)
    note = EncryptedTextField(_("判断のメモ"), null=True)
    judged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("確認した人")
    )
    judged_at = models.DateTimeField(_("確認した日時"), default=timezone.now)

    class Meta:
        verbose_name = _("確認書類の判断")
        verbose_name_plural = _("確認書類の判断")
        ordering = ["judged_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(accepted=True, reason="", proofs__len__gt=0, checks__len__gt=0)
                | (Q(accepted=False, proofs__len=0, covers_receipt=None) & ~Q(reason="")),
                name="judgement_says_what_or_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.judged_at:%Y-%m-%d %H:%M}"
