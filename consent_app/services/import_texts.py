"""What the import says to people."""

from django.utils.translation import gettext as _

from ..domain.formats import FileProblem, files
from ..domain.provision_file import LIST_TOO_LONG


def file_problem_text(problem: FileProblem) -> str:
    """One sentence: what is wrong with the file and what to do."""
    columns = _("、").join(problem.columns)
    texts = {
        files.EMPTY_FILE: _("ファイルが空です。"),
        files.NO_ROWS: _("見出しの行だけで、取り込む行がありません。"),
        files.UNKNOWN_ENCODING: _("文字コードが分かりません。UTF-8かShift_JIS（CP932）のCSVを選んでください。"),
        files.UNKNOWN_FORMAT: _(
            "Shopify、EC-CUBE、BASEのどの形式でもありません。カートから書き出したCSVを、見出しの行を変えずに選んでください。"
        ),
        files.COLUMNS_MISSING: _("必要な列がありません：%(columns)s") % {"columns": columns},
        files.COLUMN_TWICE: _("同じ名前の列が二つあります：%(columns)s") % {"columns": columns},
        LIST_TOO_LONG: _("一度に扱えるのは%(limit)s行までです。分けてください。") % {"limit": columns},
        files.ORDERS_SCATTERED: _(
            "同じ注文の行がファイル全体に散らばっています。注文IDの順に並べ替えてから取り込んでください。"
        ),
    }
    return texts[problem.code]


def count_labels() -> dict[str, str]:
    """The counts of an import, in the order in which they are shown."""
    return {
        "created": _("新しい顧客"),
        "merged": _("すでにいる顧客と一致"),
        "updated": _("前に取り込んだ行の更新"),
        "unchanged": _("変わっていない行"),
        "rejected": _("取り込めない行"),
        "possible_duplicates": _("同じ人かもしれない（別の人として扱う）"),
    }
