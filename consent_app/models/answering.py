"""How the operator decides on requests: what a second person has to look at."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

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
