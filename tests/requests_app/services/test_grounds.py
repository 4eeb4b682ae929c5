"""A ground for each part, and grounds of the operator's policy beside those of the law."""

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from consent_app.models import DataItem, RefusalGround
from requests_app.models import Decision, DisclosureRequest
from requests_app.services import decisions, second_look
from requests_app.services.errors import InvalidDecision
from tests.factories.consent import OperatorFactory, PurposeFactory, RequestRuleFactory, catalogue
from tests.factories.core import StaffFactory as ManagerFactory
from tests.factories.core import pass_second_factor
from tests.factories.requests import DecisionFactory, RequestFactory, StaffFactory
from tests.requests_app.admin.test_cases import address

from .test_every_right import NOW, answer

pytestmark = pytest.mark.django_db
PARTLY = {"ground": "harm_to_person", "reason": "理由です。"}


def case() -> tuple[DisclosureRequest, dict[str, DataItem]]:
    OperatorFactory()
    RequestRuleFactory()
    return RequestFactory.in_review(), catalogue()


def own(requires: list[str], *, requests: list[str] | None = None, article: str = "") -> RefusalGround:
    return RefusalGround.objects.create(
        code=f"own{RefusalGround.objects.count()}",
        text_ja="公序良俗に反するとき",
        text_en="Against public morals",
        requests=requests or ["disclosure"],
        article=article,
        statutory=bool(article),
        requires=requires,
    )


def decide(request: DisclosureRequest, outcome: str = "partly", **values: object) -> Decision:
    proposal = decisions.Proposal(outcome, **{**PARTLY, **values})  # type: ignore[arg-type]
    return decisions.decide(request=request, actor=StaffFactory(), proposal=proposal, now=NOW)


def test_each_item_has_its_own_ground_in_the_letter() -> None:
    request, items = case()
    withheld = [items["note"], items["inquiry"]]
    text = answer(request, "partly", withheld_items=withheld, part_grounds={"note": "business_hindrance"}, **PARTLY)
    assert f"{items['note']}（第33条第2項第2号：業務の適正な実施に著しい支障" in text
    assert f"{items['inquiry']}（第33条第2項第1号：本人または第三者" in text
    assert Decision.objects.get().part_grounds == {"note": "business_hindrance"}


def test_each_purpose_has_its_own_ground_in_the_letter() -> None:
    OperatorFactory()
    request = RequestFactory.in_review(request_type="stop_use", grounds=["beyond_purpose", "no_longer_needed"])
    order, news = PurposeFactory(text_ja="お届けのため"), PurposeFactory(text_ja="ご案内のため")
    text = answer(
        request,
        "partly",
        ground="claim_wrong",
        reason="理由です。",
        withheld_purposes=[order, news],
        part_grounds={news.code: "newer_claim_wrong"},
    )
    assert "お届けのため（第35条第2項" in text
    assert "ご案内のため（第35条第6項" in text


def test_what_is_the_same_or_not_withheld_is_not_kept() -> None:
    request, items = case()
    parts = {"note": "harm_to_person", "inquiry": "business_hindrance"}
    assert decide(request, withheld_items=[items["note"]], part_grounds=parts).part_grounds == {}


@pytest.mark.parametrize("ground", ["too_much_work", "content_true", ""])
def test_a_part_has_a_ground_of_the_law(ground: str) -> None:
    request, items = case()
    with pytest.raises(InvalidDecision) as refused:
        decide(request, withheld_items=[items["note"]], part_grounds={"note": ground})
    assert refused.value.field == "ground"


def test_the_database_keeps_parts_to_partial_answers_and_own_grounds_beside_the_law() -> None:
    request, _items = case()
    for wrong in ({"part_grounds": {"note": "harm_to_person"}}, {"own_ground": own(["33(2)i"])}):
        with pytest.raises(IntegrityError), transaction.atomic():
            DecisionFactory(request=request, **wrong)


def test_a_ground_of_the_policy_needs_one_of_the_law_that_it_names() -> None:
    request, _items = case()
    beside, other = own(["33(2)i", "33(2)iii"]), own(["33(2)ii"])
    with pytest.raises(InvalidDecision) as refused:
        decide(request, "refused", own_ground=other)
    assert refused.value.field == "own_ground"
    with pytest.raises(InvalidDecision):
        decide(request, "refused", ground="", own_ground=beside)
    text = answer(request, "refused", own_ground=beside, **PARTLY)
    assert "（当社の定め：公序良俗に反するとき）" in text


def test_only_grounds_of_the_policy_about_this_type_are_offered() -> None:
    request, _items = case()
    fits, statutory = own(["33(2)i"]), own([], article="33(2)ii")
    own(["33(2)i"], requests=["erasure"])
    own(["35(2)"])
    RefusalGround.objects.create(
        code="retired", text_ja="x", text_en="x", requests=["disclosure"], article="33(2)i", active=False
    )
    assert decisions.own_grounds_for(request, "refused") == [fits, statutory]
    assert decisions.own_grounds_for(request, "granted") == []
    with pytest.raises(InvalidDecision) as refused:
        decide(request, "refused", own_ground=RefusalGround.objects.get(code="retired"))
    assert refused.value.field == "own_ground"
    # What an outcome without a ground left in the form is dropped.
    assert decide(request, "granted", own_ground=fits).own_ground is None


def test_the_grounds_go_through_the_second_look() -> None:
    request, items = case()
    mine = own(["33(2)i"])
    StaffFactory()
    content = decisions.Proposal(
        "partly",
        own_ground=mine,
        part_grounds={"note": "business_hindrance"},
        withheld_items=[items["note"], items["inquiry"]],
        **PARTLY,  # type: ignore[arg-type]
    )
    held = second_look.propose(request=request, actor=StaffFactory(), proposal=content, now=NOW)
    made = second_look.approve(proposal=held, actor=StaffFactory(), now=NOW)
    assert (made.own_ground, made.part_grounds) == (mine, {"note": "business_hindrance"})


def test_the_page_that_confirms_asks_for_each_ground_and_keeps_it(client: Client) -> None:
    request, items = case()
    mine = own(["33(2)i"])
    pass_second_factor(client, ManagerFactory())
    sent = {
        "outcome": "partly",
        **PARTLY,
        "own_ground": mine.pk,
        "withheld_items": [items["note"].pk, items["inquiry"].pk],
        "part_note": "business_hindrance",
        "part_name": "business_hindrance",
    }
    page = client.post(address(request, "decide"), sent)
    text = page.content.decode()
    assert [field.name for field in page.context["parts"]] == ["part_inquiry", "part_note"]
    assert "公序良俗に反するとき" in text
    assert "第33条第2項第2号：業務の適正な実施" in text
    back = client.post(address(request, "decide"), {**sent, "change": "1"}).content.decode()
    assert '<input type="hidden" name="part_note" value="business_hindrance"' in back
    wrong = client.post(address(request, "decide"), {**sent, "part_note": "content_true", "confirmed": "1"})
    assert wrong.context["form"].errors.keys() == {"part_note"}
    client.post(address(request, "decide"), {**sent, "confirmed": "1"})
    made = Decision.objects.get()
    assert (made.part_grounds, made.own_ground) == ({"note": "business_hindrance"}, mine)
    assert "第33条第2項第2号：業務の適正な実施" in client.get(address(request)).content.decode()
