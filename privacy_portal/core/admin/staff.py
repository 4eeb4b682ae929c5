"""Accounts of staff: made, given roles, switched off, given a new start. Customers' accounts are not here."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from ..models import User
from ..roles import BY_CODE, ROLES
from ..services import staff_accounts
from ..services.sign_in import normalise_address
from ..services.staff_accounts import SUPERUSER, FirstSignIn
from .lookups import OfferedLookups

NAMES = {**{code: role.name for code, role in BY_CODE.items()}, SUPERUSER: _("システム管理者")}


def role_choices() -> list[tuple[str, Any]]:
    """Each role with what it is for."""
    choices = [(role.code, format_lazy("{}{}{}", role.name, _("："), role.summary)) for role in ROLES]
    return [*choices, (SUPERUSER, _("システム管理者：そのすべてと、担当者のアカウント"))]


class StaffForm(forms.ModelForm):
    """What can be said about an account of staff; the address only once."""

    roles = forms.MultipleChoiceField(
        label=_("役割"), choices=role_choices, required=False, widget=UnfoldAdminCheckboxSelectMultipleWidget
    )

    class Meta:
        model = User
        fields = ("email", "display_name", "language", "is_active")

    actor: User

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:
            self.fields["roles"].initial = staff_accounts.roles_of(self.instance)

    def clean_email(self) -> str:
        try:
            address = normalise_address(self.cleaned_data["email"])
        except ValueError:
            raise forms.ValidationError(_("メールアドレスの形ではありません。")) from None
        if User.objects.filter(email=address).exists():
            raise forms.ValidationError(_("このアドレスのアカウントがすでにあります。別のアドレスにしてください。"))
        return address

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        if self.instance.pk == self.actor.pk and (
            not values.get("is_active", True) or SUPERUSER not in values.get("roles", [])
        ):
            raise forms.ValidationError(_("自分のアカウントは、止めることも、権限を外すこともできません。"))
        return values


@admin.register(User)
class StaffAdmin(OfferedLookups, ModelAdmin):
    """For superusers only; every change goes through the service, which records it."""

    form = StaffForm
    list_display = ("display_name", "email", "shown_roles", "is_active")
    list_display_links = ("display_name", "email")
    list_filter = ("is_active",)
    list_per_page = 25
    ordering = ("email",)
    actions = None
    change_form_outer_before_template = "admin/core/user/reset.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).filter(is_staff=True).prefetch_related("groups")

    def _is_allowed(self, request: HttpRequest) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self._is_allowed(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._is_allowed(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._is_allowed(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._is_allowed(request)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Never: what the account did refers to it. It is switched off instead."""
        return False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["email", "display_name", "language", "roles", *(["is_active"] if obj else [])]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["email"] if obj else []

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        form.actor = request.user
        return form

    @display(description=_("役割"))
    def shown_roles(self, user: User) -> str:
        return " / ".join(str(NAMES[role]) for role in staff_accounts.roles_of(user)) or "—"

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        values = form.cleaned_data
        said = {"display_name": values["display_name"], "language": values["language"], "roles": values["roles"]}
        actor: Any = request.user
        if change:
            staff_accounts.change(user=obj, is_active=values["is_active"], actor=actor, **said)
        else:
            request._first_sign_in = staff_accounts.create(  # type: ignore[attr-defined]
                email=values["email"], actor=actor, **said
            )

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Not in Django's own log, which would keep names; the audit trail has it."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """See :meth:`log_addition`."""

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        """Show the first password, once; it is kept nowhere."""
        return self._show(request, request._first_sign_in)  # type: ignore[attr-defined]

    def _show(self, request: HttpRequest, first: FirstSignIn) -> HttpResponse:
        title = _("最初のログイン")
        context = {**self.admin_site.each_context(request), "title": title, "first": first, "opts": self.opts}
        return TemplateResponse(request, "admin/core/user/first_sign_in.html", context)

    def get_urls(self) -> list[URLPattern]:
        """Beside the usual ones, the address of the page's button."""
        view = self.admin_site.admin_view(self.reset_view)
        own = [path("<uuid:pk>/reset/", view, name="core_user_reset")]
        return own + super().get_urls()

    def reset_view(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """A new password and no second factor, for a lost phone; only by POST."""
        if not self._is_allowed(request):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        user = get_object_or_404(self.get_queryset(request), pk=pk)
        return self._show(request, staff_accounts.reset_sign_in(email=user.email, actor=request.user))
