"""Factories of the registers: an operator, its catalogue, and customers in named states."""

import os
from datetime import UTC, date, datetime
from typing import Any

import factory
from factory.django import DjangoModelFactory

from consent_app.domain.normalise import name_key
from consent_app.domain.profile import DIRECT_ITEMS
from consent_app.models import (
    Consent,
    Customer,
    CustomerIdentity,
    CustomerRecord,
    DataItem,
    Operator,
    Provision,
    ProvisionBasis,
    Purpose,
    ReceivedProvision,
    Recipient,
    RefusedProvision,
    RequestRule,
    SelfDisclosure,
    Subcontractor,
)

OBTAINED = "2026-04-01T09:00:00+09:00"


class OperatorFactory(DjangoModelFactory[Operator]):
    """The one operator."""

    class Meta:
        model = Operator
        django_get_or_create = ("id",)

    id = 1
    code = "example"
    name_ja = "例の店"
    name_en = "Example Shop"
    representative_ja = "例野 代表"
    postal_code = "1000001"
    address_ja = "東京都千代田区例町1-2-3"
    address_en = "1-2-3 Reicho, Chiyoda-ku, Tokyo"
    email = "privacy@shop.example"
    telephone = "050-0000-0000"
    hours_ja = "12:00〜18:00"
    hours_en = "12:00–18:00"


class DataItemFactory(DjangoModelFactory[DataItem]):
    """An item of the catalogue."""

    class Meta:
        model = DataItem
        django_get_or_create = ("code",)

    code = factory.Sequence(lambda n: f"item{n}")
    position = factory.Sequence(lambda n: n)
    name_ja = factory.LazyAttribute(lambda item: f"項目 {item.code}")
    name_en = factory.LazyAttribute(lambda item: f"Item {item.code}")


def catalogue() -> dict[str, DataItem]:
    """The items that customers' columns and records belong to."""
    names = {
        "name": ("氏名", "Name"),
        "kana": ("フリガナ", "Name in kana"),
        "company": ("会社名", "Company"),
        "address": ("住所", "Address"),
        "telephone": ("電話番号", "Telephone number"),
        "email": ("メールアドレス", "E-mail address"),
        "gender": ("性別", "Gender"),
        "birth_date": ("生年月日", "Date of birth"),
        "order": ("注文", "Orders"),
        "purchases": ("購入の集計", "Totals of purchases"),
        "recipient": ("贈り先", "Gift recipients"),
        "inquiry": ("お問い合わせ", "Inquiries"),
        "newsletter": ("メールマガジン", "Newsletter"),
        "membership": ("会員情報", "Membership"),
        "note": ("メモ", "Notes"),
    }
    return {
        code: DataItemFactory(code=code, name_ja=ja, name_en=en, change="direct" if code in DIRECT_ITEMS else "request")
        for code, (ja, en) in names.items()
    }


class PurposeFactory(DjangoModelFactory[Purpose]):
    """A purpose of use."""

    class Meta:
        model = Purpose
        skip_postgeneration_save = True

    code = factory.Sequence(lambda n: f"purpose{n}")
    text_ja = factory.LazyAttribute(lambda purpose: f"目的 {purpose.code} のため")
    text_en = factory.LazyAttribute(lambda purpose: f"For the purpose {purpose.code}")

    @factory.post_generation
    def items(self, create: bool, extracted: Any, **kwargs: Any) -> None:
        """``PurposeFactory(items=[…])``."""
        if extracted:
            self.items.set(extracted)  # type: ignore[attr-defined]


class ProvisionBasisFactory(DjangoModelFactory[ProvisionBasis]):
    """A basis for provisions: consent."""

    class Meta:
        model = ProvisionBasis

    code = factory.Sequence(lambda n: f"basis{n}")
    text_ja = "本人の同意があるとき"
    text_en = "With the person's consent"
    article = "27(1)"


class SubcontractorFactory(DjangoModelFactory[Subcontractor]):
    """A subcontractor."""

    class Meta:
        model = Subcontractor
        skip_postgeneration_save = True

    code = factory.Sequence(lambda n: f"subcontractor{n}")
    name_ja = "例の運送"
    name_en = "Example Delivery"
    service_ja = "商品の配送"
    service_en = "Delivery of products"

    @factory.post_generation
    def items(self, create: bool, extracted: Any, **kwargs: Any) -> None:
        """``SubcontractorFactory(items=[…])``."""
        if extracted:
            self.items.set(extracted)  # type: ignore[attr-defined]


class RequestRuleFactory(DjangoModelFactory[RequestRule]):
    """The operator's rule for a type."""

    class Meta:
        model = RequestRule
        django_get_or_create = ("request_type",)

    request_type = "disclosure"


class CustomerFactory(DjangoModelFactory[Customer]):
    """A customer with everything registered, imported from EC-CUBE."""

    class Meta:
        model = Customer

    family_name = "髙橋"
    given_name = "花子"
    family_kana = "タカハシ"
    given_kana = "ハナコ"
    postal_code = "1000001"
    prefecture = "東京都"
    address1 = "千代田区例町4-5-6"
    address2 = "例マンション101"
    telephone = "+819012345678"
    email = factory.Sequence(lambda n: f"customer{n}@post.example")
    gender = Customer.Gender.FEMALE
    birth_date = date(1985, 4, 3)
    origins = factory.LazyFunction(
        lambda: {
            item: {"source": "eccube", "external_id": "12", "at": OBTAINED}
            for item in ("name", "kana", "address", "telephone", "email", "gender", "birth_date")
        }
    )
    originals = factory.LazyFunction(lambda: {"telephone": "０９０－１２３４－５６７８"})
    name_key = "高橋花子"


class OrderFactory(DjangoModelFactory[CustomerRecord]):
    """An order of a customer."""

    class Meta:
        model = CustomerRecord

    customer = factory.SubFactory(CustomerFactory)
    kind = CustomerRecord.Kind.ORDER
    source = "base"
    external_id = factory.Sequence(lambda n: f"0B{n:06d}")
    occurred_at = datetime(2026, 5, 6, 7, 8, tzinfo=UTC)
    data = factory.LazyFunction(lambda: {"items": [{"product": "サングラス", "quantity": "1"}], "total": "31860"})


class RecipientFactory(DjangoModelFactory[Recipient]):
    """To whom an order was sent."""

    class Meta:
        model = Recipient

    record = factory.SubFactory(OrderFactory)
    family_name = "贈田"
    given_name = "先夫"
    postal_code = "5300001"
    prefecture = "大阪府"
    address1 = "大阪市北区例田7-8-9"
    name_key = factory.LazyAttribute(lambda recipient: name_key(recipient.family_name, recipient.given_name))


class ConsentFactory(DjangoModelFactory[Consent]):
    """A consent that was given."""

    class Meta:
        model = Consent

    customer = factory.SubFactory(CustomerFactory)
    purpose = factory.SubFactory(PurposeFactory)
    event = Consent.Event.GIVEN
    channel = Consent.Channel.IMPORT
    proof = "shopify:1"


def code_of(item: DataItem | str) -> str:
    return item if isinstance(item, str) else item.code


class _LedgerFactory:
    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> Any:
        """``items`` as data items or as codes."""
        kwargs["items"] = [code_of(item) for item in kwargs["items"]]
        return super()._create(model_class, *args, **kwargs)  # type: ignore[misc]


class ProvisionFactory(_LedgerFactory, DjangoModelFactory[Provision]):
    """One provision to a third party, recorded as a fact, on the first ground that its basis can have."""

    class Meta:
        model = Provision

    customer = factory.SubFactory(CustomerFactory)
    principal = "髙橋　花子"
    basis = factory.SubFactory(ProvisionBasisFactory)
    ground = factory.LazyAttribute(lambda row: row.basis.article if row.basis.statutory else row.basis.requires[0])
    evidence = "同意書"
    recipient_name = "例の百貨店"
    recipient_address = "京都府京都市例区1-1"
    recipient_representative = "例川 次郎"
    items = factory.LazyFunction(lambda: ["name"])
    provided_on = date(2026, 7, 8)
    keep_until = date(2029, 7, 8)
    historic = True
    digest = factory.LazyFunction(lambda: os.urandom(32))


class SelfDisclosureFactory(DjangoModelFactory[SelfDisclosure]):
    """A mark that the person made an item public; ``record=…, item=None`` for a record."""

    class Meta:
        model = SelfDisclosure

    customer = factory.LazyAttribute(lambda mark: mark.record.customer if mark.record else CustomerFactory())
    item = factory.SubFactory(DataItemFactory)
    record = None
    place = "商品のレビュー"


class ReceivedProvisionFactory(_LedgerFactory, DjangoModelFactory[ReceivedProvision]):
    """One receipt from a third party."""

    class Meta:
        model = ReceivedProvision

    customer = factory.SubFactory(CustomerFactory)
    principal = "髙橋　花子"
    provider_name = "例の協会"
    provider_address = "東京都千代田区例町9"
    how_acquired = "会員の申込みのとき、本人から"
    confirmed_how = "覚書の写し"
    items = factory.LazyFunction(lambda: ["name"])
    received_on = date(2026, 7, 8)
    keep_until = date(2029, 7, 8)
    digest = factory.LazyFunction(lambda: os.urandom(32))


class RefusedProvisionFactory(_LedgerFactory, DjangoModelFactory[RefusedProvision]):
    """An attempt that the gate refused."""

    class Meta:
        model = RefusedProvision

    customer = factory.SubFactory(CustomerFactory)
    basis = factory.SubFactory(ProvisionBasisFactory)
    ground = "27(1)"
    recipient_name = "例の百貨店"
    items = factory.LazyFunction(lambda: ["name"])
    reasons = factory.LazyFunction(lambda: ["consent_missing"])
    keep_until = date(2029, 7, 8)


class CustomerIdentityFactory(DjangoModelFactory[CustomerIdentity]):
    """Under which number a source knows a customer."""

    class Meta:
        model = CustomerIdentity

    customer = factory.SubFactory(CustomerFactory)
    source = "eccube"
    external_id = factory.Sequence(str)
    digest = b"x"
