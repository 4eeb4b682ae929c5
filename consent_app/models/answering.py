"""How the operator decides on requests: what a second person looks at, and the texts that reasons are built from."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from privacy_portal.core.localized import Localized

from ..domain.request_words import OUTCOME_WORDS, REQUEST_WORDS
from .kept import KeptModel


class SecondLookRule(KeptModel):
    """Which outcomes of a request type one person proposes and another one approves. Begun by the profile."""

    code = models.CharField(_("請求の種類"), max_length=40, unique=True)
    position = models.PositiveSmallIntegerField(_("並び順"), default=0)
    outcomes = ArrayField(
        models.CharField(max_length=30, choices=OUTCOME_WORDS),
        verbose_name=_("二人目の確認が要る結論"),
        default=list,
        blank=True,
    )
    active = models.BooleanField(_("有効"), default=True, editable=False)

    class Meta:
        verbose_name = _("二人目の確認")
        verbose_name_plural = _("二人目の確認")
        ordering = ["position", "id"]

    def __str__(self) -> str:
        words = REQUEST_WORDS.get(self.code)
        return str(words.term) if words else self.code


class ReasonBlock(KeptModel):
    """A text for the reason of a decision. Begun by the product and the profile; staff keep it.

    Empty ``requests``, ``outcomes`` or ``grounds`` mean every one of them. What stands in braces is filled in, or left
    for the person who decides.
    """

    TEXT_LENGTH = 2000

    code = models.SlugField(_("コード"), max_length=40, unique=True)
    position = models.PositiveSmallIntegerField(_("並び順"), default=0)
    title_ja = models.CharField(_("題"), max_length=100)
    title_en = models.CharField(_("題（英語）"), max_length=100)
    text_ja = models.TextField(_("文"), max_length=TEXT_LENGTH)
    text_en = models.TextField(_("文（英語）"), max_length=TEXT_LENGTH)
    requests = ArrayField(models.CharField(max_length=30), verbose_name=_("請求の種類"), default=list, blank=True)
    outcomes = ArrayField(models.CharField(max_length=30), verbose_name=_("結論"), default=list, blank=True)
    grounds = ArrayField(models.CharField(max_length=40), verbose_name=_("応じない根拠"), default=list, blank=True)
    active = models.BooleanField(_("使う"), default=True)

    title = Localized()

    class Meta:
        verbose_name = pgettext_lazy("単数", "理由の文例")
        verbose_name_plural = _("理由の文例")
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.title
