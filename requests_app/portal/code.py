"""The code that came by post: the same page whether a letter went out or nobody is registered."""

from typing import Any

from django.contrib import messages as flash
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from privacy_portal.core.portal.forms import CodeForm
from privacy_portal.core.services import codes

from ..domain.transitions import Status
from ..models import DisclosureRequest
from ..services import post_codes
from .access import PersonRequest, own_request_or_404
from .offers import type_name

get_or_post = require_http_methods(["GET", "HEAD", "POST"])


def code_context(disclosure: DisclosureRequest) -> dict[str, Any]:
    """For the page of a request: where a code can be entered, and whether that is what the person owes."""
    ordered = post_codes.live(disclosure, timezone.now())
    return {
        "code_url": reverse("portal:request_code", args=[disclosure.receipt_number]) if ordered else "",
        "code_owed": ordered is not None and post_codes.waits_for_code(disclosure),
    }


@sensitive_post_parameters("code")
@login_required
@never_cache
@get_or_post
def request_code(request: PersonRequest, receipt: str) -> HttpResponse:
    """Take the code of the letter. What is wrong with one is said in the same words in every case."""
    disclosure = own_request_or_404(request, receipt)
    ordered = post_codes.live(disclosure, timezone.now())
    if ordered is None:
        flash.info(request, _("いま入力していただくコードはありません。"))
        return redirect("portal:request_detail", receipt=receipt)
    form = CodeForm(request.POST or None)
    form.fields["code"].error_messages["required"] = _("手紙に書かれた8桁のコードを入力してください。")
    if request.method == "POST" and form.is_valid():
        try:
            post_codes.enter(request=disclosure, actor=request.user, code=form.cleaned_data["code"], now=timezone.now())
        except codes.CodeWrong as error:
            words = ngettext(
                "コードが違います。あと%(n)d回入力できます。",
                "コードが違います。あと%(n)d回入力できます。",
                error.remaining,
            )
            form.add_error("code", words % {"n": error.remaining})
        except codes.CodeDead:
            flash.warning(request, _("このコードはもう使えません。ご本人の確認は、担当者が続けます。"))
            return redirect("portal:request_detail", receipt=receipt)
        else:
            done = disclosure.status == Status.IN_REVIEW
            flash.success(
                request,
                _("コードを確かめました。手続きを続けます。")
                if done
                else _("コードを確かめました。ほかに必要な確認を、担当者が続けます。"),
            )
            return redirect("portal:request_detail", receipt=receipt)
    context = {
        "disclosure": disclosure,
        "type_name": type_name(disclosure.request_type),
        "form": form,
        "expires_at": ordered.expires_at,
    }
    return render(request, "portal/requests/code.html", context)
