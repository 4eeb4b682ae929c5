"""My requests."""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from .. import selectors
from ..models import RequestDraft
from .access import PersonRequest
from .offers import type_name
from .wording import stand

PAGE_SIZE = 10


@login_required
@require_safe
def requests(request: PersonRequest) -> HttpResponse:
    """Drafts first, then the requests, newest first."""
    page = Paginator(selectors.requests_of(request.user), PAGE_SIZE).get_page(request.GET.get("page"))
    rows = []
    for entry in page.object_list:
        shown = stand(entry)
        rows.append(
            {
                "label": type_name(entry.request_type),
                "url": reverse("portal:request_detail", args=[entry.receipt_number]),
                "receipt": entry.receipt_number,
                "received_at": entry.received_at,
                "status": shown.label,
                "tone": shown.tone,
                "unread": entry.unread,  # type: ignore[attr-defined]  # counted by the selector
            }
        )
    # The text of a draft stays sealed here: the list shows only that there is one.
    drafts = RequestDraft.objects.filter(user=request.user).defer("answers").order_by("-updated_at")
    kept = timedelta(days=settings.REQUEST_DRAFT_DAYS)
    context = {
        "page_obj": page,
        "rows": rows,
        "drafts": [
            {"draft": draft, "name": type_name(draft.request_type), "kept_until": draft.updated_at + kept}
            for draft in drafts
        ],
    }
    return render(request, "portal/requests/list.html", context)
