"""The pages of a case on which staff write down letters and calls with a person who has no account."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages as notices
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminTextareaWidget,
)

from privacy_portal.core.upload_fields import CleanFileField

from ..domain.silence import Stage
from ..models import DisclosureRequest
from ..services import correspondence
from ..services.correspondence import Contact
from ..services.errors import InvalidAnswers, NotAllowed, RequestError
from ..services.messages import BODY_LENGTH
from ..services.registration import CHANNELS
from . import message_views
from .case_views import Refused, back_to, case_page, refused_step, staff_of, words_of
from .clock_views import DayInput
from .steps import BY_CODE

if TYPE_CHECKING:
    from .cases import DisclosureRequestAdmin


def _channel() -> forms.ChoiceField:
    choices = [(code, DisclosureRequest.Channel(code).label) for code in CHANNELS]
    return forms.ChoiceField(label=_("方法"), choices=choices, initial="letter", widget=UnfoldAdminRadioSelectWidget)


def _body(label: Any, help_text: Any) -> forms.CharField:
    widget = UnfoldAdminTextareaWidget(attrs={"rows": 8, "autocomplete": "off"})
    return forms.CharField(label=label, max_length=BODY_LENGTH, widget=widget, help_text=help_text)


class QuestionForm(forms.Form):
    """What was or is asked, how, and when."""

    channel = _channel()
    on = forms.DateField(
        label=_("送った日・話した日"),
        widget=DayInput(format="%Y-%m-%d"),
        help_text=_("社内目標の日は、この日から止まります。"),
    )
    body = _body(_("質問"), _("手紙のときは、このままの文が印刷されます。登録したあと、手紙を開いて印刷します。"))


class AnswerForm(forms.Form):
    """What came back."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    channel = _channel()
    on = forms.DateField(
        label=_("届いた日・話した日"),
        widget=DayInput(format="%Y-%m-%d"),
        help_text=_("質問への返答なら、社内目標の日はこの日からまた進みます。"),
    )
    body = _body(_("内容"), _("言い換えずに写します。写しを付けるときは、要点だけでもかまいません。"))
    scan = CleanFileField(
        label=_("写し"),
        required=False,
        widget=UnfoldAdminFileFieldWidget,
        help_text=_("PDF、PNG、JPEG。暗号化して保管します。マイナンバーが写っているときは、隠してから取り込みます。"),
    )


class ReminderForm(forms.Form):
    """When the letter was sent."""

    stage = forms.ChoiceField(choices=Stage.choices, widget=forms.HiddenInput)
    sent_on = forms.DateField(label=_("送った日"), widget=DayInput(format="%Y-%m-%d"))


def _tell(form: forms.Form, errors: Mapping[str, Any]) -> None:
    for name, words in errors.items():
        form.add_error(name if name in form.fields else None, words)


def tried(form: forms.Form, service: Callable[[], object]) -> bool:
    """Whether the service did it; what it refused stands beside its field."""
    try:
        service()
    except InvalidAnswers as error:
        _tell(form, error.errors)
    except Refused as error:
        form.add_error(None, words_of(error))
    else:
        return True
    return False


@sensitive_post_parameters()
def ask(request: HttpRequest, case: DisclosureRequest, site: DisclosureRequestAdmin) -> HttpResponse:
    """A question: on the portal, or by letter or telephone for whoever has no account."""
    if case.applicant_id is not None:
        return message_views.ask(request, case, site)
    if refused := refused_step(case, request, "ask"):
        return refused
    form = QuestionForm(request.POST or None, initial={"on": timezone.localdate()})
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        contact = Contact(typed["channel"], typed["on"])

        def record() -> object:
            return correspondence.ask(
                request=case, actor=staff_of(request), contact=contact, body=typed["body"], now=timezone.now()
            )

        if tried(form, record):
            notices.success(request, str(_("質問を記録しました。返答があるまで社内目標は進みません。")))
            return back_to(case, "messages")
    return case_page(request, case, site, "ask_on_paper", BY_CODE["ask"].label, form=form)


@sensitive_post_parameters()
def answered(request: HttpRequest, case: DisclosureRequest, site: DisclosureRequestAdmin) -> HttpResponse:
    """What the person answered by letter or telephone."""
    if refused := refused_step(case, request, "answered"):
        return refused
    initial = {"key": uuid.uuid4(), "on": timezone.localdate()}
    form = AnswerForm(request.POST or None, request.FILES or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        contact = Contact(typed["channel"], typed["on"])

        def record() -> object:
            return correspondence.record_answer(
                request=case, actor=staff_of(request), contact=contact, body=typed["body"], scan=typed["scan"],
                now=timezone.now(), key=typed["key"],
            )  # fmt: skip

        if tried(form, record):
            notices.success(request, str(_("返答を記録しました。")))
            return back_to(case, "messages")
    if request.method == "POST" and "scan" in request.FILES and "scan" not in form.errors:
        # A browser does not send a file twice by itself, and nobody must think that it was kept.
        notices.warning(request, str(_("写しを、もう一度選んでください。")))
    return case_page(request, case, site, "answered", BY_CODE["answered"].label, form=form)


def remind(request: HttpRequest, case: DisclosureRequest, site: DisclosureRequestAdmin) -> HttpResponse:
    """The reminder as a letter: print it, then record that it was sent."""
    if refused := refused_step(case, request, "remind"):
        return refused
    due = correspondence.reminder_due(request=case, now=timezone.now())
    form = ReminderForm(request.POST or None, initial={"stage": due, "sent_on": timezone.localdate()})
    if request.method == "POST" and form.is_valid():
        stage, actor = Stage(form.cleaned_data["stage"]), staff_of(request)
        if "print" in request.POST:
            try:
                letter = correspondence.reminder_letter(request=case, stage=stage, actor=actor, now=timezone.now())
            except RequestError as error:
                notices.error(request, words_of(error))
                return back_to(case)
            return pdf(letter, f"{case.receipt_number}-reminder.pdf")
        sent_on = form.cleaned_data["sent_on"]

        def record() -> object:
            return correspondence.record_reminder(
                request=case, stage=stage, actor=actor, sent_on=sent_on, now=timezone.now()
            )

        if tried(form, record):
            notices.success(request, str(_("手紙を送ったことを記録しました。")))
            return back_to(case, "timeline")
    return case_page(request, case, site, "remind", BY_CODE["remind"].label, form=form, stage=due)


@require_POST
def question_letter(
    request: HttpRequest, case: DisclosureRequest, site: DisclosureRequestAdmin, message_id: Any
) -> HttpResponse:
    """The question as a letter, to print."""
    message = case.messages.select_related("request").filter(pk=message_id, from_person=False, channel="letter").first()
    if message is None:
        raise Http404
    try:
        letter = correspondence.question_letter(message=message, actor=staff_of(request))
    except NotAllowed:
        raise PermissionDenied from None
    return pdf(letter, f"{case.receipt_number}-question.pdf")


def pdf(content: bytes, name: str) -> HttpResponse:
    """A letter to print, never kept by a browser."""
    return HttpResponse(
        content,
        content_type="application/pdf",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        },
    )
