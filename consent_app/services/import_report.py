"""The list of problems as a file: where and why, never the value."""

from collections.abc import Iterable
from types import TracebackType
from typing import Self

from django.utils.translation import gettext as _

from privacy_portal.core import job_registry
from privacy_portal.core.models import EncryptedFile
from privacy_portal.core.services import files

from ..domain import spreadsheets
from ..domain.formats import Problem
from ..job_kinds import IMPORT


class Report:
    """Collects problems in an encrypted CSV (UTF-8 with byte order mark, for spreadsheets); none, no file.

    Use it in a ``with`` block; :attr:`file` is set when the block has ended well.
    """

    def __init__(self, name: str, *, kind: str = IMPORT) -> None:
        self.file: EncryptedFile | None = None
        self._name = name
        self._kind = kind
        self._writer: files.EncryptedWriter | None = None

    def __enter__(self) -> Self:
        return self

    def add(self, problems: Iterable[Problem]) -> None:
        """Write one line a problem."""
        rows = [
            [
                str(one.line),
                one.column,
                one.external_id,
                self._result(rejected=one.rejected),
                job_registry.problem_label(self._kind, one.code),
            ]
            for one in problems
        ]
        if not rows:
            return
        if self._writer is None:
            self._writer = files.create(name=self._name, content_type="text/csv; charset=utf-8").__enter__()
            self._writer.write(spreadsheets.MARK.encode())
            rows.insert(0, [_("行"), _("列"), _("ID"), _("結果"), _("理由")])
        self._writer.write(spreadsheets.text(rows).encode())

    def _result(self, *, rejected: bool) -> str:
        if self._kind == IMPORT:
            return _("取り込んでいません") if rejected else _("取り込みました")
        return _("記録していません") if rejected else _("記録しました")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._writer is not None:
            self._writer.__exit__(kind, error, trace)
            if kind is None:
                self.file = self._writer.file
