"""The pages of the request form: before you start, one subject each, check your answers, discard."""

from datetime import timedelta
from functools import partial
from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from privacy_portal.core.models import User
from privacy_portal.core.portal.views import address_proven, limited, wait_text
from privacy_portal.core.ratelimit import LimitExceeded

from .. import selectors
from ..domain.request_types import REQUEST_TYPES
from ..services import intake
from ..services.again import SENT_WITH
from ..services.errors import InvalidAnswers, TypeNotOffered
from .access import PersonRequest
from .forms_of_types import ChangesForm
from .offers import Offer, offer_or_404
from .who import asker_rows
from .wizard import Step, Wizard

get_or_post = require_http_methods(["GET", "HEAD", "POST"])
# How long a second click on "send" still means the request that the first click made.
SAME_CLICK = timedelta(minutes=10)


def _wizard(user: User, request_type: str) -> Wizard:
    return Wizard(request_type, intake.draft_of(user=user, request_type=request_type))


@login_required
@require_http_methods(["GET", "HEAD"])
def request_new(request: PersonRequest, request_type: str) -> HttpResponse:
    """Before the first page: what to have at hand, what it costs, and the way back into a draft."""
    offer = offer_or_404(request_type)
    wizard = _wizard(request.user, request_type)
    resume_url = wizard.review_url if wizard.first_open is None else wizard.url(wizard.first_open)
    context = {"offer": offer, "has_draft": bool(wizard.answers), "resume_url": resume_url}
    return render(request, "portal/requests/new.html", context)


@sensitive_post_parameters()
@login_required
@never_cache
@get_or_post
def request_step(request: PersonRequest, request_type: str, step: str) -> HttpResponse:
    """One page. Every button keeps what was typed; only "next" asks that it is right."""
    offer = offer_or_404(request_type)
    wizard = _wizard(request.user, request_type)
    page = next((one for one in wizard.steps if one.slug == step), None)
    if page is None:
        raise Http404
    if not address_proven(request):
        return _prove_address(request, offer)
    if (before := wizard.to_do_before(page)) is not None:
        return redirect(wizard.url(before))
    changing = bool(request.GET.get("change"))
    if request.method != "POST":
        return _step_page(request, offer, wizard, page, changing)
    form = wizard.form(page, request.POST)
    valid = form.is_valid()
    if form.holds_my_number:
        # Whatever button was pressed: this may not be stored, so the person has to see it now.
        return _step_page(request, offer, wizard, page, changing, form)
    answers = wizard.answers | form.to_answers()
    intake.save_draft(user=request.user, request_type=request_type, answers=answers, now=timezone.now())
    if "more" in request.POST and isinstance(form, ChangesForm):
        grown = {**answers, "change_rows": form.rows + form.can_grow}
        intake.save_draft(user=request.user, request_type=request_type, answers=grown, now=timezone.now())
        return redirect(f"{wizard.url(page)}#div_id_item_{form.rows}")
    if "later" in request.POST:
        messages.success(request, _("ここまでの入力を保存しました。続きは「自分の請求」から入力できます。"))
        return redirect("portal:requests")
    if "back" in request.POST:
        return redirect(wizard.before(page))
    if not valid:
        return _step_page(request, offer, wizard, page, changing, form)
    return redirect(wizard.review_url if changing else wizard.after(page))


def _step_page(
    request: PersonRequest, offer: Offer, wizard: Wizard, page: Step, changing: bool, form: object = None
) -> HttpResponse:
    context = {
        "offer": offer,
        "step": page,
        "form": form or wizard.form(page),
        "progress": wizard.progress(page),
        "changing": changing,
        "is_first": page is wizard.steps[0],
        "askers": asker_rows() if page.slug == "who" else [],
    }
    return render(request, "portal/requests/step.html", context)


@login_required
@never_cache
@get_or_post
def request_review(request: PersonRequest, request_type: str) -> HttpResponse:
    """All answers with their "change" links; sending."""
    # A form that is sent shows nothing of the offer; whether there is one, the service asks.
    sending = request.method == "POST" and request_type in REQUEST_TYPES
    offer = (
        cast(Offer, SimpleLazyObject(partial(offer_or_404, request_type))) if sending else offer_or_404(request_type)
    )
    if not address_proven(request):
        return _prove_address(request, offer)
    wizard = _wizard(request.user, request_type)
    if not wizard.answers and request.method == "POST":
        return _already_sent(request.user, offer.type.code)
    if wizard.first_open is not None:
        return redirect(f"{wizard.url(wizard.first_open)}?change=1" if wizard.answers else offer.url)
    if request.method != "POST":
        return _review_page(request, offer, wizard)
    try:
        sent = intake.submit(
            user=request.user,
            request_type=request_type,
            answers=wizard.submitted(),
            language="en" if (get_language() or "").startswith("en") else "ja",
            address_proven=address_proven(request),
            now=timezone.now(),
            sent_with=str(wizard.answers.get(SENT_WITH, "")),
        )
    except TypeNotOffered:
        raise Http404 from None
    except InvalidAnswers as error:
        return _mend(request, wizard, error)
    except LimitExceeded as error:
        words = _("一度に多くの請求が送られました。入力した内容は残っています。%(wait)sにもう一度お送りください。")
        messages.error(request, words % {"wait": wait_text(error.retry_after)})
        return limited(_review_page(request, offer, wizard), error)
    return redirect("portal:request_done", receipt=sent.receipt_number)


def _review_page(request: PersonRequest, offer: Offer, wizard: Wizard) -> HttpResponse:
    context = {
        "offer": offer,
        "sections": wizard.review(),
        "progress": wizard.progress(None),
        "wizard": wizard,
        "open_requests": selectors.asked_already(request.user, offer.type.code),
    }
    return render(request, "portal/requests/review.html", context)


def _prove_address(request: PersonRequest, offer: Offer) -> HttpResponse:
    """Staff who came in by password have not shown yet that they read the mail of this address."""
    return render(request, "portal/requests/prove_address.html", {"offer": offer})


def _mend(request: PersonRequest, wizard: Wizard, error: InvalidAnswers) -> HttpResponse:
    """The gate behind the form found more than the pages did: back to the page of the first such answer."""
    page = next(
        (step for step in wizard.steps if error.errors.keys() & wizard.form(step).fields.keys()), wizard.steps[0]
    )
    form = wizard.form(page)
    for name, words in error.errors.items():
        if name in form.fields:
            messages.error(request, f"{form.fields[name].label}{_('：')}{words}")
    return redirect(f"{wizard.url(page)}?change=1")


def _already_sent(user: User, request_type: str) -> HttpResponse:
    """The answer to a second click, whose draft the first click has already turned into a request."""
    newest = (
        selectors.requests_of(user)
        .filter(request_type=request_type, received_at__gt=timezone.now() - SAME_CLICK)
        .order_by("-received_at")
        .first()
    )
    if newest is None:
        return redirect("portal:request_new", request_type=request_type)
    return redirect("portal:request_done", receipt=newest.receipt_number)


@login_required
@never_cache
@get_or_post
def request_discard(request: PersonRequest, request_type: str) -> HttpResponse:
    """Throw a draft away, after asking."""
    offer = offer_or_404(request_type)
    if request.method == "POST":
        intake.discard_draft(user=request.user, request_type=request_type)
        messages.success(request, _("下書きを消しました。"))
        return redirect("portal:requests")
    if not intake.draft_of(user=request.user, request_type=request_type):
        return redirect("portal:requests")
    return render(request, "portal/requests/discard.html", {"offer": offer})
