"""Every page of portal and admin speaks one language: no Japanese on an English page, no English on a Japanese one.

The pages are found by following links from the first pages; what the address table has besides must be named here.
"""

import re
import uuid
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from django.conf import settings
from django.db.models import Model
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, resolve, reverse
from django.utils import timezone

from consent_app.models import (
    Customer,
    CustomerChange,
    DataItem,
    EmailChange,
    Operator,
    ProvisionBasis,
    Purpose,
    RecipientSuspension,
    RequestRule,
    SecondLookRule,
    StatisticsRelease,
)
from consent_app.selectors import forget_operator
from consent_app.services import customer_changes, imports, profiles, suspensions
from privacy_portal.core.models import User
from privacy_portal.core.services import outbox
from requests_app.domain.instructions import Kind
from requests_app.domain.transitions import Status
from requests_app.models import (
    CallBack,
    CaseFinding,
    DecisionProposal,
    DisclosureRequest,
    EvidenceRequest,
    Instruction,
    Party,
    PostCode,
    RequestedChange,
    RetentionHold,
)
from requests_app.portal.offers import offers
from requests_app.portal.wizard import steps_of
from requests_app.services import (
    call_backs,
    decisions,
    found_contents,
    fulfilment,
    holds,
    instructions,
    intake,
    notes,
    post_codes,
    second_look,
)
from tests.factories import evidence, joint_uses, matters, policies
from tests.factories.consent import ConsentFactory, CustomerFactory, OrderFactory, ProvisionFactory, RecipientFactory
from tests.factories.core import (
    PASSWORD,
    EnrolledStaffFactory,
    StaffFactory,
    UserFactory,
    pass_second_factor,
    sign_in_by_code,
)
from tests.factories.instructions import WAREHOUSE
from tests.factories.requests import FeeFactory, MessageFactory, PartyFactory, RequestFactory
from tests.factories.trackers import TrackerFactory
from tests.support.looks import ClientWithReasons, is_asked
from tests.support.words import ENGLISH, JAPANESE, stored_values, words_and_links

pytestmark = pytest.mark.django_db

LANGUAGES = ("ja", "en")
# Japanese on every page: the language in its own words.
JAPANESE_NAMES = ("日本語",)
# English on Japanese pages: names, formats and what stands in files.
ENGLISH_NAMES = {
    *("Privacy", "Portal", "English", "Shopify", "EC", "CUBE", "BASE", "Shift_JIS", "JavaScript", "Cookie", "Message"),
    *("CSV", "PDF", "PNG", "JPEG", "ZIP", "JSON", "HTML", "Markdown", "TOML", "UTF", "SMS", "ISO", "alpha"),
    *("index", "data", "csv", "load_profile", "esc"),
    *("Global", "Control", "GPC", "URL", "sessionid", "csrftoken", "django_language", "known_device", "messages"),
    *("group", "ad_cookie"),
    # A key, a source as it is stored, and what a building block replaces.
    *("Enter", "shopify", "article", "items"),
}
QUERIES_A_VIEW = 4
# A form that is filled in and not sent.
ANSWERS = {
    "requester": "person",
    "family_name": "高橋",
    "given_name": "花子",
    "family_kana": "",
    "given_kana": "",
    "postal_code": "1000001",
    "prefecture": "東京都",
    "address1": "千代田区例町4-5-6",
    "address2": "",
    "telephone": "09012345678",
    "customer_number": "",
    "birth_date": "",
    "order_number": "",
    "registered_postal_code": "",
    "registered_address": "",
    "wants_everything": "True",
    "wanted_items": [],
    "wanted_note": "",
    "answer_method": "download",
    "answer_method_note": "",
}
# Mail and web addresses, identifiers, masked names, names of settings.
NO_WORDS = re.compile(r"\S+@\S+|https?://\S+|\b[0-9a-f][0-9a-f-]{19,}\b|\S●+|[A-Z]+(?:_[A-Z]+)+")


def pages(client: Client, starts: list[str], language: str, each: int = 40) -> Iterator[tuple[str, str, str]]:
    """Follow every link from ``starts``: address, name of the view, page. A view is seen a few times with a query."""
    waiting, seen, counts = list(starts), set(starts), Counter[str]()
    while waiting:
        address = waiting.pop(0)
        path, query = urlsplit(address).path, urlsplit(address).query
        name = resolve(path).view_name
        counts[f"{name}?" if query else name] += 1
        if counts[f"{name}?" if query else name] > (QUERIES_A_VIEW if query else each):
            continue
        response = client.get(address, headers={"accept-language": language})
        if response.status_code in (301, 302):
            target = urljoin(address, response.headers["Location"])
            if target not in seen:
                seen.add(target)
                waiting.append(target)
            continue
        if not response.headers.get("Content-Type", "").startswith("text/html") or response.streaming:
            continue
        assert response.status_code == 200, address
        assert response.headers["Content-Language"] == language, address
        page = response.content.decode()
        yield address, name, page
        for link in words_and_links(page, language)[1]:
            target = urljoin(address, link).split("#")[0]
            here = not urlsplit(target).netloc and urlsplit(target).path.startswith("/")
            if here and not target.startswith((settings.STATIC_URL, "/dev/")) and target not in seen:
                seen.add(target)
                waiting.append(target)


def foreign(page: str, language: str, data: list[str]) -> set[str]:
    """What on the page is not in its language and no data either."""
    found = set()
    for text in words_and_links(page, language)[0]:
        rest = NO_WORDS.sub(" ", text)
        pattern = JAPANESE if language == "en" else ENGLISH
        if not pattern.search(rest):
            continue
        for value in data:
            # Titles begin with a capital letter; a short value must not eat a part of a word.
            if value.lower() in rest.lower():
                rest = re.sub(rf"(?<![A-Za-z]){re.escape(value)}(?![A-Za-z])", " ", rest, flags=re.IGNORECASE)
        if language == "en":
            for name in JAPANESE_NAMES:
                rest = rest.replace(name, " ")
            if JAPANESE.search(rest):
                found.add(text)
        elif any(word not in ENGLISH_NAMES for word in ENGLISH.findall(rest)):
            found.add(text)
    return found


def names_in(resolver: URLResolver, namespace: str = "") -> Iterator[str]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from names_in(entry, inner)
        elif isinstance(entry, URLPattern) and entry.name:
            yield f"{namespace}{entry.name}"


@pytest.fixture
def manager() -> User:
    return make_manager()


def make_manager() -> User:
    """The manager of the product as it runs: a profile, imported customers, a request in every state, jobs, mails."""
    manager = EnrolledStaffFactory()
    profiles.load_profile(profile=profiles.read_profile("rokusho"), actor=manager)
    data = Path(settings.BASE_DIR) / "tests" / "data"
    with (data / "base_orders.csv").open("rb") as file:
        batch = imports.upload(content=file, actor=manager)
    imports.try_out(batch=batch, now=timezone.now())
    outbox.enqueue(
        template="staff_security",
        recipient=manager.email,
        language="ja",
        user=manager,
        context={"event": "app_added", "name": str(manager)},
    )
    policies.draft(effective_from=timezone.localdate())
    policies.published(effective_from=timezone.localdate() + timedelta(days=30), material=True)
    joint_use = joint_uses.published(items=("name",), purposes=(Purpose.objects.earliest("pk").code,))
    joint_use.purposes.add(Purpose.objects.latest("pk"))
    joint_uses.announce(joint_use, effective_from=joint_uses.today(20), announced_on=joint_uses.today())
    joint_uses.draft(code="lacking", users_en="")
    TrackerFactory(to_advertisers=True)
    matters.publish(now=timezone.now())
    for table, row in (("age_gender", "20"), ("prefecture", "東京都"), ("requests", "disclosure")):
        StatisticsRelease.objects.create(
            table=table, minimum=10, shown=[[row, "*", 20], ["*", "*", 30]], counted=[], made_by=manager
        )
    customer = CustomerFactory()
    RecipientFactory(record=OrderFactory(customer=customer))
    ConsentFactory(customer=customer, purpose=Purpose.objects.earliest("pk"))
    ProvisionFactory(customer=customer, basis=ProvisionBasis.objects.earliest("pk"), items=DataItem.objects.all()[:2])
    for status in Status:
        MessageFactory(request=RequestFactory.in_status(status))
    RequestFactory.by_letter(Status.IN_REVIEW)
    agents = RequestFactory.waiting_for_identity(role="mandated_agent")
    PartyFactory(request=agents, kind="agent")
    EvidenceRequest.objects.create(request=agents, proofs=["principal", "agent", "authority", "seal"])
    evidence.given(agents, state="draft", given_at=None)
    evidence.checked(agents, "mandate", "authority", covers_receipt=False)
    for case in (RequestFactory.in_identity_review(), RequestFactory.by_letter(Status.IDENTITY_REVIEW)):
        post_codes.order(request=case, actor=manager, customer=customer, now=timezone.now())
    Operator.objects.update(identity_means=Operator.IdentityMeans.values)
    forget_operator()
    by_telephone = RequestFactory.in_identity_review()
    call_backs.announce(request=by_telephone, actor=manager, customer=customer, now=timezone.now())
    correction = RequestFactory.in_review(request_type="correction", grounds=["untrue"])
    instructions.create(request=correction, addressee=WAREHOUSE, kind=Kind.ERASE, actor=manager, now=timezone.now())
    rare_states(manager)
    address = DataItem.objects.get(code="address")
    RequestedChange.objects.create(
        request=correction, position=1, item=address, present="例町1", wanted="例町2", why="引っ越した"
    )
    return manager


def rare_states(manager: User) -> None:
    """Cases whose pages exist in a state that few are in: held, proposed, corrected, silent on paper."""
    now, other = timezone.now(), StaffFactory()
    inquiry = RequestFactory.in_review(request_type="inquiry")
    SecondLookRule.objects.update_or_create(code="inquiry", defaults={"outcomes": ["replied"]})
    second_look.propose(request=inquiry, actor=other, proposal=decisions.Proposal("replied", reason="返答"), now=now)
    held = RequestFactory.withdrawn()
    holds.place(request=held, kind="suit", reason="訴え", actor=manager, now=now)
    corrected = RequestFactory.in_review(request_type="correction", grounds=["untrue"])
    customer_changes.change_customer(
        customer=corrected.customer,
        values={"company": {"company": "例社"}},
        actor=manager,
        channel="request",
        reference=corrected.receipt_number,
        now=now,
    )
    RequestFactory.by_letter(Status.WAITING, status_changed_at=now - timedelta(days=10))
    got_a_gift = {"family_name": "贈田", "given_name": "先夫", "postal_code": RecipientFactory().postal_code}
    RequestFactory.in_review(party=got_a_gift)
    stopped = RequestFactory.answered(request_type="stop_use", customer=None)
    suspensions.suspend_recipient(
        recipient=RecipientFactory(), kind="use", actor=manager, ground="35(5)", reference=stopped.receipt_number,
        now=now,
    )  # fmt: skip
    RequestRule.objects.filter(request_type="disclosure").update(fee=RequestRule.Fee.FIXED, fee_yen=1100)
    FeeFactory(request=RequestFactory.by_letter(Status.FEE_WAITING))
    finding = notes.find(
        request=RequestFactory.in_review(party={"family_name": "応募田"}),
        actor=manager, item=None, place="応募書類の棚", result="found", note="", now=now,
    )  # fmt: skip
    found_contents.put_in(finding=finding, actor=manager, text="応募の書類の写し", file=None, now=now)


def addresses_of_rare_states() -> Iterator[str]:
    """Behind one of many cases, of which the walk sees a few only."""
    yield reverse("admin:requests_app_case_instruction", args=[Instruction.objects.get().request_id, 1])
    stop = RecipientSuspension.objects.get()
    case = DisclosureRequest.objects.get(receipt_number=stop.reference)
    yield reverse("admin:requests_app_case_end_stop", args=[case.pk, stop.pk])
    finding = CaseFinding.objects.get()
    yield reverse("admin:requests_app_case_found", args=[finding.request_id, finding.pk])
    yield reverse("admin:requests_app_case_second_look", args=[DecisionProposal.objects.get().request_id])
    yield reverse("admin:requests_app_case_unhold", args=[RetentionHold.objects.get().request_id])
    change = CustomerChange.objects.get()
    case = DisclosureRequest.objects.get(receipt_number=change.reference)
    yield reverse("admin:requests_app_case_take_back", args=[case.pk, change.pk])
    for name, by_letter in (("code_letter", False), ("code_told", True)):
        ordered = PostCode.objects.get(request__registered_by__isnull=not by_letter)
        yield reverse(f"admin:requests_app_case_{name}", args=[ordered.request_id])
    yield reverse("admin:requests_app_case_call_back", args=[CallBack.objects.get().request_id])
    yield reverse("admin:requests_app_case_gifts", args=[Party.objects.get(family_name="贈田").request_id])
    charged = DisclosureRequest.objects.get(channel="letter", status=Status.FEE_WAITING)
    yield reverse("admin:requests_app_case_fee_accepted", args=[charged.pk])
    yield reverse("admin:requests_app_case_fee_declined", args=[charged.pk])
    registered = DisclosureRequest.objects.get(channel="letter", status=Status.IN_REVIEW)
    yield reverse("admin:requests_app_case_retype_to", args=[registered.pk, "correction"])
    silent = DisclosureRequest.objects.get(channel="letter", status=Status.WAITING)
    yield reverse("admin:requests_app_case_remind", args=[silent.pk])


@pytest.fixture
def person(manager: User) -> User:
    return make_person()


def make_person() -> User:
    """A customer with requests in every state, an answer to open, and an unfinished one."""
    person = UserFactory(email="hanako@post.example")
    DisclosureRequest.objects.filter(registered_by=None).update(applicant=person)
    decided = DisclosureRequest.objects.get(status=Status.FULFILLING)
    fulfilment.fulfil(request_id=decided.pk, now=timezone.now())
    intake.save_draft(user=person, request_type="disclosure", answers=ANSWERS, now=timezone.now())
    return person


def keys(model: type[Model]) -> list[object]:
    return list(model._default_manager.values_list("pk", flat=True))


def assert_one_language(client: Client, starts: list[str], language: str) -> set[str]:
    """Look at every page that links lead to; the names of the views that were seen."""
    seen = list(pages(client, starts, language))
    # Afterwards: looking at a page writes the audit trail, which another page shows.
    data = stored_values()
    strange: dict[str, str] = {}
    for address, _name, page in seen:
        for text in foreign(page, language, data):
            strange.setdefault(text, address)
    assert not strange, "\n".join(f"{address}: {text}" for text, address in strange.items())
    return {name for _address, name, _page in seen}


# Addresses of the portal that no link leads to by itself, or that show no page.
PORTAL_NO_PAGES = {
    *("sign_out", "set_language", "operator_css", "operator_logo", "sign_in_code", "answer_files", "answer_download"),
    *("consent_change", "consent_receipt", "registered_email_undo", "gpc_support", "fee_receipt", "request_again"),
    *("security_txt", "healthz", "readyz", "metrics"),
    *("trackers_refuse", "instruction", "message_file"),
    *("mandate_blank", "request_mandate", "request_document_page", "request_document_remove"),
}
# Addresses of a case that are posted to, or that show no page.
FOR_POSTING = (
    *("message", "message_file", "letter", "file", "receipt", "received", "found_file"),
    *("evidence_page", "evidence_cover", "evidence_judge"),
    *("answer_mail", "block", "question_letter", "second_look_letter", "print", "type_letter"),
)
# Shown to somebody who is a customer and has stated registered facts.
REGISTERED = {
    *("registered", "registered_open", "registered_history", "registered_change"),
    *("registered_email", "registered_email_new", "registered_email_old"),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_of_the_portal_speaks_one_language(client: Client, person: User, language: str) -> None:
    public = assert_one_language(client, ["/"], language)
    assert {"portal:home", "portal:contact", "portal:procedure", "portal:purposes", "portal:sign_in"} <= public
    sign_in_by_code(client, person)
    cases = [reverse("portal:request_detail", args=[row.receipt_number]) for row in person.disclosure_requests.all()]
    steps = [f"{offer.url}{step.slug}/" for offer in offers() for step in steps_of(offer.type)]
    done = [reverse("portal:request_done", args=[person.disclosure_requests.latest("received_at").receipt_number])]
    seen = assert_one_language(client, ["/", "/requests/", *cases, *steps, *done], language)
    every = {name for name in names_in(get_resolver()) if name.startswith("portal:")}
    registered = {f"portal:{name}" for name in REGISTERED}
    assert every - seen - public - registered == {f"portal:{name}" for name in PORTAL_NO_PAGES}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_of_registered_information_speaks_one_language(client: Client, person: User, language: str) -> None:
    customer = CustomerFactory(email=person.email)
    now = timezone.now()
    for item, values in {"company": {"company": "例社"}, "gender": {"gender": "male"}}.items():
        customer_changes.change_customer(
            customer=customer, values={item: values}, actor=person, channel="self", now=now
        )
    RecipientFactory(record=OrderFactory(customer=customer))
    sign_in_by_code(client, person)
    seen = assert_one_language(client, ["/registered/"], language)
    session = client.session
    session["registered_open"] = {"customer": str(customer.pk), "until": now.timestamp() + 600}
    session.save()
    change = EmailChange.objects.create(
        customer=customer,
        user=person,
        old_address=person.email,
        new_address="new@post.example",
        expires_at=now + timedelta(hours=1),
        new_code=uuid.uuid4(),
    )
    seen |= assert_one_language(client, ["/registered/", "/registered/email/new/"], language)
    EmailChange.objects.filter(pk=change.pk).update(new_confirmed_at=now)
    seen |= assert_one_language(client, ["/registered/email/old/"], language)
    check = client.post(
        "/registered/company/", {"company": "例社", "seen": "0" * 32}, headers={"accept-language": language}
    )
    assert not foreign(check.content.decode(), language, stored_values())
    wrong = client.get("/registered/email/undo/wrong/", headers={"accept-language": language})
    assert not foreign(wrong.content.decode(), language, stored_values())
    assert {f"portal:{name}" for name in REGISTERED} <= seen


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_of_the_admin_speaks_one_language(manager: User, language: str) -> None:
    client = ClientWithReasons()
    seen = assert_one_language(client, ["/staff/login/"], language)
    client.post("/staff/login/", {"login": StaffFactory().email, "password": PASSWORD})
    client.cookies.pop(settings.LANGUAGE_COOKIE_NAME)
    seen |= assert_one_language(client, ["/staff/second-factor/"], language)
    pass_second_factor(client, manager)
    customer = reverse("admin:consent_app_customer_change", args=[Customer.objects.latest("created_at").pk])
    asked = Client.get(client, customer, headers={"accept-language": language})
    assert is_asked(asked)
    assert not foreign(asked.content.decode(), language, stored_values())
    cases = [reverse("admin:requests_app_disclosurerequest_change", args=[pk]) for pk in keys(DisclosureRequest)]
    starts = ["/admin/", "/staff/second-factor/", "/staff/second-factor/passkeys/", "/staff/logout/", *cases]
    seen |= assert_one_language(client, [*starts, *addresses_of_rare_states()], language)
    every = set(names_in(get_resolver()))
    lists = {name for name in every if name.endswith("_changelist")}
    steps = {name for name in every if name.startswith("admin:requests_app_case_")}
    for_posting = {f"admin:requests_app_case_{name}" for name in FOR_POSTING}
    second_factor = {"staff_sessions", "mfa_index", "mfa_activate_totp", "mfa_view_recovery_codes", "mfa_list_webauthn"}
    assert (lists | second_factor | (steps - for_posting)) - seen == set()


@pytest.mark.parametrize(("stored", "shown"), [("ja", "今日の仕事"), ("en", "Today’s work")])
def test_admin_follows_the_account_after_the_sign_in(client: Client, stored: str, shown: str) -> None:
    manager = StaffFactory(language=stored)
    response = client.post("/staff/login/", {"login": manager.email, "password": PASSWORD})
    assert response.status_code == 302
    assert client.cookies[settings.LANGUAGE_COOKIE_NAME].value == stored
    pass_second_factor(client, manager)
    assert shown in client.get("/admin/").content.decode()


def test_staff_switch_the_language_in_the_menu_of_their_account(client: Client) -> None:
    manager = EnrolledStaffFactory(language="ja")
    pass_second_factor(client, manager)
    page = client.get("/admin/").content.decode()
    assert page.count(f'action="{reverse("portal:set_language")}"') == len(LANGUAGES)
    client.post(reverse("portal:set_language"), {"language": "en"}, headers={"referer": "http://testserver/admin/"})
    assert "Today’s work" in client.get("/admin/").content.decode()
    manager.refresh_from_db()
    assert manager.language == "en"


TEMPLATES = Path(settings.BASE_DIR) / "templates"
EMAILS = sorted(path.name for path in (TEMPLATES / "emails").iterdir() if path.is_dir())


@pytest.mark.parametrize("mail", EMAILS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_mail_is_written_in_both_languages(mail: str, language: str) -> None:
    folder = TEMPLATES / "emails" / mail / language
    assert {path.name for path in folder.iterdir()} == {"subject.txt", "body.txt", "body.html"}
    for path in folder.iterdir():
        text = re.sub(r"{[{%].*?[}%]}|<[^>]*>", " ", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        assert bool(JAPANESE.search(text)) == (language == "ja"), path
