"""Where data is collected."""

from typing import Any

import factory
from factory.django import DjangoModelFactory

from consent_app.models import CollectionPoint

from .consent import DataItemFactory, PurposeFactory


class CollectionPointFactory(DjangoModelFactory[CollectionPoint]):
    """A point with everything that is needed to begin; its text is not shown yet."""

    class Meta:
        model = CollectionPoint
        skip_postgeneration_save = True

    code = factory.Sequence(lambda n: f"point{n}")
    kind = CollectionPoint.Kind.PURCHASE
    name_ja = factory.LazyAttribute(lambda point: f"場面 {point.code}")
    name_en = factory.LazyAttribute(lambda point: f"Point {point.code}")
    wording_ja = "お届けのためにお聞きします。"
    wording_en = "We ask for this to deliver."
    proof_ja = "送信で確かめます。"
    proof_en = "Sending confirms it."

    @factory.post_generation
    def purposes(self, create: bool, extracted: Any, **kwargs: Any) -> None:
        """``CollectionPointFactory(purposes=[…])``; one of its own by default."""
        self.purposes.set([PurposeFactory()] if extracted is None else extracted)  # type: ignore[attr-defined]

    @factory.post_generation
    def items(self, create: bool, extracted: Any, **kwargs: Any) -> None:
        """``CollectionPointFactory(items=[…])``; one by default."""
        self.items.set([DataItemFactory()] if extracted is None else extracted)  # type: ignore[attr-defined]
