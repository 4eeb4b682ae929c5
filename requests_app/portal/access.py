"""Whose request it is. Everything about somebody else's is a 404, as if it did not exist."""

from django.http import Http404, HttpRequest

from privacy_portal.core.models import User

from .. import selectors
from ..models import DisclosureRequest


class PersonRequest(HttpRequest):
    """What a view behind ``login_required`` gets."""

    user: User


def own_request_or_404(request: PersonRequest, receipt: str) -> DisclosureRequest:
    """The signed-in person's request with this receipt number.

    Raises:
        Http404: there is none, or it is somebody else's.
    """
    try:
        return selectors.request_of(request.user, receipt)
    except DisclosureRequest.DoesNotExist:
        raise Http404 from None
