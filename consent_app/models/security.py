"""What is looked at regularly, what was found, and what was corrected."""

import uuid

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from privacy_portal.core.localized import Localized

from .kept import KeptModel
from .measure import Department, Measure
from .registers import Subcontractor


class RecurringModel(KeptModel):
    """Something planned that comes again some months after it was done.

    All occurrences share a ``series``; at most one of it is open, and the next one is made when that is done. The first
    one of a profile has the profile's ``code``, which the others inherit.
    """

    series = models.UUIDField(_("系列"), default=uuid.uuid4, editable=False)
    code = models.SlugField(_("コード"), max_length=40, blank=True, editable=False)
    title_ja = models.CharField(_("件名"), max_length=200)
    title_en = models.CharField(_("件名（英語）"), max_length=200, blank=True)
    planned_on = models.DateField(_("予定日"))
    repeat_months = models.PositiveSmallIntegerField(
        _("くり返し（か月）"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(60)],
        help_text=_("実施を記録すると、この月数の後に次の予定ができます。空なら1回だけです。"),
    )
    done_on = models.DateField(_("実施日"), null=True, blank=True)
    done_by = models.CharField(_("実施した人"), max_length=100, blank=True)

    title = Localized()

    class Meta:
        abstract = True
        ordering = [F("done_on").desc(nulls_first=True), "planned_on", "id"]

    def __str__(self) -> str:
        return f"{self.title} {self.planned_on:%Y-%m-%d}"


class ReviewEvent(RecurringModel):
    """One entry of the review calendar: the policy, the measures, the registers, or something else."""

    class Subject(models.TextChoices):
        POLICY = "policy", _("プライバシーポリシー")
        MEASURES = "measures", pgettext_lazy("複数", "安全管理措置")
        REGISTERS = "registers", pgettext_lazy("複数", "台帳")
        OTHER = "other", _("その他")

    subject = models.CharField(_("対象"), max_length=20, choices=Subject)
    note = models.TextField(_("見直しの結果"), blank=True)

    class Meta(RecurringModel.Meta):
        verbose_name = _("定期の見直し")
        verbose_name_plural = pgettext_lazy("複数", "定期の見直し")
        constraints = [
            models.UniqueConstraint(fields=["series"], condition=Q(done_on=None), name="review_one_open"),
            models.CheckConstraint(
                condition=Q(done_on=None, done_by="") | (Q(done_on__isnull=False) & ~Q(done_by="")),
                name="review_done_is_complete",
                violation_error_message=_("実施日と実施した人は、両方を入れるか、両方を空けてください。"),
            ),
        ]


class SecurityAudit(RecurringModel):
    """An internal audit of one department, measure or subcontractor, or of the whole where none is named."""

    class Result(models.TextChoices):
        GOOD = "good", _("問題なし")
        FINDINGS = "findings", _("指摘あり")
        SERIOUS = "serious", _("重大な指摘あり")

    department = models.ForeignKey(
        Department, verbose_name=_("部署"), null=True, blank=True, on_delete=models.PROTECT, related_name="audits"
    )
    measure = models.ForeignKey(
        Measure, verbose_name=_("安全管理措置"), null=True, blank=True, on_delete=models.PROTECT, related_name="audits"
    )
    subcontractor = models.ForeignKey(
        Subcontractor, verbose_name=_("委託先"), null=True, blank=True, on_delete=models.PROTECT, related_name="audits"
    )
    scope = models.TextField(_("見る点"), blank=True)
    result = models.CharField(_("結果"), max_length=10, choices=Result, blank=True)
    summary = models.TextField(_("結果の要約"), blank=True)

    class Meta(RecurringModel.Meta):
        verbose_name = _("監査")
        verbose_name_plural = pgettext_lazy("複数", "監査")
        constraints = [
            models.UniqueConstraint(fields=["series"], condition=Q(done_on=None), name="audit_one_open"),
            models.CheckConstraint(
                condition=Q(done_on=None, done_by="", result="")
                | (Q(done_on__isnull=False) & ~Q(done_by="") & ~Q(result="")),
                name="audit_done_is_complete",
                violation_error_message=_("実施日、実施した人、結果は、すべて入れるか、すべて空けてください。"),
            ),
            models.CheckConstraint(
                condition=Q(department=None, measure=None)
                | Q(department=None, subcontractor=None)
                | Q(measure=None, subcontractor=None),
                name="audit_of_one_thing",
                violation_error_message=_("部署、安全管理措置、委託先は、どれか1つだけ選ぶか、どれも空けてください。"),
            ),
        ]

    @property
    def of(self) -> str:
        """What it looks at."""
        return str(self.department or self.measure or self.subcontractor or _("全体"))


class Finding(models.Model):
    """Something that an audit found to be wrong."""

    class Severity(models.TextChoices):
        LOW = "low", _("軽い")
        MEDIUM = "medium", _("中くらい")
        HIGH = "high", _("重い")

    audit = models.ForeignKey(SecurityAudit, verbose_name=_("監査"), on_delete=models.PROTECT, related_name="findings")
    severity = models.CharField(_("重さ"), max_length=10, choices=Severity, default=Severity.MEDIUM)
    text = models.TextField(_("指摘"))
    found_on = models.DateField(_("指摘した日"), default=timezone.localdate)

    class Meta:
        verbose_name = _("指摘")
        verbose_name_plural = pgettext_lazy("複数", "指摘")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.get_severity_display()}: {self.text}"[:100]


class CorrectiveAction(KeptModel):
    """Something put right, from exactly three sources: an audit, an incident, a customer's request.

    Closed by the check whether it worked; the database refuses to change it from then on. What did not work is taken up
    by a new entry that ``reopens`` this one.
    """

    class Source(models.TextChoices):
        AUDIT = "audit", _("内部監査")
        INCIDENT = "incident", _("事故")
        CUSTOMER = "customer", _("お客さまの求め")

    source = models.CharField(_("きっかけ"), max_length=10, choices=Source)
    finding = models.ForeignKey(
        Finding, verbose_name=_("指摘"), null=True, blank=True, on_delete=models.PROTECT, related_name="actions"
    )
    incident = models.ForeignKey(
        "consent_app.Incident",
        verbose_name=_("事故"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="actions",
    )
    request_number = models.CharField(
        _("請求の受付番号など"),
        max_length=60,
        blank=True,
        help_text=_("お客さまの求めのとき。受付番号か、手紙などを受けた日。氏名は書きません。"),
    )
    problem = models.TextField(_("直すべき点"))
    action = models.TextField(_("直し方"))
    responsible = models.CharField(_("担当"), max_length=100)
    due_on = models.DateField(_("期限"))
    done_on = models.DateField(_("実施日"), null=True, blank=True)
    done_note = models.TextField(_("実施した内容"), blank=True)
    checked_on = models.DateField(_("効果を確かめた日"), null=True, blank=True)
    effective = models.BooleanField(
        _("効果があったか"),
        null=True,
        blank=True,
        choices=[(None, _("未確認")), (True, _("効果があった")), (False, _("効果が足りない"))],
    )
    check_note = models.TextField(_("確かめた内容"), blank=True)
    reopens = models.OneToOneField(
        "self",
        verbose_name=_("やり直す前の是正"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="reopened_by",
        help_text=_("効果が足りなかった是正をやり直すとき。前の記録はそのまま残ります。"),
    )
    created_at = models.DateTimeField(_("作成日時"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("是正")
        verbose_name_plural = pgettext_lazy("複数", "是正")
        ordering = [F("checked_on").desc(nulls_first=True), "due_on", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(source="audit", finding__isnull=False, incident=None, request_number="")
                | Q(source="incident", finding=None, incident__isnull=False, request_number="")
                | (Q(source="customer", finding=None, incident=None) & ~Q(request_number="")),
                name="action_has_its_source",
                violation_error_message=_(
                    "きっかけに合う欄だけを入れてください：内部監査なら指摘、事故なら事故、お客さまの求めなら受付番号。"
                ),
            ),
            models.CheckConstraint(
                condition=Q(checked_on=None, effective=None)
                | Q(checked_on__isnull=False, effective__isnull=False, checked_on__gte=F("done_on")),
                name="action_checked_after_done",
                violation_error_message=_(
                    "効果を確かめるのは実施した後です。確かめた日と、効果があったかの両方を入れてください。"
                ),
            ),
            models.CheckConstraint(
                condition=Q(checked_on=None) | Q(done_on__isnull=False),
                name="action_done_before_checked",
                violation_error_message=_("効果を確かめる前に、実施日を入れてください。"),
            ),
        ]

    def __str__(self) -> str:
        return self.problem[:60]

    @property
    def closed(self) -> bool:
        """Whether it was checked, so that nothing changes any more."""
        return self.checked_on is not None
