"""The register of where instructions go."""

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from privacy_portal.core.admin.lookups import OfferedLookups
from privacy_portal.core.models import User

from ..models import InstructionContact
from ..services import instructions


@admin.register(InstructionContact)
class InstructionContactAdmin(OfferedLookups, ModelAdmin):
    """Addresses of departments, subcontractors and recipients. Changing one changes what is sent from then on."""

    list_display = ("__str__", "kind", "email", "language", "identifier")
    list_filter = ("kind",)
    list_select_related = ("subcontractor",)
    list_per_page = 50
    actions = None
    compressed_fields = True

    def save_model(self, request: HttpRequest, obj: InstructionContact, form: forms.ModelForm, change: bool) -> None:
        instructions.save_contact(contact=obj, actor=cast(User, request.user))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
