"""The order of the form's pages, which of them are done, and what the person has answered so far."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise, cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consent_app.selectors import data_items

from . import forms
from .forms import Answers, StepForm


@dataclass(frozen=True)
class Step:
    """A page of the form: its place in the URL, its short name for the progress line, its heading."""

    slug: str
    label: Promise | str
    title: Promise | str
    form_class: type[StepForm]
    intro: Promise | str = ""


STEPS: tuple[Step, ...] = (
    Step("who", gettext_lazy("請求者"), gettext_lazy("どなたの請求か"), forms.WhoForm),
    Step(
        "name",
        gettext_lazy("お名前"),
        gettext_lazy("お名前"),
        forms.NameForm,
        gettext_lazy("当店に登録したときのお名前を入力してください。"),
    ),
    Step(
        "contact",
        gettext_lazy("連絡先"),
        gettext_lazy("今の住所と電話番号"),
        forms.ContactForm,
        gettext_lazy("ご登録の情報と照らし合わせて、ご本人であることを確かめるために使います。"),
    ),
    Step(
        "records",
        gettext_lazy("手がかり"),
        gettext_lazy("ご登録の情報の手がかり"),
        forms.RecordsForm,
        gettext_lazy("わかるものだけ入力してください。何も入力しなくても次へ進めます。"),
    ),
    Step("wanted", gettext_lazy("知りたい内容"), gettext_lazy("知りたい内容"), forms.WantedForm),
    Step("method", gettext_lazy("受け取り方"), gettext_lazy("回答の受け取り方"), forms.AnswerForm),
)
BY_SLUG: dict[str, Step] = {step.slug: step for step in STEPS}


class Wizard:
    """A draft seen as pages."""

    def __init__(self, request_type: str, answers: Answers) -> None:
        self.request_type = request_type
        self.answers = answers

    @cached_property
    def items(self) -> list[tuple[str, str]]:
        """The data items to choose from."""
        return [(item.code, item.name) for item in data_items()]

    def form(self, step: Step, data: Mapping[str, Any] | None = None) -> StepForm:
        """The page's form, bound to ``data`` or showing what the draft holds."""
        extra: dict[str, Any] = {"items": self.items} if step.form_class is forms.WantedForm else {}
        return step.form_class(data, answers=self.answers, initial=forms.bound_to(self.answers), **extra)

    def is_done(self, step: Step) -> bool:
        """Whether the page was sent and is right; a page where everything is optional must have been seen as well."""
        form = self.form(step, forms.bound_to(self.answers))
        return all(name in self.answers for name in form.fields) and form.is_valid()

    @cached_property
    def first_open(self) -> Step | None:
        """The first page that is not done; None when everything can be sent."""
        return next((step for step in STEPS if not self.is_done(step)), None)

    def to_do_before(self, step: Step) -> Step | None:
        """The first page before this one that is not done; None when this one may be shown."""
        first = self.first_open
        return first if first is not None and STEPS.index(first) < STEPS.index(step) else None

    def url(self, step: Step) -> str:
        return reverse("portal:request_step", args=[self.request_type, step.slug])

    @property
    def review_url(self) -> str:
        return reverse("portal:request_review", args=[self.request_type])

    def before(self, step: Step) -> str:
        """The address of the page before."""
        place = STEPS.index(step)
        return self.url(STEPS[place - 1]) if place else reverse("portal:request_new", args=[self.request_type])

    def after(self, step: Step) -> str:
        """The address of the page after."""
        place = STEPS.index(step)
        return self.url(STEPS[place + 1]) if place + 1 < len(STEPS) else self.review_url

    def progress(self, step: Step | None) -> dict[str, Any]:
        """What the progress line shows; ``None`` is the last page, where everything is checked."""
        lines = [{"label": entry.label, "url": self.url(entry)} for entry in STEPS]
        lines.append({"label": _("確認"), "url": ""})
        return {"steps": lines, "current": STEPS.index(step) + 1 if step else len(lines)}

    def submitted(self) -> Answers:
        """The answers to send: only what the pages ask now, so that nothing is left of an agent who was taken back."""
        return forms.to_submit({name: self.answers[name] for step in STEPS for name in self.form(step).fields})

    def review(self) -> list[dict[str, Any]]:
        """Every answer with the address where it is changed, page by page."""
        sections = []
        for step in STEPS:
            form = self.form(step)
            change = f"{self.url(step)}?change=1"
            for legend, names in form.groups:
                rows = [
                    {
                        "label": form.fields[name].label,
                        "value": shown(form, name, self.answers.get(name)),
                        "change_url": f"{change}#div_id_{name}",
                    }
                    for name in names
                    if not _left_out(name, self.answers)
                ]
                title = f"{step.title}{_('：')}{legend}" if legend else step.title
                sections.append({"title": title, "rows": rows})
        return sections


def _left_out(name: str, answers: Answers) -> bool:
    """Answers to a question that was not put: the items when everything is wanted, the words for no other way."""
    if name == "wanted_items":
        return bool(answers.get("wants_everything"))
    return name == "answer_method_note" and not answers.get(name)


def shown(form: StepForm, name: str, value: Any) -> str:
    """A stored answer in words."""
    field = form.fields[name]
    choices = getattr(field, "choices", None)
    if choices is not None:
        words = {str(key): str(label) for key, label in choices}
        values = value if isinstance(value, list) else [value]
        return _("、").join(words[str(entry)] for entry in values if entry not in ("", None) and str(entry) in words)
    return str(field.prepare_value(value) or "")
