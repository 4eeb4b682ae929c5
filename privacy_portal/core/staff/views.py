"""allauth's staff views where ours do a little more."""

from typing import Any

from allauth.account.views import LoginView
from allauth.mfa.base.internal.flows import post_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.views import ActivateTOTPView
from allauth.mfa.webauthn.views import AddWebAuthnView
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from .. import known_device
from ..models import User
from . import second_factor


class StaffLoginView(LoginView):
    """Shown to everybody who is not through yet, a customer's session in the same browser included."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if second_factor.has_passed(request):
            return redirect(self.get_success_url() or "admin:index")
        return super().dispatch(request, *args, **kwargs)

    def form_invalid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_invalid(form)
        if any(error.code == "limited" for error in form.non_field_errors().as_data()):
            response.status_code = 429
        return response


class _ProvenByEnrolling:
    """Setting a factor up proves it: the session counts as passed, without asking for the same code again."""

    request: HttpRequest
    factor: Authenticator.Type

    def form_valid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)  # type: ignore[misc]
        added = Authenticator.objects.filter(user_id=self.request.user.pk, type=self.factor).latest("created_at")
        post_authentication(self.request, added)
        second_factor.forget_cached(self.request)
        if isinstance(self.request.user, User):
            known_device.remember(self.request, response, "staff", self.request.user.email)
        return response


class StaffActivateTOTPView(_ProvenByEnrolling, ActivateTOTPView):
    """Set up the authenticator app."""

    factor = Authenticator.Type.TOTP


class StaffAddWebAuthnView(_ProvenByEnrolling, AddWebAuthnView):
    """Set up a passkey."""

    factor = Authenticator.Type.WEBAUTHN
