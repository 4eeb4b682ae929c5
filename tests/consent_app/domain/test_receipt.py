"""The receipt against what the Kantara Consent Receipt Specification 1.1.0 requires."""

import json
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest

from consent_app.domain.receipt import Controller, Given, Item, receipt

KEY = "3f1c9c7e-6a0d-4e56-9d5e-0c6a55a6f0b1"
AT = datetime(2026, 11, 22, 1, 2, 3, 999, tzinfo=UTC)
CONTROLLER = Controller(
    "例の店", "個人情報管理者", "1000001", "東京都", "privacy@shop.example", "050-0000-0000", "https://shop.example/"
)

# Field -> type, for each object; the required fields of the specification's tables.
TOP: dict[str, type | tuple[type, ...]] = {
    "version": str,
    "jurisdiction": str,
    "consentTimestamp": int,
    "collectionMethod": str,
    "consentReceiptID": str,
    "piiPrincipalId": str,
    "piiControllers": list,
    "policyUrl": str,
    "services": list,
    "sensitive": bool,
    "spiCat": list,
}
CONTROLLER_FIELDS = {"piiController": str, "contact": str, "address": dict, "email": str, "phone": str}
PURPOSE_FIELDS = {
    "purposeCategory": list,
    "consentType": str,
    "piiCategory": list,
    "termination": str,
    "thirdPartyDisclosure": bool,
}


def made(**changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "key": KEY,
        "at": AT,
        "language": "ja",
        "method": "ポータル",
        "principal": "a@post.example",
        "purpose_code": "newsletter",
        "purpose": "お知らせのため",
        "items": [Item("氏名", False), Item("病歴", True)],
        "termination": "取り下げるまで",
        **changes,
    }
    content = receipt(consent=Given(**values), controller=CONTROLLER, policy_url="https://portal.example/purposes/")
    return json.loads(json.dumps(content))


@pytest.mark.parametrize("changes", [{}, {"items": []}, {"provided_to": "例の百貨店"}])
def test_every_required_field_is_there(changes: dict[str, Any]) -> None:
    content = made(**changes)
    for name, kind in TOP.items():
        assert type(content[name]) is kind, name
    assert len(content["piiControllers"]) == 1
    for name, kind in CONTROLLER_FIELDS.items():
        assert type(content["piiControllers"][0][name]) is kind, name
    (service,) = content["services"]
    assert isinstance(service["service"], str)
    (purpose,) = service["purposes"]
    for name, kind in PURPOSE_FIELDS.items():
        assert type(purpose[name]) is kind, name


def test_fixed_values_and_forms() -> None:
    content = made()
    assert content["version"] == "KI-CR-v1.1.0"
    assert content["jurisdiction"] == "JP"
    assert content["consentTimestamp"] == 1795309323
    assert uuid.UUID(content["consentReceiptID"]).version == 4
    assert content["language"] == "ja"
    assert content["services"][0]["purposes"][0]["consentType"] == "EXPLICIT"


def test_sensitive_items_are_named() -> None:
    assert (made()["sensitive"], made()["spiCat"]) == (True, ["病歴"])
    harmless = made(items=[Item("氏名", False)])
    assert (harmless["sensitive"], harmless["spiCat"]) == (False, [])


def test_a_third_party_is_named_when_data_goes_there() -> None:
    purpose = made(provided_to="例の百貨店")["services"][0]["purposes"][0]
    assert (purpose["thirdPartyDisclosure"], purpose["thirdPartyName"]) == (True, "例の百貨店")
    purpose = made()["services"][0]["purposes"][0]
    assert purpose["thirdPartyDisclosure"] is False
    assert "thirdPartyName" not in purpose
