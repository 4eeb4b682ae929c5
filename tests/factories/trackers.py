"""Trackers."""

import factory
from factory.django import DjangoModelFactory

from consent_app.models import Tracker


class TrackerFactory(DjangoModelFactory[Tracker]):
    """A cookie of the shop that stays with the shop; ``to_advertisers`` sends it on."""

    class Meta:
        model = Tracker

    class Params:
        to_advertisers = factory.Trait(
            recipient_ja="例の広告株式会社",
            recipient_en="Example Ads Ltd.",
            advertising=True,
            refusal_ja="同意を取り下げてください。",
            refusal_en="Withdraw your consent.",
        )

    code = factory.Sequence(lambda n: f"tracker{n}")
    kind = Tracker.Kind.COOKIE
    name_ja = "分析のクッキー"
    name_en = "Analysis cookie"
    sent_ja = "見たページ"
    sent_en = "Pages you looked at"
    aim_ja = "使いやすくするため"
    aim_en = "To make it easier to use"
