"""allauth's staff forms with counted tries."""

from typing import Any

from allauth.account.forms import LoginForm
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse

from ..services import audit, codes
from . import limits


class StaffLoginForm(LoginForm):
    """The password step."""

    def login(self, request: HttpRequest, redirect_url: str | None = None) -> HttpResponse:
        """Go on to the second factor, in a session of its own.

        A portal session in the same browser ends first: what was proven for it must not count here.
        """
        if request.user.is_authenticated:
            logout(request)
        response: HttpResponse = super().login(request, redirect_url=redirect_url)
        return response


class _CountedCode:
    """Counts each try before it is compared, and takes a right code once."""

    user: Any
    authenticator: Authenticator
    cleaned_data: dict[str, Any]

    def clean_code(self) -> str:
        limits.count_second_factor_try(self.user)
        self.cleaned_data["code"] = codes.normalise(self.cleaned_data["code"])
        code: str = super().clean_code()  # type: ignore[misc]
        if self.authenticator.type == Authenticator.Type.TOTP and not limits.claim_code(self.user, code):
            self._emit_authentication_failed(self.authenticator)
            raise get_adapter().validation_error("incorrect_code")
        return code

    def _emit_authentication_failed(self, authenticator: Authenticator) -> None:
        audit.record(action="second_factor.failed", actor=self.user, obj=self.user)


class StaffAuthenticateForm(_CountedCode, AuthenticateForm):
    """The code of the app, or a recovery code, at sign-in."""

    def save(self) -> None:
        super().save()
        if self.authenticator.type == Authenticator.Type.RECOVERY_CODES:
            audit.record(action="second_factor.recovery_code_used", actor=self.user, obj=self.user)


class StaffReauthenticateForm(_CountedCode, ReauthenticateForm):
    """The same before second factors are changed."""
