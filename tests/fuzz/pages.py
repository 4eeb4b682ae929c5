"""The forms and the query strings of a page, as a browser would send them."""

import functools
from collections.abc import Iterable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urljoin, urlsplit

from django.urls import Resolver404, resolve

SKIPPED = {"csrfmiddlewaretoken"}


@dataclass
class Control:
    """One control: what it holds, and what it offers."""

    name: str
    kind: str
    value: str = ""
    options: list[str] = field(default_factory=list)
    chosen: bool = True


@dataclass
class Form:
    """Where it goes and what it sends; the same name may stand in it several times."""

    url: str
    posts: bool
    controls: list[Control] = field(default_factory=list)

    @property
    def view(self) -> str:
        """The name of the address that takes it."""
        return view_of(self.url)

    @property
    def shape(self) -> frozenset[str]:
        """The names of its fields: two forms with the same are one to us."""
        return frozenset(control.name for control in self.controls)

    @property
    def has_files(self) -> bool:
        return any(control.kind == "file" for control in self.controls)


@dataclass
class Page:
    """What one page offers."""

    forms: list[Form]
    links: list[str]


class _Reader(HTMLParser):
    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self.forms: list[Form] = []
        self.links: list[str] = []
        self._by_id: dict[str, Form] = {}
        self._form: Form | None = None
        self._select: Control | None = None
        self._text: Control | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "a" and values.get("href"):
            self.links.append(urljoin(self.url, values["href"]))
        elif tag == "form":
            target = urljoin(self.url, values.get("action") or self.url)
            self._form = Form(target, values.get("method", "").lower() == "post")
            self.forms.append(self._form)
            if values.get("id"):
                self._by_id[values["id"]] = self._form
        elif values.get("formaction") and self._form is not None:
            # Another place for the same answers.
            posts = self._form.posts or values.get("formmethod", "").lower() == "post"
            self.forms.append(Form(urljoin(self.url, values["formaction"]), posts, self._form.controls))
        elif tag in ("input", "select", "textarea", "button") and values.get("name") not in (None, "", *SKIPPED):
            self._control(tag, values)
        elif tag == "option" and self._select is not None:
            self._select.options.append(values.get("value", ""))
            if "selected" in values:
                self._select.value = values.get("value", "")

    def _control(self, tag: str, values: dict[str, str]) -> None:
        form = self._by_id.get(values.get("form", "")) or self._form
        if form is None:
            return
        kind = values.get("type", "text") if tag == "input" else "submit" if tag == "button" else tag
        control = Control(values["name"], kind, values.get("value", ""))
        if kind in ("checkbox", "radio"):
            control.chosen = "checked" in values
            control.value = values.get("value", "on")
        form.controls.append(control)
        if tag == "select":
            self._select = control
        elif tag == "textarea":
            self._text = control

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = None
        elif tag == "textarea":
            self._text = None

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text.value += data


def read(html: str, url: str) -> Page:
    """The forms of a page that was found under ``url``, and its links."""
    reader = _Reader(url)
    reader.feed(html)
    return Page(reader.forms, reader.links)


def view_of(url: str) -> str:
    """The name of the view behind an address of this host, or nothing."""
    return _view_of(urlsplit(url).path)


@functools.cache
def _view_of(path: str) -> str:
    try:
        return resolve(path).view_name
    except Resolver404:
        return ""


def parameters(links: Iterable[str]) -> set[str]:
    """The names that stand behind the question marks."""
    return {name for link in links for name, _value in parse_qsl(urlsplit(link).query, keep_blank_values=True)}
