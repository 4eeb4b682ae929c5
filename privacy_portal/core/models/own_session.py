"""Where an account is signed in, as its owner sees it."""

import uuid

from django.contrib.sessions.models import Session
from django.db import models
from django.utils.translation import gettext_lazy as _

from ..browsers import in_words
from .user import User


class OwnSession(models.Model):
    """One sign-in that lasts. It goes with the session, and the session with it.

    No network address stands here (promise Q10). The key of the session is the reference alone, which no page shows.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="own_sessions", verbose_name=_("アカウント"))
    session = models.OneToOneField(Session, on_delete=models.CASCADE, related_name="+", verbose_name=_("セッション"))
    browser = models.CharField(_("ブラウザー"), max_length=20, blank=True)
    system = models.CharField(_("端末"), max_length=20, blank=True)
    started_at = models.DateTimeField(_("ログインした日時"))
    used_at = models.DateTimeField(_("最後に使った日時"))

    class Meta:
        verbose_name = _("ログイン中の端末")
        verbose_name_plural = _("ログイン中の端末")

    def __str__(self) -> str:
        return in_words(self.browser, self.system)
