"""What the matters made knowable need."""

import datetime

from consent_app.models import MattersVersion, Measure
from consent_app.services import matters
from tests.factories.core import StaffFactory


def measure(measure_class: str = "organisation") -> Measure:
    """A security measure with a text for the public."""
    return Measure.objects.create(
        measure_class=measure_class, text_ja="取扱いの責任者を置いています。", text_en="Somebody is responsible."
    )


def publish(*, now: datetime.datetime) -> MattersVersion:
    """Published as they are now."""
    return matters.publish(seen=matters.digest(matters.content()), actor=StaffFactory(), now=now)
