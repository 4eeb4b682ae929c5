"""The whole case on paper, for staff: a court, an authority or an auditor asks for it, or a meeting needs it.

It is made when it is asked for and kept nowhere. Who may print it may decide the case: a look at the page goes to
more people than a copy that leaves the product.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consent_app.models import Operator
from privacy_portal.core.localized import localized
from privacy_portal.core.models import User
from privacy_portal.core.services import audit

from ..models import DisclosureRequest
from . import case_file_outcome, case_file_person, case_file_work, typesetting
from .case_file_words import Record, language, moment
from .permissions import require_staff

PERMISSION = "decide_request"

# Models and encrypted texts that hang on a case and are not printed, with why. A test holds this against the models.
LEFT_OUT = {
    "requests_app.evidencepage": "the picture of a document: the file says how many pages there were, and shows none",
    "requests_app.downloadgrant": "a permission of some minutes; what was opened, how often and when is on the answer",
    "requests_app.answermail.passphrase": "for the person alone; staff never see it",
    "requests_app.requestedchange.values_text": "the columns behind the new value, which is printed in words",
}

_PARTS: tuple[tuple[str | Promise, Callable[[DisclosureRequest], Iterator[Record]]], ...] = (
    (gettext_lazy("概要"), case_file_person.basics),
    (gettext_lazy("当事者"), case_file_person.persons),
    (gettext_lazy("求めていること"), case_file_person.asked),
    (gettext_lazy("届いた原本"), case_file_person.originals),
    (gettext_lazy("本人確認"), case_file_person.identity),
    (gettext_lazy("確認書類"), case_file_person.documents),
    (gettext_lazy("手数料"), case_file_work.fees),
    (gettext_lazy("調べた結果"), case_file_work.findings),
    (gettext_lazy("社内メモと引き継ぎ"), case_file_work.notes),
    (gettext_lazy("メッセージ"), case_file_work.messages),
    (gettext_lazy("指示と質問"), case_file_work.instructions),
    (gettext_lazy("決定"), case_file_outcome.decisions),
    (gettext_lazy("この請求でしたこと"), case_file_outcome.effects),
    (gettext_lazy("回答と通知書"), case_file_outcome.sendings),
    (gettext_lazy("登録の訂正"), case_file_person.corrections),
    (gettext_lazy("目標日の延長"), case_file_outcome.extensions),
    (gettext_lazy("保存期間"), case_file_outcome.keeping),
    (gettext_lazy("経過"), case_file_outcome.timeline),
)


def case_file(*, request: DisclosureRequest, actor: User, now: datetime) -> bytes:
    """Everything that the product has of a case as a tagged PDF, in the active language. That it was printed is
    recorded.

    Contents of files are not in it, and nothing that is registered about the customer beside what was decided.

    Raises:
        NotAllowed: no permission, or their own request.
    """
    require_staff(actor, request, PERMISSION)
    audit.record(action="case.printed", actor=actor, obj=request)
    operator = Operator.objects.get()
    parts = [{"title": str(title), "records": list(part(request))} for title, part in _PARTS]
    data = {
        "title": _("請求の記録 %(number)s") % {"number": request.receipt_number},
        "language": language(),
        "operator": localized(operator, "name", language()),
        "receipt_number": request.receipt_number,
        "printed_at": moment(now),
        "printed_by": str(actor),
        "parts": [part for part in parts if part["records"]],
        "empty": [part["title"] for part in parts if not part["records"]],
    }
    return typesetting.typeset(f"case_file/{language()}.typ", data)
