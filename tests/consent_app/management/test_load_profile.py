"""``manage.py load_profile``: what it prints and with which status it ends."""

import io
import re
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from consent_app.models import Operator
from consent_app.services.profiles import PROFILES
from tests.factories.consent import CustomerFactory, OperatorFactory


def run(*arguments: str) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    call_command("load_profile", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


@pytest.mark.django_db
def test_loads_and_says_what_it_did() -> None:
    out, err = run("rokusho")
    first = re.fullmatch(
        "プロフィール「rokusho」：追加 ([0-9]+)件、変更 0件、変更なし 0件、廃止 0件", out.splitlines()[0]
    )
    assert first
    assert int(first[1]) > 50
    assert "注意 提供の根拠「protection」" in out
    assert err == ""
    again = f"プロフィール「rokusho」：追加 0件、変更 0件、変更なし {first[1]}件、廃止 0件"
    assert run("rokusho")[0].startswith(again)


@pytest.mark.django_db
def test_names_each_entry_when_asked() -> None:
    assert "追加 dataitem: birth_date\n" in run("rokusho", "--verbosity=2")[0]


@pytest.mark.django_db
def test_check_changes_nothing() -> None:
    out, _ = run("rokusho", "--check")
    assert out == "プロフィール「rokusho」に問題はありません。\n"
    assert not Operator.objects.exists()


@pytest.mark.django_db
def test_problems_are_all_printed_and_nothing_is_changed(tmp_path: Path) -> None:
    bad = tmp_path / "bad.toml"
    text = (PROFILES / "rokusho.toml").read_text(encoding="utf-8")
    bad.write_text(text.replace("format = 1", "format = 3").replace('country = "JP"', "country = 1"), encoding="utf-8")
    err = io.StringIO()
    for arguments in ([str(bad)], [str(bad), "--check"]):
        with pytest.raises(CommandError, match="2件の問題") as caught:
            call_command("load_profile", *arguments, stdout=io.StringIO(), stderr=err)
        assert caught.value.returncode == 1
    assert err.getvalue().count("行1列 format: 書式の版") == 2
    assert not Operator.objects.exists()


def test_an_unknown_profile_is_one_sentence() -> None:
    with pytest.raises(CommandError, match=r"同梱のプロフィール：.*rokusho"):
        run("nowhere")


@pytest.mark.django_db
def test_the_database_of_another_operator_is_left_alone() -> None:
    OperatorFactory(code="other")
    CustomerFactory()
    with pytest.raises(CommandError, match="別のデータベース"):
        run("rokusho")
