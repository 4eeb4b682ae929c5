"""The staff pages, under the names that allauth looks up. What is not listed does not exist: no sign-up, no password
reset by mail (``manage.py ensure_manager --reset`` gives a new start), no sign-in by code.
"""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from django.urls import path

from ..session_pages import sessions
from .second_factor import required
from .views import StaffActivateTOTPView, StaffAddWebAuthnView, StaffLoginView

urlpatterns = [
    path("login/", StaffLoginView.as_view(), name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("sessions/", required(sessions), {"base": "account/base_staff.html"}, name="staff_sessions"),
    path("second-factor/authenticate/", mfa.authenticate, name="mfa_authenticate"),
    path("reauthenticate/", required(account.reauthenticate), name="account_reauthenticate"),
    path("second-factor/", required(mfa.index), name="mfa_index"),
    path("second-factor/reauthenticate/", required(mfa.reauthenticate), name="mfa_reauthenticate"),
    path("second-factor/app/activate/", required(StaffActivateTOTPView.as_view()), name="mfa_activate_totp"),
    path("second-factor/app/deactivate/", required(totp.deactivate_totp), name="mfa_deactivate_totp"),
    path("second-factor/recovery-codes/", required(recovery_codes.view_recovery_codes), name="mfa_view_recovery_codes"),
    path(
        "second-factor/recovery-codes/generate/",
        required(recovery_codes.generate_recovery_codes),
        name="mfa_generate_recovery_codes",
    ),
    path(
        "second-factor/recovery-codes/download/",
        required(recovery_codes.download_recovery_codes),
        name="mfa_download_recovery_codes",
    ),
    path("second-factor/passkeys/", required(webauthn.list_webauthn), name="mfa_list_webauthn"),
    path("second-factor/passkeys/add/", required(StaffAddWebAuthnView.as_view()), name="mfa_add_webauthn"),
    path(
        "second-factor/passkeys/reauthenticate/",
        required(webauthn.reauthenticate_webauthn),
        name="mfa_reauthenticate_webauthn",
    ),
    path("second-factor/passkeys/<int:pk>/edit/", required(webauthn.edit_webauthn), name="mfa_edit_webauthn"),
    path("second-factor/passkeys/<int:pk>/remove/", required(webauthn.remove_webauthn), name="mfa_remove_webauthn"),
]
