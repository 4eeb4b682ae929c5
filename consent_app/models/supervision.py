"""The supervision of subcontractors (article 25): selecting them, binding them, looking whether they keep to it.

What follows from these rows, the domain computes (:mod:`consent_app.domain.duties`). A selection is an event that is
only added; the other registers are kept by staff, with their history.
"""

import uuid

from django.conf import settings
from django.core.validators import MinLengthValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from privacy_portal.core.localized import Localized
from privacy_portal.core.models import EncryptedFile

from .kept import KeptModel
from .registers import DataItem, Subcontractor


class ChecklistQuestion(KeptModel):
    """A question about security that is answered before a subcontractor is chosen."""

    code = models.SlugField(_("コード"), max_length=40, unique=True)
    position = models.PositiveSmallIntegerField(_("並び順"), default=0)
    text_ja = models.CharField(_("質問"), max_length=300)
    text_en = models.CharField(_("質問（英語）"), max_length=300)
    required = models.BooleanField(_("欠かせない"), default=True, help_text=_("「いいえ」なら、委託先に選べません。"))
    active = models.BooleanField(_("使う"), default=True)

    text = Localized()

    class Meta:
        verbose_name = pgettext_lazy("単数", "選定の質問")
        verbose_name_plural = _("選定の質問")
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.text


class SubcontractorSelection(models.Model):
    """One examination of a subcontractor before it is (or stays) chosen. Append-only: a new one takes its place."""

    class Result(models.TextChoices):
        PASSED = "passed", _("選んでよい")
        FAILED = "failed", _("選ばない")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subcontractor = models.ForeignKey(
        Subcontractor, on_delete=models.PROTECT, related_name="selections", verbose_name=_("委託先")
    )
    decided_on = models.DateField(_("選定日"))
    decided_by = models.CharField(_("判断した人"), max_length=100)
    result = models.CharField(_("結果"), max_length=10, choices=Result)
    note = models.TextField(_("理由・条件"), blank=True)
    next_review_on = models.DateField(_("最初の確認の予定日"))
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("記録した人")
    )
    created_at = models.DateTimeField(_("記録日時"), default=timezone.now)

    class Meta:
        verbose_name = pgettext_lazy("単数", "委託先の選定")
        verbose_name_plural = _("委託先の選定")
        ordering = ["-decided_on", "-created_at"]
        constraints = [
            models.CheckConstraint(condition=Q(result__in=("passed", "failed")), name="selection_result_known"),
            models.CheckConstraint(condition=~Q(decided_by=""), name="selection_names_who_decided"),
            models.CheckConstraint(condition=Q(next_review_on__gt=F("decided_on")), name="selection_review_follows"),
        ]

    def __str__(self) -> str:
        return f"{self.decided_on} {self.get_result_display()}"


class SelectionAnswer(models.Model):
    """The answer to one question of a selection, with the words that were asked. Append-only."""

    class Answer(models.TextChoices):
        YES = "yes", _("はい")
        NO = "no", _("いいえ")
        NOT_APPLICABLE = "not_applicable", _("あてはまらない")

    selection = models.ForeignKey(
        SubcontractorSelection, on_delete=models.CASCADE, related_name="answers", verbose_name=_("委託先の選定")
    )
    question = models.ForeignKey(
        ChecklistQuestion, on_delete=models.PROTECT, related_name="+", verbose_name=_("選定の質問")
    )
    text_ja = models.CharField(_("質問"), max_length=300)
    text_en = models.CharField(_("質問（英語）"), max_length=300)
    required = models.BooleanField(_("欠かせない"))
    answer = models.CharField(_("答え"), max_length=20, choices=Answer)
    note = models.CharField(_("確かめたこと"), max_length=300, blank=True)

    text = Localized()

    class Meta:
        verbose_name = _("選定の答え")
        verbose_name_plural = _("選定の答え")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["selection", "question"], name="selection_answers_once"),
            models.CheckConstraint(
                condition=Q(answer__in=("yes", "no", "not_applicable")), name="selection_answer_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.text}: {self.get_answer_display()}"


class SubcontractorContract(KeptModel):
    """What binds a subcontractor: a contract, or training where the operator's promises let it take its place (A3).

    Two signed agreements of one subcontractor never overlap (a trigger sees to it), so that there is one answer to the
    question which one holds. Without ``signed_on`` it is a draft.
    """

    class Kind(models.TextChoices):
        CONTRACT = "contract", _("契約")
        TRAINING = "training", _("教育（契約の代わり）")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subcontractor = models.ForeignKey(
        Subcontractor, on_delete=models.PROTECT, related_name="contracts", verbose_name=_("委託先")
    )
    kind = models.CharField(_("種類"), max_length=10, choices=Kind, default=Kind.CONTRACT)
    title = models.CharField(_("件名"), max_length=200)
    signed_on = models.DateField(
        _("締結日・実施日"), null=True, blank=True, help_text=_("結ぶまで、または教育を行うまでは空欄にします。")
    )
    valid_from = models.DateField(_("有効期間の初日"))
    valid_until = models.DateField(
        _("有効期間の末日"), null=True, blank=True, help_text=_("期限を定めていないときは空欄にします。")
    )
    notice_months = models.PositiveSmallIntegerField(
        _("解約の予告（月）"), null=True, blank=True, help_text=_("何か月前に知らせるか。定めがなければ空欄。")
    )
    renews = models.BooleanField(
        _("自動で更新"), default=False, help_text=_("更新されたら、末日を新しい日に直してください。")
    )
    confidentiality = models.BooleanField(_("秘密を守る"), default=False)
    no_other_use = models.BooleanField(_("ほかの目的に使わない"), default=False)
    right_to_look = models.BooleanField(_("取扱いの状況を確かめられる"), default=False)
    prior_approval = models.BooleanField(_("再委託には前もって承認が要る"), default=False)
    security_measures = models.BooleanField(_("安全管理措置をとる"), default=False)
    return_or_erasure = models.BooleanField(_("終わったら返すか消す"), default=False)
    leak_report = models.BooleanField(
        _("漏えい等をすぐに知らせる"), default=False, help_text=_("契約に入れることをお勧めします（法第26条）。")
    )
    training = models.TextField(
        _("教育の内容と受けた人"), blank=True, help_text=_("契約の代わりに教育を行ったとき。個人の名前は書きません。")
    )
    scan = models.ForeignKey(
        EncryptedFile, null=True, blank=True, editable=False, on_delete=models.PROTECT, verbose_name=_("書面の写し")
    )

    class Meta:
        verbose_name = pgettext_lazy("単数", "委託先との契約")
        verbose_name_plural = _("委託先との契約")
        ordering = ["-valid_from", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=("contract", "training")), name="agreement_kind_known"),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gte=F("valid_from")),
                name="agreement_ends_after_begin",
                violation_error_message=_("有効期間の末日は、初日以後にしてください。"),
            ),
            models.CheckConstraint(
                condition=Q(kind="contract") | Q(signed_on=None) | ~Q(training=""),
                name="agreement_training_is_told",
                violation_error_message=_("教育を行ったときは、内容と受けた人を書いてください。"),
            ),
        ]
        indexes = [models.Index(fields=["valid_until"], name="agreement_by_end")]

    def __str__(self) -> str:
        return self.title


class SubcontractorReview(KeptModel):
    """A look at how a subcontractor handles the data: a visit, an audit, an answered questionnaire."""

    class Method(models.TextChoices):
        VISIT = "visit", _("立入り")
        DOCUMENTS = "documents", _("書面")
        INTERVIEW = "interview", _("面談・オンライン")
        REPORT = "report", _("監査の報告書")

    class Result(models.TextChoices):
        GOOD = "good", _("問題なし")
        FINDINGS = "findings", _("直すことがある")
        UNFIT = "unfit", _("任せられない")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subcontractor = models.ForeignKey(
        Subcontractor, on_delete=models.PROTECT, related_name="reviews", verbose_name=_("委託先")
    )
    reviewed_on = models.DateField(_("確認日"))
    reviewed_by = models.CharField(_("確認した人"), max_length=100)
    method = models.CharField(_("方法"), max_length=10, choices=Method)
    result = models.CharField(
        _("結果"), max_length=10, choices=Result, help_text=_("「任せられない」とすると、データを渡せなくなります。")
    )
    summary = models.TextField(_("分かったこと"))
    next_on = models.DateField(_("次の確認の予定日"))

    class Meta:
        verbose_name = pgettext_lazy("単数", "委託先の確認")
        verbose_name_plural = _("委託先の確認")
        ordering = ["-reviewed_on", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(result__in=("good", "findings", "unfit")), name="review_result_known"),
            models.CheckConstraint(
                condition=Q(next_on__gt=F("reviewed_on")),
                name="review_next_follows",
                violation_error_message=_("次の確認の予定日は、確認日より後にしてください。"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reviewed_on} {self.get_result_display()}"


class SubcontractorFinding(models.Model):
    """Something that a review found and that has to be put right."""

    review = models.ForeignKey(
        SubcontractorReview, on_delete=models.CASCADE, related_name="findings", verbose_name=_("委託先の確認")
    )
    text = models.CharField(_("直すこと"), max_length=300)
    due_on = models.DateField(_("期限"))
    done_on = models.DateField(_("直った日"), null=True, blank=True)
    done_note = models.CharField(_("どう確かめたか"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("直すこと")
        verbose_name_plural = _("直すこと")
        ordering = ["due_on", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(done_on=None) | ~Q(done_note=""),
                name="finding_done_is_told",
                violation_error_message=_("直ったことをどう確かめたかを書いてください。"),
            ),
        ]

    def __str__(self) -> str:
        return self.text


class Reentrustment(KeptModel):
    """Somebody to whom a subcontractor passes the work on (再委託): only with the operator's prior approval."""

    class State(models.TextChoices):
        ASKED = "asked", _("承認の依頼あり")
        APPROVED = "approved", _("承認した")
        REFUSED = "refused", _("断った")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subcontractor = models.ForeignKey(
        Subcontractor, on_delete=models.PROTECT, related_name="reentrustments", verbose_name=_("委託先")
    )
    name = models.CharField(_("再委託先"), max_length=200)
    service = models.CharField(_("任せる業務"), max_length=300)
    country = models.CharField(_("国・地域"), max_length=2, default="JP", help_text="ISO 3166-1 alpha-2")
    items = models.ManyToManyField(DataItem, verbose_name=_("渡るデータ項目"), related_name="+", blank=True)
    asked_on = models.DateField(_("依頼された日"))
    state = models.CharField(_("承認"), max_length=10, choices=State, default=State.ASKED)
    decided_on = models.DateField(_("決めた日"), null=True, blank=True)
    decided_by = models.CharField(_("決めた人"), max_length=100, blank=True)
    conditions = models.TextField(_("条件・理由"), blank=True)
    began_on = models.DateField(_("再委託が始まった日"), null=True, blank=True)
    ended_on = models.DateField(_("再委託が終わった日"), null=True, blank=True)
    without_approval = models.BooleanField(
        _("承認の前に始まっていた"),
        default=False,
        help_text=_("無断の再委託が分かったとき。承認するか、終わるまで、この委託先にデータを渡せません。"),
    )

    class Meta:
        verbose_name = _("再委託")
        verbose_name_plural = _("再委託")
        ordering = ["-asked_on", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="asked", decided_on=None)
                | (Q(state__in=("approved", "refused"), decided_on__isnull=False) & ~Q(decided_by="")),
                name="reentrustment_decision_is_told",
                violation_error_message=_("承認するか断ったときは、決めた日と決めた人を書いてください。"),
            ),
            models.CheckConstraint(
                condition=Q(began_on=None)
                | Q(without_approval=True)
                | Q(state="approved", began_on__gte=F("decided_on")),
                name="reentrustment_after_approval",
                violation_error_message=_(
                    "再委託は、承認した日より前に始められません。承認の前に始まっていたことが分かったときは、"
                    "「承認の前に始まっていた」に印をつけて記録してください。"
                ),
            ),
            models.CheckConstraint(
                condition=Q(without_approval=False) | Q(began_on__isnull=False),
                name="reentrustment_unapproved_began",
                violation_error_message=_("「承認の前に始まっていた」ときは、始まった日を書いてください。"),
            ),
            models.CheckConstraint(
                condition=Q(ended_on=None) | Q(began_on__isnull=False, ended_on__gte=F("began_on")),
                name="reentrustment_ends_after_begin",
                violation_error_message=_("終わった日は、始まった日以後にしてください。"),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ForeignArrangement(KeptModel):
    """On what a subcontractor outside of Japan gets data, and what people are told about it (article 28)."""

    class Basis(models.TextChoices):
        DESIGNATED = "designated", _("日本と同じ水準と認められた国")
        EQUIVALENT = "equivalent", _("相当する措置を続ける体制")
        CONSENT = "consent", _("本人の同意")

    subcontractor = models.OneToOneField(
        Subcontractor, on_delete=models.PROTECT, related_name="foreign_arrangement", verbose_name=_("委託先")
    )
    basis = models.CharField(
        _("根拠"),
        max_length=10,
        choices=Basis,
        help_text=_("「本人の同意」では、この委託先への提供に同意した方のデータだけを渡せます。"),
    )
    arrangement = models.TextField(
        _("体制の根拠と概要"), blank=True, help_text=_("契約、グループの規程、認証など。施行規則第16条。")
    )
    check_method = models.CharField(
        _("確かめる方法と頻度"), max_length=300, blank=True, help_text=_("1年に1回以上。施行規則第18条。")
    )
    regime_ja = models.TextField(_("その国の制度"), blank=True, help_text=_("公表します。施行規則第17条。"))
    regime_en = models.TextField(_("その国の制度（英語）"), blank=True)
    measures_ja = models.TextField(_("委託先がとる措置"), blank=True, help_text=_("公表します。"))
    measures_en = models.TextField(_("委託先がとる措置（英語）"), blank=True)
    informed_from = models.DateField(
        _("情報を示し始めた日"), null=True, blank=True, help_text=_("この日より前の同意は、根拠になりません。")
    )

    regime = Localized()
    measures = Localized()

    class Meta:
        verbose_name = _("外国の委託先")
        verbose_name_plural = pgettext_lazy("複数", "外国の委託先")
        ordering = ["subcontractor__position", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(basis__in=("designated", "equivalent", "consent")), name="foreign_basis_known"
            ),
            models.CheckConstraint(
                condition=~Q(basis="equivalent") | (~Q(arrangement="") & ~Q(check_method="")),
                name="foreign_arrangement_is_told",
                violation_error_message=_("相当する措置を続ける体制では、その概要と、確かめる方法と頻度が要ります。"),
            ),
            models.CheckConstraint(
                condition=~Q(basis="consent")
                | (
                    Q(informed_from__isnull=False)
                    & ~Q(regime_ja="")
                    & ~Q(regime_en="")
                    & ~Q(measures_ja="")
                    & ~Q(measures_en="")
                ),
                name="foreign_consent_is_informed",
                violation_error_message=_(
                    "本人の同意を根拠にするには、その国の制度、委託先がとる措置（日本語と英語）、示し始めた日が要ります。"
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subcontractor} {self.get_basis_display()}"


class ForeignCheck(models.Model):
    """A periodic check that an equivalent arrangement works and that the country's regime still allows it (Rule 18)."""

    arrangement = models.ForeignKey(
        ForeignArrangement, on_delete=models.CASCADE, related_name="checks", verbose_name=_("外国の委託先")
    )
    checked_on = models.DateField(_("確かめた日"))
    checked_by = models.CharField(_("確かめた人"), max_length=100)
    works = models.BooleanField(_("措置が続いている"), default=True)
    note = models.CharField(_("分かったこと・対応"), max_length=300, blank=True)
    next_on = models.DateField(_("次の予定日"))

    class Meta:
        verbose_name = _("定期の確認")
        verbose_name_plural = _("定期の確認")
        ordering = ["-checked_on", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(next_on__gt=F("checked_on")),
                name="foreign_check_next_follows",
                violation_error_message=_("次の予定日は、確かめた日より後にしてください。"),
            ),
            models.CheckConstraint(
                condition=Q(works=True) | ~Q(note=""),
                name="foreign_check_trouble_is_told",
                violation_error_message=_("続いていないときは、分かったことと対応を書いてください。"),
            ),
        ]

    def __str__(self) -> str:
        return str(self.checked_on)


class RecipientDuty(KeptModel):
    """What somebody who gets data as a third party has promised (promises A2, R4): above all, to prevent leaks.

    It is no ground for a provision by itself; the ledger of provisions and the gate ask for that.
    """

    name = models.CharField(_("提供先"), max_length=200)
    prevents_leaks = models.BooleanField(_("漏えいを防ぐ"), default=False)
    confidentiality = models.BooleanField(_("秘密を守る"), default=False)
    no_further_provision = models.BooleanField(_("さらに提供しない"), default=False)
    liability = models.BooleanField(_("事故の責任を負う"), default=False)
    handled_alike = models.BooleanField(_("当社と同じように扱う"), default=False)
    agreed_on = models.DateField(_("約束した日"))
    valid_until = models.DateField(_("期限"), null=True, blank=True)
    evidence = models.TextField(
        _("約束の形"), validators=[MinLengthValidator(2)], help_text=_("契約、覚書、誓約書など、件名と保管場所。")
    )
    active = models.BooleanField(_("有効"), default=True)

    class Meta:
        verbose_name = pgettext_lazy("単数", "提供先の義務")
        verbose_name_plural = _("提供先の義務")
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(prevents_leaks=True),
                name="recipient_prevents_leaks",
                violation_error_message=_("提供先には、漏えいを防ぐことを約束してもらってください。"),
            ),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gte=F("agreed_on")),
                name="recipient_duty_ends_after_begin",
                violation_error_message=_("期限は、約束した日以後にしてください。"),
            ),
        ]

    def __str__(self) -> str:
        return self.name
