"""The manager's admin."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib.admin.exceptions import DisallowedModelAdminToField
from django.contrib.admin.options import TO_FIELD_VAR
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.db.models.base import ModelBase
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from unfold.sites import UnfoldAdminSite

HIDDEN_APPS = {"account", "mfa", "auth"}


class PortalAdminSite(UnfoldAdminSite):
    """Open only to sessions of staff that passed the second factor."""

    index_title = _("今日の仕事")

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Leave allauth's own pages out: whoever could edit authenticators there could sign in as anybody.

        Django's groups too: what a role may do stands in ``privacy_portal/core/roles.py`` alone.
        """
        models: list[Any] = [model_or_iterable] if isinstance(model_or_iterable, ModelBase) else list(model_or_iterable)
        ours = [model for model in models if model._meta.app_label not in HIDDEN_APPS]
        super().register(ours, admin_class, **options)

    def get_app_list(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Put together only where a template asks: our menu is another one, and every page would pay for both."""
        return SimpleLazyObject(partial(super().get_app_list, request, *args, **kwargs))

    def has_permission(self, request: HttpRequest) -> bool:
        # Imported here: the site is made before the models are ready.
        from privacy_portal.core.staff import second_factor

        return second_factor.has_passed(request)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Send on to whatever this session still lacks: set up a second factor, or sign in."""
        from privacy_portal.core.services import audit
        from privacy_portal.core.staff import second_factor

        asked = request.GET.get("next", "")
        here = url_has_allowed_host_and_scheme(asked, {request.get_host()}, require_https=request.is_secure())
        target = asked if here else reverse("admin:index", current_app=self.name)
        if self.has_permission(request):
            return redirect(target)
        if second_factor.may_enrol(request):
            return redirect("mfa_index")
        if request.user.is_authenticated:
            audit.record(action="admin.denied", actor=request.user)
        return redirect_to_login(target, reverse("account_login"))

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """End the session and go back to the staff sign-in."""
        from privacy_portal.core.services import audit

        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if request.user.is_authenticated:
            audit.record(action="sign_in.ended", actor=request.user, obj=request.user)
        logout(request)
        return redirect("account_login")

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Change the own password; recorded, and every other session of the account ends."""
        from privacy_portal.core.models import User
        from privacy_portal.core.services import audit, own_sessions

        response = super().password_change(request, extra_context)
        if request.method == "POST" and response.status_code == 302 and isinstance(request.user, User):
            user, key = request.user, request.session.session_key
            audit.record(action="staff_sign_in.password_changed", actor=user, obj=user)
            own_sessions.end_others(user=user, session_key=key, actor=user)
        return response

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Callable[..., Any]:
        """Every admin page carries the admin's own content security policy."""
        inner = super().admin_view(view, cacheable)

        def with_policy(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            # Django takes an empty name for one that is allowed, and then looks for the field.
            if "" in (request.GET.get(TO_FIELD_VAR), request.POST.get(TO_FIELD_VAR)):
                raise DisallowedModelAdminToField("An empty name of a field.")
            response = inner(request, *args, **kwargs)
            response._csp_config = settings.ADMIN_CONTENT_SECURITY_POLICY
            return response

        with_policy.csrf_exempt = getattr(inner, "csrf_exempt", False)  # type: ignore[attr-defined]
        return with_policy
