"""Another registered mail address: the new one, its code, the former one's code; and the way back."""

from __future__ import annotations

from django.contrib import messages as flash
from django.contrib.auth import login, logout
from django.contrib.auth.decorators import login_required
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from consent_app.models import Customer, EmailChange
from consent_app.services import email_changes
from consent_app.services.customer_accounts import AddressTaken
from consent_app.services.email_changes import NEW, OLD
from privacy_portal.core import known_device, ratelimit
from privacy_portal.core.masking import mask_address
from privacy_portal.core.models import User
from privacy_portal.core.portal.forms import CodeForm
from privacy_portal.core.portal.views import ADDRESS_PROVEN, BACKEND, limited, wait_text
from privacy_portal.core.ratelimit import LimitExceeded
from privacy_portal.core.services import codes

from . import registered_rows as rows
from .access import PersonRequest
from .corrections import Ways
from .registered import get_or_post, language, open_for, opened
from .registered_forms import NewAddressForm


def _too_many(error: LimitExceeded) -> str:
    return _("回数が多すぎます。%(wait)sにもう一度お試しください。") % {"wait": wait_text(error.retry_after)}


def _may_change(request: PersonRequest) -> Customer | HttpResponse:
    """The customer of the open pages, if the mail address may be changed here."""
    customer = opened(request)
    if isinstance(customer, Customer) and not rows.Catalogue().changeable("email"):
        raise Http404
    return customer


@sensitive_post_parameters()
@login_required
@never_cache
@get_or_post
def registered_email(request: PersonRequest) -> HttpResponse:
    """Ask for the new address and send a code there. The answer is the same for every address."""
    customer = _may_change(request)
    if isinstance(customer, HttpResponse):
        return customer
    form = NewAddressForm(request.POST if request.method == "POST" else None)
    if request.user.is_staff or not form.is_valid():
        return _start_page(request, form)
    try:
        email_changes.start(
            actor=request.user,
            customer=customer,
            address=form.cleaned_data["email"],
            language=language(),
            client=ratelimit.client_of(request),
            now=timezone.now(),
        )
    except email_changes.SameAddress:
        form.add_error("email", _("いま登録されているアドレスと同じです。"))
        return _start_page(request, form)
    except LimitExceeded as error:
        form.add_error("email", _too_many(error))
        return limited(_start_page(request, form), error)
    return redirect("portal:registered_email_new")


def _start_page(request: PersonRequest, form: NewAddressForm) -> HttpResponse:
    return render(request, "portal/registered/email.html", {"form": form, "way": Ways().correction})


@sensitive_post_parameters("code")
@login_required
@never_cache
@get_or_post
def registered_email_new(request: PersonRequest) -> HttpResponse:
    """Take the code that went to the new address; then a code goes to the former one."""
    return _code_step(request, NEW)


@sensitive_post_parameters("code")
@login_required
@never_cache
@get_or_post
def registered_email_old(request: PersonRequest) -> HttpResponse:
    """Take the code that went to the former address, and change it."""
    return _code_step(request, OLD)


def _code_step(request: PersonRequest, which: str) -> HttpResponse:
    customer = _may_change(request)
    if isinstance(customer, HttpResponse):
        return customer
    change = email_changes.open_change(user=request.user, now=timezone.now())
    if change is None or change.customer != customer:
        return redirect("portal:registered_email")
    turn = NEW if change.new_confirmed_at is None else OLD
    if turn != which:
        return redirect(f"portal:registered_email_{turn}")
    if request.method != "POST":
        return _code_page(request, change, which, CodeForm())
    if request.POST.get("action") == "give_up":
        email_changes.give_up(change=change, now=timezone.now())
        flash.info(request, _("メールアドレスの変更を取りやめました。登録は変わっていません。"))
        return redirect("portal:registered")
    if request.POST.get("action") == "send":
        return _send(request, change, which)
    form = CodeForm(request.POST)
    if not form.is_valid():
        return _code_page(request, change, which, form)
    try:
        if which == NEW:
            return _confirm_new(request, change, form)
        return _confirm_old(request, change, form)
    except codes.CodeWrong as error:
        words = ngettext(
            "コードが違います。あと%(n)d回入力できます。",
            "コードが違います。あと%(n)d回入力できます。",
            error.remaining,
        )
        form.add_error("code", words % {"n": error.remaining})
    except codes.CodeDead:
        form.add_error("code", _("このコードはもう使えません。「新しいコードを送る」を押してください。"))
    except email_changes.NotOpen:
        flash.warning(request, _("この変更は続けられません。はじめからやり直してください。"))
        return redirect("portal:registered_email")
    except LimitExceeded as error:
        form.add_error("code", _too_many(error))
        return limited(_code_page(request, change, which, form), error)
    return _code_page(request, change, which, form)


def _code_page(request: PersonRequest, change: EmailChange, which: str, form: Form) -> HttpResponse:
    context = {
        "form": form,
        "which": which,
        "address": change.new_address if which == NEW else mask_address(change.old_address),
        "sent": (change.new_code if which == NEW else change.old_code) is not None,
        "minutes": int(codes.LIFETIME.total_seconds() // 60),
        "way": Ways().correction,
    }
    return render(request, "portal/registered/email_code.html", context)


def _send(request: PersonRequest, change: EmailChange, which: str) -> HttpResponse:
    try:
        _send_code(request, change, which)
    except LimitExceeded as error:
        flash.warning(request, _too_many(error))
    except email_changes.NotOpen:
        return redirect("portal:registered_email")
    else:
        flash.success(request, _("新しいコードを送りました。前のコードは使えません。"))
    return redirect(f"portal:registered_email_{which}")


def _send_code(request: PersonRequest, change: EmailChange, which: str) -> None:
    email_changes.send_code(
        change=change,
        which=which,
        language=language(),
        client=ratelimit.client_of(request),
        now=timezone.now(),
    )


def _confirm_new(request: PersonRequest, change: EmailChange, form: CodeForm) -> HttpResponse:
    email_changes.confirm_new(
        change=change, code=form.cleaned_data["code"], client=ratelimit.client_of(request), now=timezone.now()
    )
    try:
        _send_code(request, change, OLD)
    except LimitExceeded as error:
        flash.warning(request, _too_many(error))
    except ValueError:
        # What a cart once registered need not be an address that mail can go to.
        flash.warning(request, _("いま登録されているアドレスにはメールを送れません。下の方法をお使いください。"))
    return redirect("portal:registered_email_old")


def _confirm_old(request: PersonRequest, change: EmailChange, form: CodeForm) -> HttpResponse:
    try:
        account = email_changes.confirm_old(
            change=change,
            code=form.cleaned_data["code"],
            language=language(),
            client=ratelimit.client_of(request),
            now=timezone.now(),
        )
    except AddressTaken:
        return render(request, "portal/registered/email_taken.html", {"way": Ways().correction})
    return _stay(request, account, change.customer)


@sensitive_variables()
def _stay(request: PersonRequest, account: User | None, customer: Customer) -> HttpResponse:
    """Every session ended; whoever just proved both addresses goes on in a new one."""
    if account is None:  # deleted in this very moment
        logout(request)
        return redirect("portal:sign_in")
    login(request, account, backend=BACKEND)
    request.session[ADDRESS_PROVEN] = str(account.pk)
    open_for(request, customer)
    flash.success(
        request,
        _(
            "メールアドレスを変更しました。次からは新しいアドレスでログインしてください。両方に確認のメールを送りました。"
        ),
    )
    response = redirect("portal:registered")
    known_device.remember(request, response, "portal", account.email)
    return response


@never_cache
@get_or_post
def registered_email_undo(request: HttpRequest, token: str) -> HttpResponse:
    """The link in the mail to the former address. Looking changes nothing; the button takes the change back."""
    client, now = ratelimit.client_of(request), timezone.now()
    try:
        if request.method != "POST":
            if not email_changes.can_undo(token=token, client=client, now=now):
                raise email_changes.UndoRefused
            return render(request, "portal/registered/email_undo.html")
        email_changes.undo(token=token, language=language(), client=client, now=now)
    except email_changes.UndoRefused:
        return render(request, "portal/registered/email_undo_refused.html", {"way": Ways().correction}, status=410)
    except LimitExceeded as error:
        page = render(request, "portal/registered/email_undo_refused.html", {"way": Ways().correction})
        return limited(page, error)
    return render(request, "portal/registered/email_undone.html")
