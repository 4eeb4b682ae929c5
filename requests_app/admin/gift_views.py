"""The page on which staff judge in which orders of others the person is the recipient."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages as notices
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..models import DisclosureRequest
from ..selectors import linked_recipients
from ..services import identity
from .case_page import recipients_seen
from .case_views import Refused, back_to, case_page, refused_step, staff_of, words_of
from .forms import GiftsForm
from .steps import BY_CODE

if TYPE_CHECKING:
    from .cases import DisclosureRequestAdmin


def choose(request: HttpRequest, case: DisclosureRequest, site: DisclosureRequestAdmin) -> HttpResponse:
    """What was found, with what is ticked already; nothing is linked by being alike."""
    if refused := refused_step(case, request, "gifts"):
        return refused
    form = GiftsForm(
        request.POST or None,
        recipients=recipients_seen(case, request),
        initial={"gifts": [one.pk for one in linked_recipients(case)]},
    )
    if request.method == "POST" and form.is_valid():
        try:
            identity.choose_gifts(
                request=case,
                actor=staff_of(request),
                gifts=form.cleaned_data["gifts"],
                note=form.cleaned_data["note"],
                now=timezone.now(),
            )
        except Refused as error:
            form.add_error("note", words_of(error))
        else:
            notices.success(request, str(_("本人が贈り先の注文を記録しました。")))
            return back_to(case)
    return case_page(request, case, site, "gifts", BY_CODE["gifts"].label, form=form)
