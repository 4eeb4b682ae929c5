"""How staff work through the queue: the lists they keep, and who hands a case to whom."""

import uuid
from typing import Final

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from privacy_portal.core.fields import EncryptedTextField
from privacy_portal.core.models import User

from .request import DisclosureRequest

# What a saved view may put into an address. Words that were searched for are not among them: they are personal data.
VIEW_PARAMETERS: Final = ("queue", "type", "status", "due", "waits", "channel", "assigned", "o")


class SavedView(models.Model):
    """Filters and an order of the queue under a name; its owner's, or for everybody."""

    class Manager(models.Manager["SavedView"]):
        def usable_by(self, user: User) -> "models.QuerySet[SavedView]":
            """The person's own views and those that others share, by name."""
            return self.filter(Q(owner=user) | Q(shared=True)).select_related("owner").order_by("name", "pk")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_views", verbose_name=_("作成者")
    )
    name = models.CharField(_("名前"), max_length=40)
    shared = models.BooleanField(_("ほかの担当者にも見せる"), default=False)
    parameters = models.JSONField(_("条件"), default=dict)
    updated_at = models.DateTimeField(_("更新日時"), default=timezone.now)

    objects = Manager()

    class Meta:
        verbose_name = _("保存した一覧")
        verbose_name_plural = pgettext_lazy("複数", "保存した一覧")
        constraints = [models.UniqueConstraint(fields=["owner", "name"], name="view_name_once")]

    def __str__(self) -> str:
        return self.name


class FirstView(models.Model):
    """The view that opens when somebody opens the queue."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="first_view"
    )
    view = models.ForeignKey(SavedView, on_delete=models.CASCADE, related_name="+", verbose_name=_("保存した一覧"))

    class Meta:
        verbose_name = _("最初に開く一覧")
        verbose_name_plural = pgettext_lazy("複数", "最初に開く一覧")

    def __str__(self) -> str:
        return str(self.view_id)


class HandOver(models.Model):
    """That a case went from one member of staff to another, with what the next one should know. Append-only."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.ForeignKey(
        DisclosureRequest, on_delete=models.CASCADE, related_name="hand_overs", verbose_name=_("請求")
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("渡した人")
    )
    to = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("担当者")
    )
    note = EncryptedTextField(_("引き継ぎ"), null=True)
    at = models.DateTimeField(_("日時"), default=timezone.now)

    class Meta:
        verbose_name = _("引き継ぎの記録")
        verbose_name_plural = pgettext_lazy("複数", "引き継ぎの記録")
        indexes = [models.Index(fields=["request", "-at"], name="hand_over_newest")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d}"
