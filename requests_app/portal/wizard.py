"""The order of the form's pages, which of them are done, and what the person has answered so far."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.choices import flatten_choices
from django.utils.functional import Promise, cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consent_app.selectors import data_items, purposes_with_items

from ..domain.request_types import REQUEST_TYPES, RequestType
from ..services.typesetting import day_words
from . import forms, forms_of_types
from .fields import BirthDateField
from .forms import Answers, StepForm


@dataclass(frozen=True)
class Step:
    """A page of the form: its place in the URL, its short name for the progress line, its heading."""

    slug: str
    label: Promise | str
    title: Promise | str
    form_class: type[StepForm]
    intro: Promise | str = ""


# Every page of every form.
PAGES: tuple[Step, ...] = (
    Step("who", gettext_lazy("請求者"), gettext_lazy("どなたの請求か"), forms.WhoForm),
    Step(
        "name",
        gettext_lazy("お名前"),
        gettext_lazy("お名前"),
        forms.NameForm,
        gettext_lazy("登録したときのお名前を入力してください。"),
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
    Step("changes", gettext_lazy("変える内容"), gettext_lazy("どこをどう変えるか"), forms_of_types.ChangesForm),
    Step("grounds", gettext_lazy("理由"), gettext_lazy("どのような理由か"), forms_of_types.GroundsForm),
    Step("wanted", gettext_lazy("対象"), gettext_lazy("どの情報についてか"), forms_of_types.WantedForm),
    Step("purposes", gettext_lazy("対象"), gettext_lazy("どの使い方をやめてほしいか"), forms_of_types.PurposesForm),
    Step("details", gettext_lazy("内容"), gettext_lazy("お知らせいただく内容"), forms_of_types.DetailsForm),
    Step("method", gettext_lazy("受け取り方"), gettext_lazy("回答の受け取り方"), forms.AnswerForm),
)
BY_SLUG: dict[str, Step] = {step.slug: step for step in PAGES}


def steps_of(entry: RequestType) -> tuple[Step, ...]:
    """The pages of a type's form, in order: who asks, then what its row of the table asks."""
    return (BY_SLUG["who"], *(BY_SLUG[slug] for slug in entry.asks))


def has_all_pages(entry: RequestType) -> bool:
    """Whether the form can ask everything that the table asks for."""
    return BY_SLUG.keys() >= set(entry.asks)


class Wizard:
    """A draft seen as pages."""

    def __init__(self, request_type: str, answers: Answers) -> None:
        self.request_type = request_type
        self.entry = REQUEST_TYPES[request_type]
        self.answers = answers
        self._forms: dict[str, StepForm] = {}

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """The pages of this form."""
        return steps_of(self.entry)

    @cached_property
    def items(self) -> list[tuple[str, str]]:
        """The data items to choose from."""
        return [(item.code, item.name) for item in data_items()]

    @cached_property
    def purposes(self) -> list[tuple[str, str]]:
        """The purposes to choose from."""
        return [(purpose.code, purpose.text) for purpose in purposes_with_items()]

    def form(self, step: Step, data: Mapping[str, Any] | None = None, *, shown: bool = True) -> StepForm:
        """The page's form, bound to ``data`` or showing what the draft holds."""
        extra: dict[str, Any] = {"shown": shown}
        if step.form_class in (forms_of_types.WantedForm, forms_of_types.ChangesForm):
            extra["choices"] = lambda: self.items
        elif step.form_class is forms_of_types.PurposesForm:
            extra["choices"] = lambda: self.purposes
        return step.form_class(
            data, entry=self.entry, answers=self.answers, initial=forms.bound_to(self.answers), **extra
        )

    def _kept(self, step: Step) -> StepForm:
        """The page with what the draft holds, for nobody to see."""
        if step.slug not in self._forms:
            self._forms[step.slug] = self.form(step, forms.bound_to(self.answers), shown=False)
        return self._forms[step.slug]

    def is_done(self, step: Step) -> bool:
        """Whether the page was sent and is right; a page where everything is optional must have been seen as well."""
        form = self._kept(step)
        return all(name in self.answers for name in form.fields) and form.is_valid()

    @cached_property
    def first_open(self) -> Step | None:
        """The first page that is not done; None when everything can be sent."""
        return next((step for step in self.steps if not self.is_done(step)), None)

    def to_do_before(self, step: Step) -> Step | None:
        """The first page before this one that is not done; None when this one may be shown."""
        first = self.first_open
        return first if first is not None and self.steps.index(first) < self.steps.index(step) else None

    def url(self, step: Step) -> str:
        return reverse("portal:request_step", args=[self.request_type, step.slug])

    @property
    def review_url(self) -> str:
        return reverse("portal:request_review", args=[self.request_type])

    def before(self, step: Step) -> str:
        """The address of the page before."""
        place = self.steps.index(step)
        return self.url(self.steps[place - 1]) if place else reverse("portal:request_new", args=[self.request_type])

    def after(self, step: Step) -> str:
        """The address of the page after."""
        place = self.steps.index(step)
        return self.url(self.steps[place + 1]) if place + 1 < len(self.steps) else self.review_url

    def progress(self, step: Step | None) -> dict[str, Any]:
        """What the progress line shows; ``None`` is the last page, where everything is checked."""
        lines = [{"label": entry.label, "url": self.url(entry)} for entry in self.steps]
        lines.append({"label": _("確認"), "url": ""})
        return {"steps": lines, "current": self.steps.index(step) + 1 if step else len(lines)}

    def submitted(self) -> Answers:
        """The answers to send: only what the pages ask now, so that nothing is left of an agent who was taken back."""
        asked = [name for step in self.steps for name in self._kept(step).fields]
        more = ["change_rows"] if "changes" in self.entry.asks else []
        return forms.to_submit({name: self.answers[name] for name in (*asked, *more)})

    def review(self) -> list[dict[str, Any]]:
        """Every answer with the address where it is changed, page by page."""
        sections = []
        for step in self.steps:
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
    if name in ("wanted_items", "wanted_purposes"):
        return bool(answers.get("wants_everything"))
    return name == "answer_method_note" and not answers.get(name)


def shown(form: StepForm, name: str, value: Any) -> str:
    """A stored answer in words."""
    field = form.fields[name]
    choices = getattr(field, "choices", None)
    if choices is not None:
        flat: list[tuple[Any, Any]] = list(flatten_choices(choices))
        words = {str(key): str(label) for key, label in flat}
        values = value if isinstance(value, list) else [value]
        return _("、").join(words[str(entry)] for entry in values if entry not in ("", None) and str(entry) in words)
    if isinstance(field, BirthDateField):
        return day_words(str(value or ""))
    return str(field.prepare_value(value) or "")
