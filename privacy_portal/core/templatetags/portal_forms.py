"""What the portal's form templates need: links from the error summary to the fields, page numbers."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from django import template
from django.core.paginator import Page
from django.forms import BaseForm, BoundField, CheckboxSelectMultiple, MultiWidget, RadioSelect

register = template.Library()


class ErrorLink(NamedTuple):
    """One line of the error summary: the id of the element to go to, without ``#``, and the words."""

    target: str
    message: str


@register.filter
def errors_id(form: BaseForm) -> str:
    """The id of the place where a form says what is wrong with it as a whole."""
    return f"{form.prefix}-form-errors" if form.prefix else "form-errors"


def first_control_id(field: BoundField) -> str:
    """The id of the element that takes the focus: the first choice of a group, the first part of a split field."""
    if isinstance(field.field.widget, RadioSelect | CheckboxSelectMultiple | MultiWidget):
        return f"{field.auto_id}_0"
    return field.id_for_label or field.auto_id


@register.filter
def error_links(form: BaseForm) -> Iterator[ErrorLink]:
    """Every error of ``form``, those of the whole form first, then field by field in the order of the page."""
    for message in whole_form_errors(form):
        yield ErrorLink(errors_id(form), message)
    for field in form.visible_fields():
        for error in field.errors:
            yield ErrorLink(first_control_id(field), str(error))


@register.filter
def whole_form_errors(form: BaseForm) -> list[str]:
    """What is wrong with the form as a whole, or with a hidden field, which has no place of its own."""
    hidden = [message for field in form.hidden_fields() for message in field.errors]
    return [str(message) for message in (*form.non_field_errors(), *hidden)]


@register.filter
def page_numbers(page: Page) -> Iterable[int | str]:
    """The page numbers to show: the ends, the present page and its neighbours, "…" for what is left out."""
    return page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
