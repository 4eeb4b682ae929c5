"""Telling a worker, after the commit, that something waits. By name, because tasks are above services."""

from privacy_portal.core.nudge import nudge

from ..models import DisclosureRequest


def verify_identity(request: DisclosureRequest) -> None:
    """Compare what was stated with what is registered."""
    nudge("requests.verify_identity", request.pk)


def fulfil(request: DisclosureRequest) -> None:
    """Prepare the answer that was decided."""
    nudge("requests.fulfil", request.pk)
