"""Incidents with personal data (article 26): what happened, what was reported, who is affected, what they were told."""

import uuid

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from privacy_portal.core.models import OutgoingMail

from ..domain import incidents as rules
from .customer import Customer, Recipient
from .kept import KeptModel
from .measure import Department
from .registers import DataItem

_FINDINGS = [
    ("unknown", _("まだわからない")),
    ("no", _("ない")),
    ("suspected", _("おそれがある")),
    ("yes", _("ある")),
]
_ENCRYPTED = [("unknown", _("まだわからない")), ("no", _("いいえ")), ("yes", _("はい"))]


class Incident(KeptModel):
    """A leak, loss or damage of personal data, or the suspicion of one.

    Whether it must be reported and by when is computed (:mod:`consent_app.domain.incidents`) and stored by
    :mod:`consent_app.services.incidents`, so that what is due is a question to the database. No names of persons belong
    into its texts: the persons are rows of :class:`AffectedPerson`.
    """

    class Kind(models.TextChoices):
        LEAK = "leak", _("漏えい")
        LOSS = "loss", _("滅失")
        DAMAGE = "damage", _("毀損")

    class Role(models.TextChoices):
        OWN = "own", _("自社の個人データ")
        ENTRUSTED = "entrusted", _("委託を受けて扱う個人データ")

    class Reportability(models.TextChoices):
        REPORTABLE = "reportable", _("報告が必要")
        UNDECIDED = "undecided", _("まだ決まらない")
        NOT_REPORTABLE = "not_reportable", _("報告は不要")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    title = models.CharField(_("件名"), max_length=200, help_text=_("お客さまの氏名などは書きません。"))
    kind = models.CharField(_("種類"), max_length=10, choices=Kind, default=Kind.LEAK)
    confirmed = models.BooleanField(
        _("起きたことが確か"), default=False, help_text=_("おそれだけでも、報告の要否と期限は同じです。")
    )
    known_at = models.DateTimeField(_("知った日時"), help_text=_("どれかの部署が最初に知った時。この日が1日目です。"))
    known_by = models.ForeignKey(
        Department,
        verbose_name=_("最初に知った部署"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="incidents",
    )
    reportable_on = models.DateField(
        _("報告の対象と知った日"),
        null=True,
        blank=True,
        help_text=_(
            "あとから本人の数が1,000人を超えたとわかったときなど。ふつうは空けておきます（知った日から数えます）。"
        ),
    )
    reportable_reason = models.CharField(_("その日から数えるわけ"), max_length=300, blank=True)
    role = models.CharField(_("データの立場"), max_length=10, choices=Role, default=Role.OWN)
    entruster = models.CharField(_("委託元"), max_length=200, blank=True)
    items = models.ManyToManyField(DataItem, verbose_name=_("データ項目"), related_name="incidents", blank=True)
    sensitive = models.CharField(
        _("要配慮個人情報"), max_length=10, choices=_FINDINGS, default="unknown", help_text=_("規則第7条第1号")
    )
    property_damage = models.CharField(
        _("財産的被害のおそれ"),
        max_length=10,
        choices=_FINDINGS,
        default="unknown",
        help_text=_("規則第7条第2号。クレジットカード番号、決済できるサイトのIDとパスワードなど。"),
    )
    wrongful_purpose = models.CharField(
        _("不正の目的"),
        max_length=10,
        choices=_FINDINGS,
        default="unknown",
        help_text=_("規則第7条第3号。不正アクセス、ランサムウェア、盗難、持ち出しなど。"),
    )
    encrypted = models.CharField(
        _("高度な暗号化"),
        max_length=10,
        choices=_ENCRYPTED,
        default="unknown",
        help_text=_("すべてのデータが高度に暗号化され、鍵も無事なとき。確かなときだけ「はい」にします。"),
    )
    persons_at_most = models.PositiveIntegerField(
        _("本人の数（最大の見込み）"),
        null=True,
        blank=True,
        help_text=_("規則第7条第4号。台帳にいない人も含めます。わからない間は空けておきます。"),
    )
    overview = models.TextField(rules.ITEMS[0].name, blank=True, help_text=rules.ITEMS[0].hint)
    data_involved = models.TextField(rules.ITEMS[1].name, blank=True, help_text=rules.ITEMS[1].hint)
    persons_text = models.TextField(rules.ITEMS[2].name, blank=True, help_text=rules.ITEMS[2].hint)
    cause = models.TextField(rules.ITEMS[3].name, blank=True, help_text=rules.ITEMS[3].hint)
    damage = models.TextField(rules.ITEMS[4].name, blank=True, help_text=rules.ITEMS[4].hint)
    response = models.TextField(rules.ITEMS[5].name, blank=True, help_text=rules.ITEMS[5].hint)
    publication = models.TextField(rules.ITEMS[6].name, blank=True, help_text=rules.ITEMS[6].hint)
    prevention = models.TextField(rules.ITEMS[7].name, blank=True, help_text=rules.ITEMS[7].hint)
    other = models.TextField(rules.ITEMS[8].name, blank=True, help_text=rules.ITEMS[8].hint)
    substitute = models.TextField(
        _("本人への通知に代わる措置"),
        blank=True,
        help_text=_("連絡先がわからないなど、知らせることが難しい人のための措置。公表、問合せ窓口の設置など。"),
    )
    substitute_on = models.DateField(_("代わる措置をとった日"), null=True, blank=True)

    # Written by consent_app.services.incidents only.
    persons_listed = models.PositiveIntegerField(_("台帳で選んだ人数"), default=0, editable=False)
    persons_told = models.PositiveIntegerField(_("知らせた人数"), default=0, editable=False)
    reportability = models.CharField(
        _("報告の要否"), max_length=20, choices=Reportability, default=Reportability.UNDECIDED, editable=False
    )
    preliminary_due_on = models.DateField(_("速報の期限"), null=True, editable=False)
    final_due_on = models.DateField(_("確報の期限"), null=True, editable=False)
    preliminary_done_on = models.DateField(_("速報の日"), null=True, editable=False)
    final_done_on = models.DateField(_("確報の日"), null=True, editable=False)
    entruster_told_on = models.DateField(_("委託元に知らせた日"), null=True, editable=False)
    closed_on = models.DateField(_("終えた日"), null=True, editable=False)

    class Meta:
        verbose_name = _("事故")
        verbose_name_plural = pgettext_lazy("複数", "事故")
        ordering = [F("closed_on").desc(nulls_first=True), "-known_at"]
        permissions = [
            ("report_incident", _("事故の報告を記録できる")),
            ("choose_affected", _("事故の影響を受ける人を選べる")),
            ("notify_affected", _("事故の影響を受ける人に知らせられる")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(role="own", entruster="") | (Q(role="entrusted") & ~Q(entruster="")),
                name="incident_entrusted_names_entruster",
                violation_error_message=_("委託を受けて扱うデータのときだけ、委託元を入れてください。"),
            ),
            models.CheckConstraint(
                condition=Q(reportable_on=None, reportable_reason="")
                | (Q(reportable_on__isnull=False) & ~Q(reportable_reason="")),
                name="incident_later_clock_has_reason",
                violation_error_message=_("報告の対象と知った日を入れるときは、そのわけも書いてください。"),
            ),
            models.CheckConstraint(
                condition=Q(substitute_on=None) | ~Q(substitute=""),
                name="incident_substitute_is_described",
                violation_error_message=_("代わる措置をとった日を入れるときは、その内容も書いてください。"),
            ),
            models.CheckConstraint(
                condition=Q(final_done_on=None) | Q(preliminary_done_on__isnull=False),
                name="incident_final_after_preliminary",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def persons(self) -> int | None:
        """The largest number of persons that is possible; None while nobody can say."""
        if self.persons_at_most is None:
            return self.persons_listed if self.persons_listed > rules.MANY_PERSONS else None
        return max(self.persons_at_most, self.persons_listed)


class IncidentReport(models.Model):
    """A report that was sent, with its nine items as they were. Append-only, and the database sees to it."""

    class Kind(models.TextChoices):
        PRELIMINARY = "preliminary", _("速報")
        FINAL = "final", _("確報")
        COMPLETE = "complete", _("速報と確報を兼ねる")
        SUPPLEMENT = "supplement", _("追完")
        TO_ENTRUSTER = "to_entruster", _("委託元への通知")

    incident = models.ForeignKey(Incident, verbose_name=_("事故"), on_delete=models.PROTECT, related_name="reports")
    kind = models.CharField(_("種類"), max_length=20, choices=Kind)
    sent_on = models.DateField(_("報告した日"))
    reference = models.CharField(_("受付番号や報告先"), max_length=200, blank=True)
    items = models.JSONField(_("報告した事項"), default=dict)
    incomplete_reason = models.CharField(_("書けなかった事項があるわけ"), max_length=300, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("記録した人"), null=True, on_delete=models.SET_NULL, related_name="+"
    )
    at = models.DateTimeField(_("記録した日時"), default=timezone.now)

    class Meta:
        verbose_name = _("事故の報告")
        verbose_name_plural = _("事故の報告")
        ordering = ["at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "kind"], condition=~Q(kind="supplement"), name="incident_report_once_per_kind"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.sent_on:%Y-%m-%d}"


class AffectedSelection(models.Model):
    """How persons were chosen: the criteria, and how many they added. Append-only. Pasted numbers are counted,
    not kept.
    """

    incident = models.ForeignKey(Incident, verbose_name=_("事故"), on_delete=models.PROTECT, related_name="selections")
    criteria = models.JSONField(_("条件"), default=dict, encoder=DjangoJSONEncoder)
    added = models.PositiveIntegerField(_("加えた人数"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("選んだ人"), null=True, on_delete=models.SET_NULL, related_name="+"
    )
    at = models.DateTimeField(_("日時"), default=timezone.now)

    class Meta:
        verbose_name = _("影響を受ける人の選び方")
        verbose_name_plural = _("影響を受ける人の選び方")
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return str(self.pk)


class AffectedPerson(models.Model):
    """A person whose data an incident affects: a customer, or somebody to whom a customer had something sent.

    The row outlives the person's data, so that the number stays true. Once the person has been told, the database
    refuses to delete it.
    """

    class Way(models.TextChoices):
        MAIL = "mail", _("メール")
        LETTER = "letter", _("手紙")
        TELEPHONE = "telephone", _("電話")
        IN_PERSON = "in_person", _("対面")

    incident = models.ForeignKey(Incident, verbose_name=_("事故"), on_delete=models.PROTECT, related_name="affected")
    selection = models.ForeignKey(
        AffectedSelection, verbose_name=_("選び方"), on_delete=models.PROTECT, related_name="persons"
    )
    customer = models.ForeignKey(
        Customer, verbose_name=_("顧客"), null=True, on_delete=models.SET_NULL, related_name="affected_by"
    )
    recipient = models.ForeignKey(
        Recipient, verbose_name=_("贈り先"), null=True, on_delete=models.SET_NULL, related_name="affected_by"
    )
    told_at = models.DateTimeField(_("知らせた日時"), null=True)
    way = models.CharField(_("知らせた方法"), max_length=10, choices=Way, blank=True)
    mail = models.ForeignKey(
        OutgoingMail, verbose_name=_("送信メール"), null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        verbose_name = _("影響を受ける人")
        verbose_name_plural = _("影響を受ける人")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["incident", "customer"], name="affected_once_per_customer"),
            models.UniqueConstraint(fields=["incident", "recipient"], name="affected_once_per_recipient"),
            models.CheckConstraint(condition=Q(customer=None) | Q(recipient=None), name="affected_is_one_person"),
            models.CheckConstraint(
                condition=Q(told_at=None, way="") | (Q(told_at__isnull=False) & ~Q(way="")), name="affected_told_how"
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class IncidentNotice(KeptModel):
    """What the affected persons are told (article 26(2), Rule 10), the same for everybody, in both languages.

    A draft until it is sent; from then on the database refuses to change it.
    """

    class Audience(models.TextChoices):
        UNTOLD = "untold", _("まだ知らせていない人")
        ALL = "all", _("選んだ人全員（続報）")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    incident = models.ForeignKey(Incident, verbose_name=_("事故"), on_delete=models.PROTECT, related_name="notices")
    audience = models.CharField(_("送る相手"), max_length=10, choices=Audience, default=Audience.UNTOLD)
    overview_ja = models.TextField(_("概要"))
    overview_en = models.TextField(_("概要（英語）"))
    data_involved_ja = models.TextField(_("個人データの項目"))
    data_involved_en = models.TextField(_("個人データの項目（英語）"))
    cause_ja = models.TextField(_("原因"))
    cause_en = models.TextField(_("原因（英語）"))
    damage_ja = models.TextField(_("二次被害またはそのおそれ"))
    damage_en = models.TextField(_("二次被害またはそのおそれ（英語）"))
    other_ja = models.TextField(_("お客さまにしていただきたいこと、その他"))
    other_en = models.TextField(_("お客さまにしていただきたいこと、その他（英語）"))
    created_at = models.DateTimeField(_("作成日時"), default=timezone.now, editable=False)
    started_at = models.DateTimeField(_("送り始めた日時"), null=True, editable=False)

    class Meta:
        verbose_name = _("本人へのお知らせ")
        verbose_name_plural = pgettext_lazy("複数", "本人へのお知らせ")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {timezone.localtime(self.created_at):%Y-%m-%d %H:%M}"
