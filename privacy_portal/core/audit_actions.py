"""The audit actions of the kernel."""

from django.utils.translation import gettext_lazy as _

from .audit_registry import register, words

register("mail.retried", _("メールの再送を指示した"), state=words(["failed", "waiting"]))
register("file.erased", _("暗号化ファイルを消去した"))
