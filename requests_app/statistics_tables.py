"""The statistics of requests."""

from django.utils.translation import gettext_lazy as _

from consent_app.domain.request_words import REQUEST_WORDS
from consent_app.services.statistics import TableKind, register

from .models import Decision
from .services.statistics import OPEN, SILENT, WITHDRAWN, count_requests

register(
    TableKind(
        code="requests",
        title=_("請求の種類と結論"),
        note=_("受け付けた請求を、いまの結論ごとに数えます。利用を止めているお客さまの請求は数えません。"),
        rows_title=_("請求の種類"),
        rows={code: words.term for code, words in REQUEST_WORDS.items()},
        columns={
            **dict(Decision.Outcome.choices),
            WITHDRAWN: _("取下げ"),
            SILENT: _("返答がなく終了"),
            OPEN: _("結論の前"),
        },
        count=count_requests,
    )
)
