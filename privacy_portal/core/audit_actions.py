"""The audit actions of the kernel."""

import uuid

from django.utils.translation import gettext_lazy as _

from .audit_registry import register, words

register("mail.retried", _("メールの再送を指示した"), state=words(["failed", "waiting"]))
register("file.erased", _("暗号化ファイルを消去した"))

register("sign_in.requested", _("ログインのコードを求めた"))
register("sign_in.limited", _("ログインの試行が多すぎて断られた"))
register("sign_in.failed", _("ログインのコードが違った"), code=uuid.UUID)
register("sign_in.succeeded", _("コードでログインした"))
register("sign_in.denied", _("止められたアカウントでログインしようとした"))
register("sign_in.ended", _("ログアウトした"))
register("sign_in.timed_out", _("しばらく使わなかったか、時間が過ぎたので、ログアウトになった"))
register("sign_in.ended_elsewhere", _("ほかの端末のログインを終わらせた"), number=int)
register("staff_sign_in.failed", _("担当者のログインでパスワードが違った"))
register("staff_sign_in.limited", _("担当者のログインの試行が多すぎて断られた"))
register("staff_sign_in.succeeded", _("担当者としてログインした"))
register("staff_sign_in.created", _("担当者のアカウントを作った"))
register(
    "staff_account.changed",
    _("担当者のアカウントを変えた"),
    event=words(["details", "roles", "switched_on", "switched_off"]),
)
register("staff_sign_in.password_changed", _("担当者のパスワードを変えた"))
register("staff_sign_in.reset", _("担当者のログイン方法を初めの状態に戻した"))
register("second_factor.failed", _("二段階目の確認に失敗した"))
register("second_factor.limited", _("二段階目の確認の試行が多すぎて断られた"))
register("second_factor.recovery_code_used", _("リカバリーコードを使った"))
register(
    "second_factor.changed",
    _("二段階認証の設定を変えた"),
    event=words(["app_added", "app_removed", "passkey_added", "passkey_removed", "recovery_codes_made"]),
)
register("admin.denied", _("管理画面を開こうとして断られた"))
