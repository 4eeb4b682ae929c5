"""The whole case as a PDF."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_POST

from ..models import DisclosureRequest
from ..services.case_file import case_file
from ..services.errors import NotAllowed
from .case_views import staff_of
from .paper_views import pdf

if TYPE_CHECKING:
    from .cases import DisclosureRequestAdmin


@require_POST
def print_case(request: HttpRequest, case: DisclosureRequest, site: DisclosureRequestAdmin) -> HttpResponse:
    """Everything of the case, to print; recorded. Posted, so that no link in a page or a mail makes a copy."""
    try:
        content = case_file(request=case, actor=staff_of(request), now=timezone.now())
    except NotAllowed:
        raise PermissionDenied from None
    return pdf(content, f"{case.receipt_number}.pdf")
