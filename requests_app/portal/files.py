"""The files of an answer that the person can open now."""

from dataclasses import dataclass
from datetime import datetime

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from privacy_portal.core.templatetags.portal import jp_date

from ..domain.transitions import Status
from ..models import AnswerFile, DisclosureRequest
from ..services import access

OFFERED_IN = frozenset({Status.ANSWERED, Status.CLOSED})


@dataclass(frozen=True)
class OfferedFile:
    """A file with the words that the page shows for it."""

    file: AnswerFile

    @property
    def name(self) -> str:
        if self.file.kind == AnswerFile.Kind.PACKAGE:
            return _("開示するデータ（ZIPファイル）")
        return _("通知書（PDFファイル）")

    @property
    def facts(self) -> str:
        size, until = filesizeformat(self.file.file.size), jp_date(self.file.expires_at)
        return _("%(size)s・%(date)sまで") % {"size": size, "date": until}


def offered_files(disclosure: DisclosureRequest, *, now: datetime) -> list[OfferedFile]:
    """What can be opened, the data before the letter; nothing before the answer is out, nor of one sent on paper."""
    if disclosure.status not in OFFERED_IN or disclosure.answer_method == DisclosureRequest.AnswerMethod.PAPER:
        return []
    files = access.available_files(request=disclosure, now=now)
    return [OfferedFile(entry) for entry in sorted(files, key=lambda entry: entry.kind, reverse=True)]
