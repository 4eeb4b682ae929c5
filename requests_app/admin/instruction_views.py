"""The pages of a case for what is asked of others, and for what staff write down: instructions, notes, findings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages as notices
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from consent_app.models import DataItem, Purpose
from privacy_portal.core.models import User
from privacy_portal.core.services import audit

from ..domain import instructions as table
from ..domain.instructions import AddresseeKind, By, Event, InstructionRefused, Kind, State
from ..models import CaseFinding, DisclosureRequest, Instruction, InstructionContact
from ..selectors_instructions import instructions_of
from ..services import forwarding, instructions, notes
from ..services.errors import RequestError
from ..services.instructions import TEXT_LENGTH, Addressee, InvalidInstruction
from ..services.notes import PLACE_LENGTH
from ..services.permissions import may_act_as_staff
from .case_views import back_to, case_page, refused_step, require_permission, staff_of
from .clock_views import DayInput
from .found_views import is_disclosed
from .steps import BY_CODE

if TYPE_CHECKING:
    from .cases import DisclosureRequestAdmin

TAB = "instructions"


def _area(rows: int = 5) -> UnfoldAdminTextareaWidget:
    return UnfoldAdminTextareaWidget(attrs={"rows": rows})


class InstructForm(forms.Form):
    """To whom, what, about which items, and how the person is named."""

    addressee = forms.ChoiceField(label=_("宛先"), widget=UnfoldAdminSelectWidget)
    kind = forms.ChoiceField(
        label=_("種類"), choices=[(kind.value, kind.label) for kind in table.BY_HAND], widget=UnfoldAdminSelectWidget
    )
    items = forms.ModelMultipleChoiceField(
        label=_("対象の項目"),
        queryset=DataItem.objects.filter(active=True),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("選ばないときは、預けたすべての項目です。"),
    )
    identifier = forms.CharField(
        label=_("本人を示すもの"),
        required=False,
        max_length=500,
        widget=UnfoldAdminTextInputWidget(),
        help_text=_("相手と決めた番号など、必要なものだけを書きます。質問では、要らなければ空けます。"),
    )
    text = forms.CharField(
        label=_("知らせること・質問"),
        required=False,
        max_length=TEXT_LENGTH,
        widget=_area(),
        help_text=_("定まった文のあとに続きます。請求の文面は写さず、必要なことだけを書いてください。"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        contacts = InstructionContact.objects.select_related("subcontractor")
        staff = User.objects.filter(is_staff=True, is_active=True).order_by("email")
        self.fields["addressee"].choices = [  # type: ignore[attr-defined]
            ("", "—"),
            *((f"contact:{one.pk}", f"{one}（{one.get_kind_display()}）") for one in contacts),
            *((f"staff:{one.pk}", str(one)) for one in staff),
        ]

    @property
    def chosen(self) -> Addressee:
        """Whom the choice names. Only after the form is valid."""
        kind, _colon, key = self.cleaned_data["addressee"].partition(":")
        if kind == "staff":
            return instructions.addressee_staff(User.objects.get(pk=key))
        return instructions.addressee_of(InstructionContact.objects.select_related("subcontractor").get(pk=key))


class ForwardForm(forms.Form):
    """Which subcontractor, for which purpose, with which items."""

    contact = forms.ModelChoiceField(
        label=_("委託先"),
        queryset=InstructionContact.objects.filter(kind=AddresseeKind.SUBCONTRACTOR).select_related("subcontractor"),
        widget=UnfoldAdminSelectWidget,
        help_text=_("「指示の送り先」に登録した委託先だけを選べます。"),
    )
    purpose = forms.ModelChoiceField(
        label=_("利用目的"), queryset=Purpose.objects.filter(active=True), widget=UnfoldAdminSelectWidget
    )
    items = forms.ModelMultipleChoiceField(
        label=_("渡すデータ項目"),
        queryset=DataItem.objects.filter(active=True),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("お問い合わせの内容と、返答に要る連絡先だけを選んでください。"),
    )
    text = forms.CharField(
        label=_("渡す内容"),
        max_length=TEXT_LENGTH,
        widget=_area(8),
        help_text=_("対応に必要なことだけを書いてください。リンクとコードで開く画面に載り、メールには載りません。"),
    )


class SendForm(forms.Form):
    """Sending a draft, or once more."""

    email = forms.EmailField(label=_("メールアドレス"), widget=UnfoldAdminTextInputWidget())
    identifier = forms.CharField(
        label=_("本人を示すもの"),
        required=False,
        max_length=500,
        widget=_area(2),
        help_text=_("必要なものだけを書きます。"),
    )
    text = forms.CharField(
        label=_("書き加えること"),
        required=False,
        max_length=TEXT_LENGTH,
        widget=_area(4),
        help_text=_("相手の質問への答えなど。"),
    )


class RecordForm(forms.Form):
    """What staff were told by other means, or what they judge."""

    event = forms.ChoiceField(
        label=_("結果"),
        widget=UnfoldAdminSelectWidget,
    )
    done_on = forms.DateField(
        label=_("済んだ日"), required=False, widget=DayInput(format="%Y-%m-%d"), help_text=_("「完了」のとき。")
    )
    text = forms.CharField(label=_("だれから、どう聞いたか、または理由"), max_length=TEXT_LENGTH, widget=_area(3))

    def __init__(self, *args: Any, state: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        words = {Event.DONE: State.DONE.label, Event.FAILED: State.FAILED.label, Event.WITHDRAWN: State.WITHDRAWN.label}
        possible = table.possible(state, By.STAFF)
        self.fields["event"].choices = [  # type: ignore[attr-defined]
            (event.value, label) for event, label in words.items() if event in possible
        ]


class NoteForm(forms.Form):
    """A note for colleagues."""

    body = forms.CharField(
        label=_("メモ"),
        max_length=TEXT_LENGTH,
        widget=_area(),
        help_text=_("本人には見せません。書いたあとは変えられません。必要のない個人データは書かないでください。"),
    )


class FindingForm(forms.ModelForm):
    """What was looked for where."""

    place = forms.CharField(
        label=_("探した場所"), max_length=PLACE_LENGTH, widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"})
    )
    note = forms.CharField(label=_("説明"), required=False, max_length=TEXT_LENGTH, widget=_area(4))
    field_order = ("item", "place", "result", "note", "keeper")

    class Meta:
        model = CaseFinding
        fields = ("item", "result", "keeper")
        widgets = {
            "item": UnfoldAdminSelectWidget(),
            "result": UnfoldAdminSelectWidget(),
            "keeper": UnfoldAdminSelectWidget(),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ours = InstructionContact.objects.exclude(kind=AddresseeKind.RECIPIENT).select_related("subcontractor")
        self.fields["keeper"].queryset = ours  # type: ignore[attr-defined]


def _tell(form: forms.BaseForm, error: RequestError | InstructionRefused) -> None:
    if isinstance(error, InstructionRefused):
        form.add_error(None, str(error.message))
        return
    field = error.field if isinstance(error, InvalidInstruction) and error.field in form.fields else None
    form.add_error(field, str(error))
    for reason in getattr(error, "reasons", []):
        form.add_error(field, reason)


def instruct(request: HttpRequest, case: DisclosureRequest, site: DisclosureRequestAdmin) -> HttpResponse:
    """Ask or instruct somebody; it goes out at once."""
    if refused := refused_step(case, request, "instruct"):
        return refused
    form = InstructForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            instructions.ask(
                request=case,
                addressee=form.chosen,
                kind=Kind(data["kind"]),
                actor=staff_of(request),
                now=timezone.now(),
                items=[item.code for item in data["items"]],
                identifier=data["identifier"],
                text=data["text"],
            )
        except RequestError as error:
            _tell(form, error)
        else:
            notices.success(request, str(_("送りました。返答は「指示・メモ」に届きます。")))
            return back_to(case, TAB)
    standard = [(kind.label, table.ENTRIES[kind].outline) for kind in table.BY_HAND]
    return case_page(request, case, site, "instruct", BY_CODE["instruct"].label, form=form, standard=standard)


def forward(request: HttpRequest, case: DisclosureRequest, site: DisclosureRequestAdmin) -> HttpResponse:
    """Hand the content of an inquiry to the subcontractor who answers it, if the gate lets it through."""
    if refused := refused_step(case, request, "forward"):
        return refused
    form = ForwardForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            forwarding.forward(
                request=case,
                contact=data["contact"],
                purpose=data["purpose"],
                items=list(data["items"]),
                text=data["text"],
                actor=staff_of(request),
                now=timezone.now(),
            )
        except RequestError as error:
            _tell(form, error)
        else:
            notices.success(request, str(_("渡したことを記録し、委託先に送りました。")))
            return back_to(case, TAB)
    return case_page(request, case, site, "forward", BY_CODE["forward"].label, form=form)


def instruction(
    request: HttpRequest, case: DisclosureRequest, site: DisclosureRequestAdmin, number: int
) -> HttpResponse:
    """One instruction with everything that became of it; send it again, or write down what is known."""
    row = instructions_of(case).filter(number=number).first()
    if row is None:
        raise Http404
    permission = instructions.permission_for(row.kind)
    if request.method == "POST":
        require_permission(request, case, permission)
    if not may_act_as_staff(staff_of(request), case, permission):
        offered: frozenset[Event] = frozenset()
    else:
        offered = table.possible(row.state, By.STAFF)
    action = request.POST.get("action") if request.method == "POST" else None
    initial = {"email": row.email, "identifier": row.identifier or ""}
    sending = SendForm(request.POST if action == "send" else None, initial=initial, auto_id="send_%s")
    recording = RecordForm(
        request.POST if action == "record" else None,
        state=row.state,
        initial={"done_on": timezone.localdate()},
        auto_id="record_%s",
    )
    sent = action == "send" and _sent(request, row, sending)
    if sent or (action == "record" and _recorded(request, row, recording)):
        return back_to(case, TAB)
    audit.record(action="request.viewed", actor=staff_of(request), obj=case)
    return case_page(
        request,
        case,
        site,
        "instruction",
        row.reference,
        instruction=row,
        standard=instructions.full_text(row),
        sending=sending if Event.SENT in offered else None,
        recording=recording if offered else None,
        to_third_party=row.addressee_kind == AddresseeKind.RECIPIENT,
    )


def _sent(request: HttpRequest, row: Instruction, form: SendForm) -> bool:
    if not form.is_valid():
        return False
    try:
        instructions.send(instruction=row, actor=staff_of(request), now=timezone.now(), **form.cleaned_data)
    except (RequestError, InstructionRefused) as error:
        _tell(form, error)
        return False
    notices.success(request, str(_("送りました。前のリンクは使えなくなりました。")))
    return True


def _recorded(request: HttpRequest, row: Instruction, form: RecordForm) -> bool:
    if not form.is_valid():
        return False
    data = form.cleaned_data
    try:
        instructions.record(
            instruction=row,
            actor=staff_of(request),
            event=Event(data["event"]),
            text=data["text"],
            done_on=data["done_on"] if data["event"] == Event.DONE else None,
            now=timezone.now(),
        )
    except (RequestError, InstructionRefused) as error:
        _tell(form, error)
        return False
    notices.success(request, str(_("記録しました。")))
    return True


def note(request: HttpRequest, case: DisclosureRequest, site: DisclosureRequestAdmin) -> HttpResponse:
    """A note for colleagues."""
    if refused := refused_step(case, request, "note"):
        return refused
    form = NoteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            notes.write(request=case, actor=staff_of(request), now=timezone.now(), **form.cleaned_data)
        except RequestError as error:
            _tell(form, error)
        else:
            return back_to(case, TAB)
    return case_page(request, case, site, "note", BY_CODE["note"].label, form=form)


def finding(request: HttpRequest, case: DisclosureRequest, site: DisclosureRequestAdmin) -> HttpResponse:
    """What was looked for where, and what was there."""
    if refused := refused_step(case, request, "finding"):
        return refused
    form = FindingForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = notes.find(request=case, actor=staff_of(request), now=timezone.now(), **form.cleaned_data)
        except RequestError as error:
            _tell(form, error)
        else:
            goes_in = made.result == CaseFinding.Result.FOUND and is_disclosed(case)
            return redirect("admin:requests_app_case_found", case.pk, made.pk) if goes_in else back_to(case, TAB)
    return case_page(request, case, site, "note", BY_CODE["finding"].label, form=form)
