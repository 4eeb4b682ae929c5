"""What in the supervision of subcontractors needs care."""

from __future__ import annotations

from .domain.care import register
from .services import supervision_care

for _kind in supervision_care.KINDS:
    register(_kind)
