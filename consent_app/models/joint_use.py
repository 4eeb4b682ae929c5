"""Joint use (共同利用): what staff prepare, what was announced, and who uses the data jointly."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from privacy_portal.core.localized import Localized

from ..domain.joint_use import Change
from .kept import KeptModel
from .registers import DataItem, Purpose


class _Matters(models.Model):
    """The texts that article 27(5)iii wants announced, in both languages."""

    name_ja = models.CharField(_("名称"), max_length=200)
    name_en = models.CharField(_("名称（英語）"), max_length=200, blank=True)
    users_ja = models.TextField(
        _("利用者の範囲"),
        blank=True,
        help_text=_("お客さまが読んで、どの会社までか分かるように書きます。公表したあとは変えられません。"),
    )
    users_en = models.TextField(_("利用者の範囲（英語）"), blank=True)
    responsible_name_ja = models.CharField(_("管理責任者の名称"), max_length=200, blank=True)
    responsible_name_en = models.CharField(_("管理責任者の名称（英語）"), max_length=200, blank=True)
    responsible_address_ja = models.CharField(_("管理責任者の住所"), max_length=300, blank=True)
    responsible_address_en = models.CharField(_("管理責任者の住所（英語）"), max_length=300, blank=True)
    responsible_is_person = models.BooleanField(
        _("管理責任者は個人"), default=False, help_text=_("法人ではないとき。代表者は要りません。")
    )
    responsible_representative_ja = models.CharField(_("管理責任者の代表者"), max_length=200, blank=True)
    responsible_representative_en = models.CharField(_("管理責任者の代表者（英語）"), max_length=200, blank=True)

    name = Localized()
    users = Localized()
    responsible_name = Localized()
    responsible_address = Localized()
    responsible_representative = Localized()

    class Meta:
        abstract = True


class JointUse(KeptModel, _Matters):
    """A joint use as staff prepare it. What people were told is in its versions, and only that counts.

    It goes from draft to published to ended, never back. Published needs a version, and a version needs every matter;
    from then on items and scope stay as they are (migration ``joint_use_guard``): article 27(6) lets the purposes and
    the responsible party be changed, nothing else.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("下書き")
        PUBLISHED = "published", _("公表")
        ENDED = "ended", _("終了")

    code = models.SlugField(
        _("コード"),
        max_length=40,
        unique=True,
        validators=[RegexValidator(r"^[a-z][a-z0-9_]*\Z", _("英小文字で始め、英小文字、数字、下線だけを使います。"))],
        help_text=_("英小文字で始める短い名前。ページのアドレスに使い、あとで変えられません。例：group"),
    )
    position = models.PositiveSmallIntegerField(_("並び順"), default=0, editable=False)
    state = models.CharField(_("状態"), max_length=10, choices=State, default=State.DRAFT, editable=False)
    items = models.ManyToManyField(
        DataItem,
        verbose_name=_("共同で使うデータ項目"),
        related_name="joint_uses",
        limit_choices_to={"active": True},
        blank=True,
        help_text=_("公表したあとは変えられません。"),
    )
    purposes = models.ManyToManyField(
        Purpose,
        verbose_name=_("共同で使う目的"),
        related_name="joint_uses",
        limit_choices_to={"active": True},
        blank=True,
        help_text=_("公表したあとは、変える前に新しい版で予告します。"),
    )
    ended_on = models.DateField(_("終了日"), null=True, editable=False)

    class Meta:
        verbose_name = _("共同利用")
        verbose_name_plural = _("共同利用")
        permissions = [("publish_jointuse", _("共同利用を公表できる")), ("end_jointuse", _("共同利用を終えられる"))]
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=("draft", "published", "ended")), name="joint_use_state_known"
            ),
            models.CheckConstraint(
                condition=Q(state="ended", ended_on__isnull=False) | (~Q(state="ended") & Q(ended_on=None)),
                name="joint_use_ended_has_date",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class JointUseVersion(_Matters):
    """What was announced: every matter of article 27(5)iii, from which day on it holds.

    Only added (migration ``joint_use_guard``): people were told these words. The texts of items and purposes are kept
    as they read then.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    joint_use = models.ForeignKey(
        JointUse, on_delete=models.PROTECT, related_name="versions", verbose_name=_("共同利用")
    )
    number = models.PositiveIntegerField(_("版"))
    change = models.CharField(
        _("変更の種類"),
        max_length=20,
        choices=[
            (Change.FIRST.value, _("最初の公表")),
            (Change.BEFOREHAND.value, _("前もって知らせる変更")),
            (Change.WITHOUT_DELAY.value, _("遅れずに知らせる変更")),
        ],
    )
    item_codes = ArrayField(models.CharField(max_length=40), verbose_name=_("データ項目のコード"))
    items_ja = ArrayField(models.CharField(max_length=100), verbose_name=_("データ項目"))
    items_en = ArrayField(models.CharField(max_length=100), verbose_name=_("データ項目（英語）"))
    purpose_codes = ArrayField(models.CharField(max_length=40), verbose_name=_("目的のコード"))
    purposes_ja = ArrayField(models.TextField(), verbose_name=_("目的"))
    purposes_en = ArrayField(models.TextField(), verbose_name=_("目的（英語）"))
    announced_on = models.DateField(_("公表日"))
    effective_from = models.DateField(_("いつから"))
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("公表した人"), null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(_("記録日時"), default=timezone.now)

    items = Localized()
    purposes = Localized()

    class Meta:
        verbose_name = _("共同利用の公表")
        verbose_name_plural = _("共同利用の公表")
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["joint_use", "number"], name="joint_use_version_once"),
            models.CheckConstraint(
                condition=Q(
                    item_codes__len__gte=1,
                    items_ja__len=F("item_codes__len"),
                    items_en__len=F("item_codes__len"),
                    purpose_codes__len__gte=1,
                    purposes_ja__len=F("purpose_codes__len"),
                    purposes_en__len=F("purpose_codes__len"),
                )
                & ~Q(name_ja="")
                & ~Q(name_en="")
                & ~Q(users_ja="")
                & ~Q(users_en="")
                & ~Q(responsible_name_ja="")
                & ~Q(responsible_name_en="")
                & ~Q(responsible_address_ja="")
                & ~Q(responsible_address_en="")
                & (
                    Q(responsible_is_person=True)
                    | (~Q(responsible_representative_ja="") & ~Q(responsible_representative_en=""))
                ),
                name="joint_use_announced_complete",
                violation_error_message=_("公表する事項がそろっていません。"),
            ),
            models.CheckConstraint(
                condition=Q(change="without_delay", effective_from__gte=F("announced_on"))
                | Q(change__in=("first", "beforehand"), effective_from__gt=F("announced_on")),
                name="joint_use_announced_beforehand",
                violation_error_message=_("使い始める日、変わる日は、公表する日より後です。"),
            ),
            models.CheckConstraint(
                condition=(Q(number=1) & Q(change="first")) | Q(number__gte=2), name="joint_use_first_is_first"
            ),
        ]

    def __str__(self) -> str:
        return str(_("第%(number)s版") % {"number": self.number})


class JointUser(models.Model):
    """One of those who use the data jointly, within the announced scope. Who leaves keeps the row, with the day."""

    joint_use = models.ForeignKey(
        JointUse, on_delete=models.PROTECT, related_name="members", verbose_name=_("共同利用")
    )
    name_ja = models.CharField(_("名称"), max_length=200)
    name_en = models.CharField(_("名称（英語）"), max_length=200)
    country = models.CharField(
        _("国・地域"),
        max_length=2,
        default="JP",
        validators=[RegexValidator(r"^[A-Z]{2}\Z", _("英大文字2字で入れます。例：JP"))],
        help_text="ISO 3166-1 alpha-2",
    )
    since = models.DateField(_("いつから"), default=timezone.localdate)
    until = models.DateField(_("いつまで"), null=True, blank=True, help_text=_("抜けたとき。最後の日。"))

    name = Localized()

    class Meta:
        verbose_name = _("共同で使う会社")
        verbose_name_plural = _("共同で使う会社")
        ordering = ["since", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["joint_use", "name_ja"],
                condition=Q(until=None),
                name="joint_user_once",
                violation_error_message=_("同じ名称の会社がもうあります。"),
            ),
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__gte=F("since")),
                name="joint_user_leaves_after_joining",
                violation_error_message=_("終わりの日は、始めの日より後です。"),
            ),
            models.CheckConstraint(
                condition=Q(country__regex=r"^[A-Z]{2}$"),
                name="joint_user_country",
                violation_error_message=_("国・地域は英大文字2字です。"),
            ),
        ]

    def __str__(self) -> str:
        return self.name
