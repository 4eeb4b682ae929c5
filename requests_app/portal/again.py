"""From a request that was sent to one more: another type, with name, contact and clues filled in."""

from django.contrib import messages as flash
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from ..models import DisclosureRequest
from ..services import again, intake
from .access import PersonRequest, own_request_or_404
from .fields import ABROAD
from .offers import Offer, offer_or_404, offers
from .wizard import Wizard


def others(disclosure: DisclosureRequest) -> list[Offer]:
    """What else can be asked for."""
    return [offer for offer in offers() if offer.type.code != disclosure.request_type]


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def request_again(request: PersonRequest, receipt: str) -> HttpResponse:
    """Begin a draft of the chosen type, and go to its first page that is still open."""
    disclosure = own_request_or_404(request, receipt)
    if request.method != "POST":
        return redirect("portal:request_done", receipt=receipt)
    offer = offer_or_404(request.POST.get("request_type", ""))
    code = offer.type.code
    made = again.begin(request=disclosure, actor=request.user, request_type=code, abroad=ABROAD, now=timezone.now())
    if not made:
        flash.info(request, _("この請求には書きかけのものがあります。続きから入力できます。"))
        return redirect(offer.url)
    flash.success(request, _("お名前などは、前の請求から入れてあります。送る前の確認のページで見て、変えられます。"))
    wizard = Wizard(code, intake.draft_of(user=request.user, request_type=code))
    return redirect(wizard.review_url if wizard.first_open is None else wizard.url(wizard.first_open))
