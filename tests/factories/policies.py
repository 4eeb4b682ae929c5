"""Drafts and published versions of the privacy policy."""

import datetime
from typing import Any

from django.utils import timezone

from consent_app.models import PolicyVersion

TEXT_JA = "## 利用目的\n\n商品をお届けするために使います。\n\n## 連絡先\n\n手紙でお寄せください。\n"
TEXT_EN = "## Purposes\n\nWe use it to deliver goods.\n\n## Contact\n\nPlease write to us.\n"


def draft(**fields: Any) -> PolicyVersion:
    """A draft that lacks nothing."""
    values = {
        "text_ja": TEXT_JA,
        "text_en": TEXT_EN,
        "summary_ja": "利用目的を加えます。",
        "summary_en": "We add a purpose.",
        "effective_from": timezone.localdate(),
    }
    return PolicyVersion.objects.create(**{**values, **fields})


def published(*, effective_from: datetime.date, **fields: Any) -> PolicyVersion:
    """The next published version, announced on the day that it took effect, or today if that is still to come."""
    last = PolicyVersion.objects.exclude(number=None).order_by("-number").first()
    return draft(
        state="published",
        number=(last.number or 0) + 1 if last else 1,
        effective_from=effective_from,
        notice_from=min(effective_from, timezone.localdate()),
        published_at=timezone.now(),
        **fields,
    )
