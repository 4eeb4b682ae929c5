"""The first page, and the one for those who do not know what to ask for."""

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from .offers import offers
from .situations import situations

# What people come for -> the types that give it. Every type is in one group; a test sees to it.
GROUPS: Final = (
    (_("見る・知る"), ("disclosure", "purpose_notice", "provision_records", "foreign_measures")),
    (_("直す"), ("correction", "addition", "deletion")),
    (_("やめさせる・消す"), ("stop_use", "erasure", "stop_provision")),
    (_("苦情を伝える・質問する"), ("complaint", "inquiry")),
)


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Who the operator is and what somebody can do here; for everybody, signed in or not."""
    offered = {offer.type.code: offer for offer in offers()}
    groups = [
        {
            "title": title,
            "wishes": [
                {"label": offered[code].type.plain_name, "term": offered[code].type.name, "url": offered[code].url}
                for code in codes
                if code in offered
            ],
        }
        for title, codes in GROUPS
    ]
    context = {"groups": [group for group in groups if group["wishes"]], "offers": offered.values()}
    return render(request, "portal/home.html", context)


@require_safe
def help_to_choose(request: HttpRequest) -> HttpResponse:
    """Everyday situations, each with what helps."""
    return render(request, "portal/help.html", {"situations": situations(offers())})
