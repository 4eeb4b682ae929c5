"""allauth's staff forms with counted tries."""

import contextlib
from typing import Any

from allauth.account.forms import LoginForm
from allauth.account.forms import ReauthenticateForm as PasswordReauthenticateForm
from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY
from django.contrib.auth import logout
from django.forms import Form
from django.http import HttpRequest, HttpResponse

from ..crypto import DecryptionError
from ..services import audit, codes
from . import limits, secrets


def _as_ours(form: Form) -> None:
    """Labels stand above the fields; allauth repeats them inside, where they vanish while one types."""
    for name, field in form.fields.items():
        field.widget.attrs.pop("placeholder", None)
        if name == "code":
            field.widget.attrs["class"] = "pp-w-code"
            field.widget.attrs["spellcheck"] = "false"


class StaffLoginForm(LoginForm):
    """The password step."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _as_ours(self)

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

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _as_ours(self)  # type: ignore[arg-type]

    def clean_code(self) -> str:
        limits.count_second_factor_try(self.user)
        self.cleaned_data["code"] = codes.normalise(self.cleaned_data["code"])
        try:
            with secrets.of(self.user):
                code: str = super().clean_code()  # type: ignore[misc]
        except DecryptionError:
            # The row holds another account's secret: nothing that is typed can be right.
            self._record_failure()
            raise get_adapter().validation_error("incorrect_code") from None
        if self.authenticator.type == Authenticator.Type.TOTP and not limits.claim_code(self.user, code):
            self._emit_authentication_failed(self.authenticator)
            raise get_adapter().validation_error("incorrect_code")
        return code

    def _emit_authentication_failed(self, authenticator: Authenticator) -> None:
        self._record_failure()

    def _record_failure(self) -> None:
        audit.record(action="second_factor.failed", actor=self.user, obj=self.user)


class StaffAuthenticateForm(_CountedCode, AuthenticateForm):
    """The code of the app, or a recovery code, at sign-in."""

    def save(self) -> None:
        super().save()
        if self.authenticator.type == Authenticator.Type.RECOVERY_CODES:
            audit.record(action="second_factor.recovery_code_used", actor=self.user, obj=self.user)


class StaffActivateTOTPForm(ActivateTOTPForm):
    """The first code of a new app."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # Open only while this request runs: sessions lie in the database.
        session = context.request.session
        with contextlib.suppress(DecryptionError):
            if sealed := session.pop(SECRET_SESSION_KEY, None):
                session[SECRET_SESSION_KEY] = secrets.unseal(sealed)
        super().__init__(*args, **kwargs)
        session[SECRET_SESSION_KEY] = secrets.seal(self.secret)
        _as_ours(self)
        self.fields["code"].widget.attrs["inputmode"] = "numeric"

    def clean_code(self) -> str:
        self.cleaned_data["code"] = codes.normalise(self.cleaned_data["code"])
        code: str = super().clean_code()
        return code


class StaffPasswordForm(PasswordReauthenticateForm):
    """The password once more, before the first factor is set up."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _as_ours(self)


class StaffReauthenticateForm(_CountedCode, ReauthenticateForm):
    """The same before second factors are changed."""
