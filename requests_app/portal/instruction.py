"""The page of an instruction, for somebody without an account: link, code, then what is asked and the answer."""

from __future__ import annotations

import time
from functools import wraps
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages as flash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from privacy_portal.core import ratelimit
from privacy_portal.core.masking import mask_address
from privacy_portal.core.portal.form_mixin import PortalFormMixin
from privacy_portal.core.portal.forms import CodeForm
from privacy_portal.core.portal.views import limited, wait_text
from privacy_portal.core.ratelimit import LimitExceeded
from privacy_portal.core.services import codes

from ..domain.instructions import ENTRIES, WAITING, By, Event, InstructionRefused, Kind
from ..models import Instruction
from ..services import instruction_access as access
from ..services import instructions
from ..services.instructions import TEXT_LENGTH, InvalidInstruction

if TYPE_CHECKING:
    from collections.abc import Callable

# How long what is asked stays open after a right code, in seconds.
OPEN_FOR = 30 * 60
_OPEN, _SENT = "instruction_open", "instruction_code"

DONE, FAILED, ANSWERED = str(Event.DONE), str(Event.FAILED), str(Event.ANSWERED)
# What can be answered: to a question in words, to everything else with the day, a reason, or a question back.
TO_QUESTION = [(ANSWERED, gettext_lazy("答えます")), (FAILED, gettext_lazy("答えられません"))]
TO_ORDER = [
    (DONE, gettext_lazy("済みました")),
    (FAILED, gettext_lazy("できません（一部だけのときも）")),
    (ANSWERED, gettext_lazy("先に質問があります")),
]


class AnswerForm(PortalFormMixin, forms.Form):
    """What the addressee says."""

    outcome = forms.ChoiceField(
        label=gettext_lazy("結果"),
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("結果を選んでください。")},
    )
    done_on = forms.DateField(
        label=gettext_lazy("済んだ日"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "class": "pp-w-date"}),
        help_text=gettext_lazy("「済みました」を選んだときに入れます。"),
    )
    text = forms.CharField(
        label=gettext_lazy("内容"),
        required=False,
        max_length=TEXT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=gettext_lazy("答え、できない理由、質問など。必要のない個人データは書かないでください。"),
    )

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        asks = ENTRIES[Kind(kind)].asks
        self.fields["outcome"].choices = TO_QUESTION if asks else TO_ORDER  # type: ignore[attr-defined]
        if asks:
            del self.fields["done_on"]


def _in_language(view: Callable[[HttpRequest, Instruction, str], HttpResponse]) -> Any:
    """Resolve the link; speak the addressee's language unless another one was chosen in this browser."""

    @wraps(view)
    def page(request: HttpRequest, token: str) -> HttpResponse:
        try:
            instruction = access.by_token(token, now=timezone.now())
        except access.LinkEnded as error:
            return _private(render(request, "portal/instructions/ended.html", {"why": error.why.value}, status=410))
        if settings.LANGUAGE_COOKIE_NAME in request.COOKIES:
            return _private(view(request, instruction, token))
        with translation.override(instruction.language):
            return _private(view(request, instruction, token))

    return page


def _private(response: HttpResponse) -> HttpResponse:
    """In no cache, no index, and in no address that is handed on."""
    response["Cache-Control"] = "no-store, private"
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "same-origin"
    return response


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@_in_language
def instruction(request: HttpRequest, row: Instruction, token: str) -> HttpResponse:
    """A code first; then what is asked and the answer."""
    if not _is_open(request, row):
        return _code_step(request, row, token)
    form = AnswerForm(request.POST if request.method == "POST" else None, kind=row.kind)
    if request.method == "POST" and form.is_valid():
        try:
            instructions.answer(
                instruction=row,
                round=row.round,
                event=Event(form.cleaned_data["outcome"]),
                text=form.cleaned_data["text"],
                done_on=form.cleaned_data.get("done_on"),
                now=timezone.now(),
            )
        except InvalidInstruction as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        except InstructionRefused:
            flash.info(request, _("返答は、もう受け付けています。"))
            return redirect("portal:instruction", token=token)
        else:
            flash.success(request, _("返答を受け付けました。ありがとうございました。"))
            return redirect("portal:instruction", token=token)
    access.looked_at(row)
    answered = row.entries.filter(by=By.ADDRESSEE, round=row.round).first()
    context = {
        "instruction": row,
        "text": instructions.full_text(row),
        "form": form if row.state in WAITING else None,
        "answered": answered,
    }
    return render(request, "portal/instructions/open.html", context)


def _is_open(request: HttpRequest, row: Instruction) -> bool:
    kept = request.session.get(_OPEN) or {}
    return bool(kept.get("of") == [str(row.pk), row.round] and kept["until"] > time.time())


def _code_step(request: HttpRequest, row: Instruction, token: str) -> HttpResponse:
    sent = request.session.get(_SENT) or {}
    code_id = UUID(sent["code"]) if sent.get("of") == [str(row.pk), row.round] else None
    client, now = ratelimit.client_of(request), timezone.now()
    if request.method != "POST":
        return _code_page(request, row, CodeForm(), sent=code_id is not None)
    if request.POST.get("action") == "send" or code_id is None:
        try:
            code = access.request_code(instruction=row, client=client, language=_language(), now=now)
        except LimitExceeded as error:
            flash.warning(request, _too_many(error))
        else:
            request.session[_SENT] = {"of": [str(row.pk), row.round], "code": str(code)}
            flash.success(request, _("コードを送りました。メールをご覧ください。"))
        return redirect("portal:instruction", token=token)
    form = CodeForm(request.POST)
    if not form.is_valid():
        return _code_page(request, row, form, sent=True)
    try:
        access.check_code(instruction=row, code_id=code_id, code=form.cleaned_data["code"], client=client, now=now)
    except codes.CodeWrong as error:
        words = ngettext(
            "コードが違います。あと%(n)d回入力できます。",
            "コードが違います。あと%(n)d回入力できます。",
            error.remaining,
        )
        form.add_error("code", words % {"n": error.remaining})
    except codes.CodeDead:
        form.add_error("code", _("このコードはもう使えません。「新しいコードを送る」を押してください。"))
    except LimitExceeded as error:
        form.add_error("code", _too_many(error))
        return limited(_code_page(request, row, form, sent=True), error)
    else:
        del request.session[_SENT]
        request.session.cycle_key()
        request.session[_OPEN] = {"of": [str(row.pk), row.round], "until": time.time() + OPEN_FOR}
        return redirect("portal:instruction", token=token)
    return _code_page(request, row, form, sent=True)


def _language() -> str:
    return "en" if (translation.get_language() or "").startswith("en") else "ja"


def _too_many(error: LimitExceeded) -> str:
    return _("回数が多すぎます。%(wait)sにもう一度お試しください。") % {"wait": wait_text(error.retry_after)}


def _code_page(request: HttpRequest, row: Instruction, form: CodeForm, *, sent: bool) -> HttpResponse:
    context = {
        "instruction": row,
        "form": form,
        "sent": sent,
        "address": mask_address(row.email),
        "minutes": int(codes.LIFETIME.total_seconds() // 60),
    }
    return render(request, "portal/instructions/code.html", context)
