"""What the consistency check found."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from ..models import DoctorReport
from .base import ReadOnlyAdmin


@admin.register(DoctorReport)
class DoctorReportAdmin(ReadOnlyAdmin):
    """The runs of the last 90 days, the newest first."""

    list_display = ("at", "shown_result", "problems", "warnings", "thorough")
    list_filter = ("thorough",)
    fields = ("at", "thorough", "problems", "warnings")
    readonly_fields = fields
    actions = None
    change_form_after_template = "admin/core/doctorreport/found.html"

    class Media:
        css = {"all": ("admin_portal/case.css",)}

    @display(description=_("結果"), label={"problem": "danger", "warning": "warning", "fine": "success"})
    def shown_result(self, report: DoctorReport) -> tuple[str, str]:
        if report.problems:
            return "problem", str(_("問題あり"))
        return ("warning", str(_("注意あり"))) if report.warnings else ("fine", str(_("問題なし")))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """With what was found, in words, and what to do."""
        report = self.get_object(request, object_id)
        context = {**(extra_context or {}), "entries": report.entries if report else []}
        return super().change_view(request, object_id, form_url, context)
