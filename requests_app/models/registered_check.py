"""Tries to open one's registered information by stating registered facts."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class RegisteredCheck(models.Model):
    """One comparison. ``codes`` says how each fact compared, never with which value. Kept while tries are counted."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", verbose_name=_("アカウント")
    )
    passed = models.BooleanField(_("一致した"))
    codes = models.JSONField(_("照合の結果"), default=list)
    at = models.DateTimeField(_("日時"), default=timezone.now)

    class Meta:
        verbose_name = _("登録情報を開くための照合")
        verbose_name_plural = _("登録情報を開くための照合")
        indexes = [models.Index(fields=["user", "-at"], name="registered_check_tries")]

    def __str__(self) -> str:
        return str(self.id)
