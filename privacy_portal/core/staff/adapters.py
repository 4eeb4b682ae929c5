"""The points where allauth asks us: who may sign in, how secrets are kept, what is recorded and mailed."""

import re
from typing import Any

import qrcode
from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context as allauth_context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from qrcode.image.svg import SvgPathFillImage

from .. import known_device, page_language, ratelimit
from ..models import User
from ..services import audit, outbox, own_sessions
from . import limits, second_factor, secrets

# allauth's mail templates -> the word of the event in our notice and audit trail
_EVENTS = {
    "mfa/email/totp_activated": "app_added",
    "mfa/email/totp_deactivated": "app_removed",
    "mfa/email/webauthn_added": "passkey_added",
    "mfa/email/webauthn_removed": "passkey_removed",
    "mfa/email/recovery_codes_generated": "recovery_codes_made",
}


class StaffAccountAdapter(DefaultAccountAdapter):
    """Password sign-in for staff only, closed for new accounts."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """A keyed hash: allauth keeps it in cache keys."""
        return ratelimit.client_of(request)

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        return reverse("admin:index")

    def get_logout_redirect_url(self, request: HttpRequest) -> str:
        return reverse("account_login")

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        limits.count_password_try(credentials.get("email", ""))

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        user = super().authenticate(request, **credentials)
        if user is not None and not (isinstance(user, User) and user.is_staff):
            self.authentication_failed(request, **credentials)
            return None
        return user

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        audit.record(action="staff_sign_in.failed", actor="anonymous")

    def login(self, request: HttpRequest, user: AbstractBaseUser) -> None:
        super().login(request, user)
        if isinstance(user, User):
            audit.record(action="staff_sign_in.succeeded", actor=user, obj=user)

    def post_login(self, request: HttpRequest, user: AbstractBaseUser, **details: Any) -> HttpResponse:
        """Where to go after the sign-in; the pages then follow the account's language.

        The browser is known from now on, if the second factor was shown in it.
        """
        response: HttpResponse = super().post_login(request, user, **details)
        if isinstance(user, User):
            page_language.follow_account(request, response, user.language)
            if second_factor.has_passed(request):
                known_device.remember(request, response, "staff", user.email)
        return response

    def logout(self, request: HttpRequest) -> None:
        user = request.user
        super().logout(request)
        if isinstance(user, User):
            audit.record(action="sign_in.ended", actor=user, obj=user)

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Not right after signing in: whoever just typed password and code is not asked for them again."""
        return not second_factor.is_fresh(allauth_context.request)

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """An account with a second factor confirms with that: the password alone must not be able to replace it."""
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        stronger = [method for method in methods if method["id"] != "reauthenticate"]
        return stronger or methods

    def send_notification_mail(
        self,
        template_prefix: str,
        user: AbstractBaseUser,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        """Tell the account's owner through the outbox and record it, without the network address that allauth tells."""
        if not isinstance(user, User):
            return
        event = _EVENTS[template_prefix]
        # Whoever had signed in elsewhere with the old factors shows the new ones (ASVS 7.4.3).
        if (request := allauth_context.request) is not None:
            own_sessions.end_others(user=user, session_key=request.session.session_key, actor=user)
        with transaction.atomic():
            audit.record(action="second_factor.changed", actor=user, obj=user, detail={"event": event})
            outbox.enqueue(
                template="staff_security",
                recipient=user.email,
                language=user.language,
                context={"event": event, "name": str(user)},
                user=user,
            )


class StaffMFAAdapter(DefaultMFAAdapter):
    """Second factors: secrets encrypted at rest, each for its account only."""

    def encrypt(self, text: str) -> str:
        return secrets.seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        return secrets.unseal(encrypted_text)

    def build_totp_svg(self, url: str) -> str:
        """The QR code as an element of the page, which needs no exception in the content security policy.

        With a white ground of its own: a dark page would make it unreadable to a camera.
        """
        image = qrcode.make(url, image_factory=SvgPathFillImage)
        svg = re.sub(r"^<\?xml[^>]*\?>\s*", "", image.to_string(encoding="unicode"))
        label = _("認証アプリで読み取るQRコード")
        return svg.replace("<svg ", f'<svg class="qr-code" role="img" aria-label="{label}" ', 1)

    def generate_authenticator_name(self, user: AbstractBaseUser, type: Authenticator.Type) -> str:
        """A name to start from when a passkey is added; the person sees and changes it."""
        number = Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1
        return _("パスキー%(number)d") % {"number": number}

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {**super().get_public_key_credential_rp_entity(), "name": self.get_totp_issuer()}
