"""Collecting, checking and compiling the texts to translate."""

import gettext
from pathlib import Path

import polib
import pytest

from privacy_portal.development import translations
from privacy_portal.development.translations import Message

PYTHON = """
from django.utils.translation import gettext as _, ngettext, pgettext
import django.utils.translation as t

def greet(name, n):
    _("氏名")
    _("長い"
      "文")
    _(name)
    t.gettext_lazy("住所")
    ngettext("%(count)s件", "%(count)s件ずつ", n)
    pgettext("月", "五月")
"""
TEMPLATE = """{% load i18n %}
{% translate "開示" %} {% translate 'It"s' context "動詞" %}
{# _("コメント") #}{{ _("直接") }} {{ value|default:_("なし") }}
{% blocktranslate trimmed with n=count %}
  残り{{ n }}日
{% endblocktranslate %}
{% blocktranslate count c=n %}1件{% plural %}{{ c }}件{% endblocktranslate %}
{% include "x.html" with title=_("題名") %}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "consent_app" / "migrations").mkdir(parents=True)
    (tmp_path / "templates" / "portal").mkdir(parents=True)
    (tmp_path / "consent_app" / "a.py").write_text(PYTHON)
    (tmp_path / "consent_app" / "migrations" / "0001.py").write_text('_("移行")')
    (tmp_path / "templates" / "portal" / "a.html").write_text(TEMPLATE)
    return tmp_path


def translate(project: Path, texts: dict[str, str]) -> None:
    """Write translations into the catalogue, as a translator does."""
    translations.update(project)
    catalogue = polib.pofile(str(project / translations.ENGLISH))
    for text, translation in texts.items():
        catalogue.find(text).msgstr = translation
    catalogue.save()


def test_texts_of_code_and_templates_are_found_with_their_places(project: Path) -> None:
    found = translations.collect(project)
    assert found == {
        Message("氏名"): [("consent_app/a.py", 6)],
        Message("長い文"): [("consent_app/a.py", 7)],
        Message("住所"): [("consent_app/a.py", 10)],
        Message("%(count)s件", "%(count)s件ずつ"): [("consent_app/a.py", 11)],
        Message("五月", context="月"): [("consent_app/a.py", 12)],
        Message("開示"): [("templates/portal/a.html", 2)],
        Message('It"s', context="動詞"): [("templates/portal/a.html", 2)],
        Message("直接"): [("templates/portal/a.html", 3)],
        Message("なし"): [("templates/portal/a.html", 3)],
        Message("残り%(n)s日"): [("templates/portal/a.html", 4)],
        Message("1件", "%(c)s件"): [("templates/portal/a.html", 7)],
        Message("題名"): [("templates/portal/a.html", 8)],
    }


def test_every_missing_translation_is_named(project: Path) -> None:
    problems = translations.problems(project)
    assert len(problems) == 12
    assert "consent_app/a.py:6: “氏名” has no English translation" in problems


def test_update_keeps_the_translations_and_names_what_is_missing(project: Path) -> None:
    translate(project, {"氏名": "Name"})
    (project / "consent_app" / "b.py").write_text('_("名称")')
    missing = translations.update(project)
    assert Message("氏名") not in missing
    assert Message("名称") in missing
    assert len(missing) == 12
    before = (project / translations.ENGLISH).read_text()
    translations.update(project)
    assert (project / translations.ENGLISH).read_text() == before


def test_fuzzy_unlike_and_left_over_translations_are_named(project: Path) -> None:
    translate(project, {"氏名": "Name", "残り%(n)s日": "%(days)s days left"})
    translations.update(project)
    catalogue = polib.pofile(str(project / translations.ENGLISH))
    catalogue.find("氏名").flags.append("fuzzy")
    catalogue.append(polib.POEntry(msgid="昔の", msgstr="old"))
    catalogue.save()
    problems = translations.problems(project)
    assert "consent_app/a.py:6: “氏名” is fuzzy" in problems
    assert "templates/portal/a.html:4: “残り%(n)s日” and “%(days)s days left” have different placeholders" in problems
    assert "locale/en/LC_MESSAGES/django.po: “昔の” is not in the source any more" in problems


def test_compiled_catalogue_is_what_gettext_reads(project: Path) -> None:
    translate(project, {"氏名": "Name"})
    translations.update(project)
    translations.compile_all(project)
    read = gettext.translation("django", project / "locale", ["en"])
    assert read.gettext("氏名") == "Name"
    assert read.gettext("住所") == "住所"
