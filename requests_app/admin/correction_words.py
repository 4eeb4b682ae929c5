"""What was corrected, in words."""

from typing import Any, cast

from django.utils.translation import gettext_lazy as _

from ..models import Correction, Party

OTHERS = {"channel": _("受付方法"), "arrived_on": _("届いた日"), "scan_removed": _("写しを消した")}


def field_words(correction: Correction) -> str:
    """What was corrected, for the history."""
    kind, _dot, column = correction.field.partition(".")
    if not column:
        return str(OTHERS.get(correction.field, correction.field))
    verbose = cast(Any, Party._meta.get_field(column)).verbose_name
    return f"{Party.Kind(kind).label}: {verbose}"
