"""What staff do about an answer that was mailed as an encrypted attachment and did not get through."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages as notices
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from ..models import DisclosureRequest
from ..services import answer_mails
from .case_views import Refused, back_to, require_permission, staff_of, words_of

if TYPE_CHECKING:
    from .cases import DisclosureRequestAdmin

_DONE = {
    "again": _("新しいパスフレーズで、もう一度メールで送ります。"),
    "download": _("ダウンロードに切り替えました。本人にメールで知らせます。"),
    "paper": _("書面に切り替えました。印刷して郵送し、発送を記録してください。"),
}


@require_POST
def answer_mail(request: HttpRequest, case: DisclosureRequest, site: DisclosureRequestAdmin) -> HttpResponse:
    """Send it again, or give the answer in another way."""
    require_permission(request, case, "decide_request")
    to, now = request.POST.get("to", ""), timezone.now()
    if to not in _DONE:
        return back_to(case)
    try:
        if to == "again":
            answer_mails.resend(request=case, actor=staff_of(request), now=now)
        else:
            answer_mails.switch(request=case, actor=staff_of(request), to=to, now=now)
    except Refused as error:
        notices.error(request, words_of(error))
    else:
        notices.success(request, str(_DONE[to]))
    return redirect(f"{reverse('admin:requests_app_disclosurerequest_change', args=[case.pk])}?tab=files")
