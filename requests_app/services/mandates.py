"""The form by which somebody mandates another to ask for them (article 37(3), Order 13(ii)), to print and sign."""

from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from consent_app.models import Operator
from privacy_portal.core.localized import localized
from privacy_portal.core.models import User
from privacy_portal.core.services import audit

from ..domain.request_types import REQUEST_TYPES
from ..models import DisclosureRequest, Party
from . import evidence_copies, typesetting


def for_request(*, request: DisclosureRequest, actor: User, language: str) -> bytes:
    """The form with what was stated in the request; what is not known is a line to write on. A PDF.

    One mandate serves all requests that were sent together, so all of them are named.
    """
    parties = {party.kind: party for party in request.parties.all()}
    audit.record(action="evidence.mandate_opened", actor=actor, obj=request)
    requests = [request, *evidence_copies.together(request)]
    with translation.override(language):
        matter = _("、").join(str(REQUEST_TYPES[one.request_type].name) for one in requests)
        numbers = _("、").join(one.receipt_number for one in requests)
    return _typeset(
        language,
        receipt_number=numbers,
        matter=matter,
        principal=_person(parties.get(Party.Kind.PRINCIPAL)),
        agent=_person(parties.get(Party.Kind.AGENT)),
    )


def blank(*, language: str) -> bytes:
    """The form with nothing but lines."""
    return _typeset(language, receipt_number="", matter="", principal=_person(None), agent=_person(None))


def _person(party: Party | None) -> dict[str, str]:
    if party is None:
        return {"name": "", "address": "", "telephone": ""}
    return {"name": party.full_name, "address": party.full_address, "telephone": ""}


def _typeset(language: str, **values: Any) -> bytes:
    operator = Operator.objects.get()
    with translation.override(language):
        data = {
            "title": _("委任状"),
            "language": language,
            "operator": localized(operator, "name", language),
            **values,
        }
    return typesetting.typeset(f"{language}/mandate.typ", data)
