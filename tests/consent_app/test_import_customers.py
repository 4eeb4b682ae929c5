"""The command says what it did, and in one sentence what is wrong."""

import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from consent_app.models import Customer
from privacy_portal.core.models import AuditEntry, Job

pytestmark = pytest.mark.django_db

DATA = Path(__file__).parents[1] / "data"


def run(*arguments):
    out = io.StringIO()
    call_command("import_customers", *map(str, arguments), stdout=out)
    return out.getvalue()


def test_it_reports(tmp_path):
    report = tmp_path / "problems.csv"
    said = run(DATA / "eccube_customers.csv", "--report", report)
    assert "取り込みました: 801行" in said
    assert "新しい顧客: 800" in said
    assert "取り込めない行: 1" in said
    assert "誕生日: ありえない日付です。 4 (行 5, 216, 427, 638)" in said
    assert len(report.read_bytes().decode("utf-8-sig").splitlines()) == 26
    entry = AuditEntry.objects.get(action="customers.imported")
    assert (entry.actor, entry.detail["created"], entry.detail["problems"]) == ("command", 800, 25)
    assert Job.objects.get().state == Job.State.DONE


def test_columns_that_are_not_read_are_named(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("Customer ID,First Name,Last Name,Email,Favourite colour\n1,a,b,c@x.example,blue\n")
    assert "取り込まない列：Favourite colour" in run(path)


def test_a_dry_run_changes_nothing():
    said = run(DATA / "shopify_customers.csv", "--dry-run")
    assert "まだ何も変えていません" in said
    assert "新しい顧客: 600" in said
    assert not Customer.objects.exists()
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("missing.csv", None, "ファイルがありません"),
        ("empty.csv", b"", "ファイルが空です"),
        ("other.csv", b"a,b\n1,2\n", "どの形式でもありません"),
        ("header.csv", b"Customer ID,First Name,Last Name,Email\n", "取り込む行がありません"),
        (
            "twice.csv",
            b"Customer ID,First Name,Last Name,Email,Email\n1,a,b,c,d\n",
            "同じ名前の列が二つあります：Email",
        ),
        ("utf16.csv", "会員ID".encode("utf-16"), "文字コードが分かりません"),
    ],
)
def test_one_sentence_says_what_is_wrong(tmp_path, name, content, said):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CommandError, match=said) as caught:
        run(path)
    assert "\n" not in str(caught.value)
    assert caught.value.returncode == 1
    assert not Job.objects.filter(state=Job.State.RUNNING).exists()


def test_a_named_format_must_fit():
    with pytest.raises(CommandError, match="どの形式でもありません"):
        run(DATA / "shopify_customers.csv", "--format", "eccube")
