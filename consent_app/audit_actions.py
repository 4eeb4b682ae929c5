"""The audit actions of the registers."""

from django.utils.translation import gettext_lazy as _

from privacy_portal.core.audit_registry import register

register("profile.loaded", _("事業者プロフィールを読み込んだ"), created=int, changed=int, retired=int)
register("customer.viewed", _("お客さまの個人データを見た"))
