"""The portal's forms: any width is accepted, errors say what to do, help and errors are tied to their field."""

import re

import pytest
from django import forms
from django.http import QueryDict
from django.template import Context, Template

from privacy_portal.core.portal.form_mixin import PortalFormMixin, to_digits, to_half_width
from privacy_portal.core.templatetags.portal_forms import error_links


class ExampleForm(PortalFormMixin, forms.Form):
    half_width_fields = ("postal_code",)
    digit_fields = ("code",)

    name = forms.CharField(label="氏名", max_length=5, help_text="本名を書きます。")
    postal_code = forms.RegexField(r"^[0-9]{3}-[0-9]{4}$", label="郵便番号", required=False)
    code = forms.CharField(label="100%のコード", max_length=8, required=False)
    role = forms.ChoiceField(label="立場", choices=[("self", "本人"), ("agent", "代理人")], widget=forms.RadioSelect)
    items = forms.MultipleChoiceField(label="内容", choices=[("a", "A")], widget=forms.CheckboxSelectMultiple)
    agree = forms.BooleanField(label="同意")
    hidden = forms.CharField(required=False, max_length=2, widget=forms.HiddenInput)

    def clean(self) -> None:
        if self.cleaned_data.get("code") == "00000000":
            raise forms.ValidationError("組み合わせが違います。")


RIGHT = {"name": "渡邉 𠮷子", "role": "self", "items": ["a"], "agree": "on"}


def render(form: forms.Form) -> str:
    return Template("{% load crispy_forms_tags %}{% crispy form %}").render(Context({"form": form}))


def element(html: str, element_id: str) -> str:
    found = re.search(rf'<[^>]*\bid="{element_id}"[^>]*>', html)
    assert found, element_id
    return found.group()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("１２３－４５６７", "123-4567"),
        ("123−4567", "123-4567"),
        ("１２３ー４５６７", "123-4567"),
        ("　123‐4567　", "123-4567"),
        ("ＲＫ－７Ｆ", "RK-7F"),
        ("ａ＠ｅｘａｍｐｌｅ．ｊｐ", "a@example.jp"),
        ("サーバー", "サーバー"),
        ("ー1ー", "ー1ー"),
        ("神", "神"),
        ("", ""),
    ],
)
def test_half_width(typed: str, meant: str) -> None:
    assert to_half_width(typed) == meant


@pytest.mark.parametrize(
    ("typed", "meant"), [("１２３４　５６７８", "12345678"), ("(03) 1234-5678", "0312345678"), ("12a", "12a")]
)
def test_digits(typed: str, meant: str) -> None:
    assert to_digits(typed) == meant


def test_declared_fields_are_converted_before_validation_and_others_are_not() -> None:
    form = ExampleForm({**RIGHT, "name": "Ａ子", "postal_code": "１２３ー４５６７", "code": "１２３４ ５６７８"})
    assert form.is_valid(), form.errors
    assert form.cleaned_data["postal_code"] == "123-4567"
    assert form.cleaned_data["code"] == "12345678"
    assert form.cleaned_data["name"] == "Ａ子"


def test_converts_a_query_dict_with_a_prefix_and_leaves_the_original_alone() -> None:
    data = QueryDict("p-name=a&p-role=self&p-items=a&p-agree=on&p-code=%EF%BC%91")
    form = ExampleForm(data, prefix="p")
    assert form.is_valid(), form.errors
    assert form.cleaned_data["code"] == "1"
    assert data["p-code"] == "１"


def test_names_lose_only_the_space_around_them() -> None:
    form = ExampleForm({**RIGHT, "name": "　神　𠮷 "})
    assert form.is_valid()
    assert form.cleaned_data["name"] == "神　𠮷"


def test_errors_name_the_field_and_say_what_to_do() -> None:
    form = ExampleForm({"name": "あ" * 6, "code": "1" * 9, "items": ["b"]})
    assert not form.is_valid()
    assert form.errors == {
        "name": ["「氏名」は5文字以内で入力してください（いまは6文字です）。"],
        "code": ["「100%のコード」は8文字以内で入力してください（いまは9文字です）。"],
        "role": ["「立場」を選んでください。"],
        "items": ["「内容」は、表示されている中から選んでください。"],
        "agree": ["「同意」にチェックを入れてください。"],
    }


def test_a_form_may_word_its_errors_itself() -> None:
    class Own(PortalFormMixin, forms.Form):
        name = forms.CharField(error_messages={"required": "お名前をお願いします。"})

    assert Own({}).errors == {"name": ["お名前をお願いします。"]}


def test_a_field_added_after_construction_is_explained_and_shown() -> None:
    form = ExampleForm(RIGHT)
    form.fields["late"] = forms.CharField(label="あとから")
    assert form.errors == {"late": ["「あとから」を入力してください。"]}
    assert 'id="id_late"' in render(form)


def test_required_and_optional_stand_in_words() -> None:
    html = render(ExampleForm())
    assert re.search(r'for="id_name"[^>]*>氏名 <span class="pp-need">必須</span>', html)
    assert re.search(r'for="id_postal_code"[^>]*>郵便番号 <span class="pp-need pp-need--optional">任意</span>', html)
    assert re.search(r"<legend>立場 <span[^>]*>必須</span>\s*</legend>", html)
    assert not re.search(r"\srequired[\s>]", html)


def test_help_and_error_are_tied_to_the_control() -> None:
    html = render(ExampleForm({"name": ""}))
    control = element(html, "id_name")
    assert 'aria-describedby="id_name_helptext id_name_error"' in control
    assert 'aria-invalid="true"' in control
    element(html, "id_name_helptext")
    element(html, "id_name_error")
    assert '<fieldset aria-describedby="id_role_error">' in html
    assert html.index('id="id_role_error"') < html.index('id="id_role_0"')


def test_csrf_token_comes_with_the_form_and_no_form_tag() -> None:
    template = Template("{% load crispy_forms_tags %}{% crispy form %}")
    html = template.render(Context({"form": ExampleForm(), "csrf_token": "abc"}))
    assert 'name="csrfmiddlewaretoken" value="abc"' in html
    assert "<form" not in html


def test_error_links_lead_to_something_that_takes_the_focus() -> None:
    form = ExampleForm({**RIGHT, "name": "", "role": "", "items": [], "code": "00000000", "hidden": "abc"})
    links = list(error_links(form))
    assert [link.target for link in links] == ["form-errors", "form-errors", "id_name", "id_role_0", "id_items_0"]
    html = render(form)
    for link in links:
        element(html, link.target)


def test_error_links_of_a_form_with_a_prefix() -> None:
    form = ExampleForm({"p-code": "00000000"}, prefix="p")
    assert [link.target for link in error_links(form)] == [
        "p-form-errors",
        "id_p-name",
        "id_p-role_0",
        "id_p-items_0",
        "id_p-agree",
    ]


def test_error_summary_takes_the_focus_without_javascript() -> None:
    form = ExampleForm({})
    html = Template('{% include "portal/components/error_summary.html" %}').render(Context({"form": form}))
    assert " autofocus " in html
    assert 'role="alert"' in html
    assert html.count('href="#id_') == 4
