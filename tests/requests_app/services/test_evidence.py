"""Documents: asked, sent, looked at, covered, judged, erased; and that nobody is confirmed without them."""

import io
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.db.utils import DatabaseError
from PIL import Image

from consent_app.models import RequestRule
from privacy_portal.core.models import AuditEntry, EncryptedFile, OutgoingMail
from privacy_portal.core.services import files
from requests_app.domain.evidence import Proof
from requests_app.domain.transitions import Status, TransitionRefused
from requests_app.models import (
    Decision,
    DisclosureRequest,
    Evidence,
    EvidenceJudgement,
    EvidencePage,
    EvidenceRequest,
    Party,
)
from requests_app.services import (
    access,
    answer_mails,
    decisions,
    evidence,
    evidence_pages,
    evidence_review,
    evidence_state,
    identity,
    lifecycle,
)
from requests_app.services.decisions import Proposal
from requests_app.services.errors import (
    AddressMissing,
    EvidenceMissing,
    EvidenceRefused,
    InvalidDecision,
    NoAccount,
    NotAllowed,
)
from requests_app.services.evidence_pages import Box
from tests.factories.consent import CustomerFactory, OperatorFactory, RequestRuleFactory
from tests.factories.evidence import checked, everything_for_mandate, given, pdf, picture, upload
from tests.factories.requests import PartyFactory, PersonFactory, RequestFactory, StaffFactory
from tests.support.concurrency import run_at_once

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _rule(db: None) -> None:
    RequestRuleFactory()


def asked(role: str = "person", **kwargs: Any) -> DisclosureRequest:
    """A request that waits for documents, asked for by the rule."""
    request = RequestFactory.waiting_for_identity(role=role, **kwargs)
    if role != "person":
        PartyFactory(request=request, kind=Party.Kind.AGENT, family_name="代理", given_name="人子")
    proofs = sorted(evidence_state.required(request)) or [Proof.PRINCIPAL]
    EvidenceRequest.objects.create(request=request, proofs=proofs, asked_at=request.received_at)
    return request


def add(request: DisclosureRequest, proof: str = "principal", document: str = "passport", *sent: Any) -> Evidence:
    assert request.applicant is not None
    return evidence.add(
        request=request, actor=request.applicant, proof=proof, document=document, uploads=sent or [upload()], now=NOW
    )


class TestAsking:
    def test_staff_ask_and_the_clock_stands_still_until_they_come(self) -> None:
        request = RequestFactory.in_identity_review()
        target = request.target_on
        row = evidence.ask(
            request=request,
            actor=StaffFactory(),
            requester="recipient",
            proofs=["connection", "principal"],
            note="送り状があればお送りください。",
            now=NOW,
        )
        assert request.status == Status.IDENTITY_WAITING
        assert (row.requester, row.proofs) == ("recipient", ["principal", "connection"])
        assert OutgoingMail.objects.get().template == "request_documents_asked"
        assert evidence_state.documents_owed(request)
        add(request)
        evidence.send(request=request, actor=request.applicant, now=NOW + timedelta(days=7))
        request.refresh_from_db()
        assert request.status == Status.IDENTITY_REVIEW
        assert request.target_on > target
        assert "送り状" not in str(AuditEntry.objects.values_list("detail", flat=True))

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"requester": "parent"}, "requester"),
            ({"requester": ""}, "requester"),
            ({"proofs": []}, "proofs"),
            ({"proofs": ["authority"]}, "proofs"),
            ({"note": "免許証の番号は 123456789012 です"}, "note"),
            ({"note": "あ" * 1001}, "note"),
        ],
    )
    def test_what_cannot_be_asked(self, values: dict[str, Any], field: str) -> None:
        request = RequestFactory.in_identity_review()
        given_ = {"requester": "person", "proofs": ["principal"], "note": ""} | values
        with pytest.raises(EvidenceRefused) as caught:
            evidence.ask(request=request, actor=StaffFactory(), now=NOW, **given_)
        assert caught.value.field == field
        assert not EvidenceRequest.objects.exists()

    def test_by_whom_and_when(self) -> None:
        values: dict[str, Any] = {"requester": "person", "proofs": ["principal"], "note": "", "now": NOW}
        request = RequestFactory.in_identity_review()
        with pytest.raises(NotAllowed):
            evidence.ask(request=request, actor=PersonFactory(is_staff=True), **values)
        with pytest.raises(TransitionRefused):
            evidence.ask(request=RequestFactory.in_review(), actor=StaffFactory(), **values)
        letter = RequestFactory.by_letter(Status.IDENTITY_REVIEW)
        with pytest.raises(NoAccount):
            evidence.ask(request=letter, actor=StaffFactory(), **values)

    def test_an_agent_is_asked_at_once_by_the_worker(self) -> None:
        request = RequestFactory.received(role="mandated_agent")
        PartyFactory(request=request, kind=Party.Kind.AGENT)
        identity.verify(request_id=request.pk, now=NOW)
        row = EvidenceRequest.objects.get()
        assert (row.asked_by, set(row.proofs)) == (None, {"principal", "agent", "authority", "seal"})
        identity.verify(request_id=request.pk, now=NOW)
        assert EvidenceRequest.objects.count() == 1

    def test_who_said_who_they_are_is_asked_by_their_row_of_the_table(self) -> None:
        request = RequestFactory.received(role="statutory_agent", requester="guardian")
        PartyFactory(request=request, kind=Party.Kind.AGENT)
        identity.verify(request_id=request.pk, now=NOW)
        row = EvidenceRequest.objects.get()
        assert row.requester == "guardian"
        authority = next(need for need in evidence_state.asked_needs(row) if need.proof == "authority")
        assert authority.documents == ("guardianship_certificate",)

    def test_what_helps_to_find_the_data_is_asked_and_not_required(self) -> None:
        RequestRule.objects.update(identity_level=3)
        request = RequestFactory.received(requester="applicant")
        identity.verify(request_id=request.pk, now=NOW)
        needs = evidence_state.asked_needs(EvidenceRequest.objects.get())
        assert [(need.proof, need.required) for need in needs] == [("principal", True), ("connection", False)]

    @pytest.mark.parametrize(("role", "requester"), [("person", "parent"), ("mandated_agent", "guardian")])
    def test_who_asks_fits_the_role(self, role: str, requester: str) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            RequestFactory.received(role=role, requester=requester)

    def test_a_letter_is_looked_at_by_staff(self) -> None:
        request = RequestFactory.by_letter(role="mandated_agent")
        identity.verify(request_id=request.pk, now=NOW)
        request.refresh_from_db()
        assert request.status == Status.IDENTITY_REVIEW

    def test_rows_are_only_added(self) -> None:
        request = asked()
        with pytest.raises(DatabaseError), transaction.atomic():
            EvidenceRequest.objects.update(requester="person")
        with pytest.raises(DatabaseError), transaction.atomic():
            EvidenceJudgement.objects.filter(pk=checked(request, "passport", "principal").judgements.get().pk).update(
                accepted=False
            )


class TestSentTogether:
    """Whoever asks for two things at once shows who they are once; each request judges for itself."""

    @pytest.fixture
    def pair(self) -> tuple[DisclosureRequest, DisclosureRequest]:
        first = asked("mandated_agent")
        second = asked("mandated_agent", applicant=first.applicant, request_type="purpose_notice", visit=first.pk)
        DisclosureRequest.objects.filter(pk=first.pk).update(visit=first.pk)
        first.refresh_from_db()
        return first, second

    @pytest.mark.parametrize("way", [0, 1])
    def test_what_is_sent_for_one_is_given_for_the_other(
        self, pair: tuple[DisclosureRequest, DisclosureRequest], way: int
    ) -> None:
        here, there = pair[way], pair[1 - way]
        add(here, "agent", "passport")
        evidence.send(request=here, actor=here.applicant, now=NOW)
        there.refresh_from_db()
        copied = there.evidence.get()
        assert (there.status, copied.state, copied.party) == (Status.IDENTITY_REVIEW, "given", "agent")
        own = here.evidence.get().pages.get().file
        assert copied.pages.get().file_id != own.pk
        assert evidence_pages.content_of(copied.pages.get().file) == evidence_pages.content_of(own)

    def test_one_is_judged_without_the_other(self, pair: tuple[DisclosureRequest, DisclosureRequest]) -> None:
        first, second = pair
        add(first, "authority", "mandate")
        evidence.send(request=first, actor=first.applicant, now=NOW)
        evidence_review.reject(
            evidence=first.evidence.get(), actor=StaffFactory(), reason="incomplete", note="", erase_now=True, now=NOW
        )
        assert second.evidence.get().state == "given"
        assert second.evidence.get().pages.get().file.erased_at is None
        assert Proof.AUTHORITY in evidence_state.missing(second)

    def test_paper_that_staff_write_down_serves_both(self, pair: tuple[DisclosureRequest, DisclosureRequest]) -> None:
        first, second = pair
        evidence.record(
            request=first, actor=StaffFactory(), proof="authority", document="mandate", way="post",
            came_on=NOW.date(), uploads=[], now=NOW,
        )  # fmt: skip
        assert second.evidence.get().came_on == NOW.date()

    def test_what_came_before_the_second_is_taken_over(self) -> None:
        first = RequestFactory.in_identity_review(role="mandated_agent")
        everything_for_mandate(first)
        second = RequestFactory.received(role="mandated_agent", applicant=first.applicant, visit=first.pk)
        DisclosureRequest.objects.filter(pk=first.pk).update(visit=first.pk)
        for _again in range(2):
            identity.verify(request_id=second.pk, now=NOW)
        second.refresh_from_db()
        assert second.status == Status.IDENTITY_REVIEW
        assert set(second.evidence.values_list("state", flat=True)) == {"given"}
        assert second.evidence.count() == first.evidence.count()
        assert not second.evidence_requests.exists()

    def test_only_what_is_missing_is_asked(self) -> None:
        first = RequestFactory.in_identity_review(role="mandated_agent")
        given(first, "passport", "agent")
        given(first, "mandate", "authority", state="rejected")
        second = RequestFactory.received(role="mandated_agent", applicant=first.applicant, visit=first.pk)
        DisclosureRequest.objects.filter(pk=first.pk).update(visit=first.pk)
        identity.verify(request_id=second.pk, now=NOW)
        assert set(second.evidence_requests.get().proofs) == {"principal", "authority", "seal"}

    def test_an_agent_without_a_mandate_is_not_confirmed_by_the_other_request(self) -> None:
        first = RequestFactory.in_review(role="mandated_agent")
        everything_for_mandate(first)
        second = RequestFactory.in_identity_review(role="mandated_agent", applicant=first.applicant, visit=first.pk)
        DisclosureRequest.objects.filter(pk=first.pk).update(visit=first.pk)
        with pytest.raises(EvidenceMissing):
            identity.confirm(request=second, customer=first.customer, note="見た", actor=StaffFactory(), now=NOW)


class TestSending:
    def test_nothing_of_the_file_that_came_is_kept_but_what_is_seen(self) -> None:
        page = add(asked()).pages.get()
        kept = evidence_pages.content_of(page.file)
        assert b"SECRET-PLACE" in picture()
        assert b"SECRET-PLACE" not in kept
        assert Image.open(io.BytesIO(kept)).format == "JPEG"
        assert page.file.name.endswith("-document.jpg")

    def test_a_telephones_photo_is_made_smaller(self) -> None:
        page = add(asked(), "principal", "passport", upload(picture((4000, 3000)))).pages.get()
        assert max(Image.open(io.BytesIO(evidence_pages.content_of(page.file))).size) == 2400

    def test_a_pdf_becomes_pictures_page_by_page(self) -> None:
        row = add(asked(), "principal", "passport", upload(pdf(2), "scan.pdf"), upload())
        assert list(row.pages.values_list("position", flat=True)) == [1, 2, 3]
        assert {page.file.content_type for page in row.pages.all()} == {"image/jpeg"}

    @pytest.mark.parametrize(
        "sent",
        [
            [SimpleUploadedFile("x.jpg", b"<html><script>alert(1)</script>")],
            [SimpleUploadedFile("x.pdf", b"%PDF-1.7 broken")],
            [SimpleUploadedFile("x.jpg", b"")],
            [SimpleUploadedFile("x.exe", b"MZ\x90\x00" * 20)],
            [SimpleUploadedFile(f"{n}.jpg", b"\xff\xd8\xff") for n in range(7)],
            [upload(pdf(7), "long.pdf")],
            [],
        ],
        ids=["a lie", "broken", "empty", "a program", "too many files", "too many pages", "nothing"],
    )
    def test_a_file_that_is_not_taken(self, sent: list[Any]) -> None:
        request = asked()
        with pytest.raises(EvidenceRefused) as caught:
            evidence.add(
                request=request,
                actor=request.applicant,  # type: ignore[arg-type]
                proof="principal",
                document="passport",
                uploads=sent,
                now=NOW,
            )
        assert caught.value.field == "copies"
        assert str(caught.value)
        assert not Evidence.objects.exists()
        assert not EncryptedFile.objects.exists()

    @pytest.mark.parametrize(("proof", "document"), [("authority", "mandate"), ("principal", "mandate"), ("", "")])
    def test_what_was_not_asked_for(self, proof: str, document: str) -> None:
        with pytest.raises(EvidenceRefused):
            add(asked(), proof, document)

    def test_only_while_it_is_asked_for_and_only_by_the_person(self) -> None:
        with pytest.raises(EvidenceRefused):
            add(RequestFactory.waiting_for_identity())
        with pytest.raises(EvidenceRefused):
            add(RequestFactory.in_review())
        request = asked()
        with pytest.raises(NotAllowed):
            evidence.add(
                request=request,
                actor=StaffFactory(),
                proof="principal",
                document="passport",
                uploads=[upload()],
                now=NOW,
            )

    def test_taken_away_before_sending_it_is_gone(self) -> None:
        request = asked()
        row = add(request)
        file = row.pages.get().file
        other = asked()
        assert not evidence.remove(request=other, actor=other.applicant, evidence_id=row.pk)  # type: ignore[arg-type]
        assert evidence.remove(request=request, actor=request.applicant, evidence_id=row.pk)  # type: ignore[arg-type]
        assert not evidence.remove(request=request, actor=request.applicant, evidence_id=row.pk)  # type: ignore[arg-type]
        file.refresh_from_db()
        assert file.erased_at is not None
        with pytest.raises(files.FileErased):
            b"".join(files.open_stream(file))

    def test_what_was_sent_stays_sent(self) -> None:
        request = asked()
        row = add(request)
        evidence.send(request=request, actor=request.applicant, now=NOW)  # type: ignore[arg-type]
        assert not evidence.remove(request=request, actor=request.applicant, evidence_id=row.pk)  # type: ignore[arg-type]
        page = row.pages.get()
        assert evidence.own_draft_page(request=request, actor=request.applicant, page_id=page.pk) is None  # type: ignore[arg-type]
        with pytest.raises(EvidenceRefused):
            evidence.send(request=request, actor=request.applicant, now=NOW)  # type: ignore[arg-type]

    def test_more_can_be_sent_while_staff_look(self) -> None:
        request = asked()
        for _time in range(2):
            add(request)
            evidence.send(request=request, actor=request.applicant, now=NOW)  # type: ignore[arg-type]
        assert list(request.events.order_by("pk").values_list("kind", flat=True))[-2:] == [
            "documents_sent",
            "documents_added",
        ]

    def test_unsent_pictures_do_not_lie_about(self) -> None:
        old, fresh, over = asked(), asked(), asked()
        for request in (old, fresh, over):
            add(request)
        Evidence.objects.filter(request=old).update(added_at=NOW - timedelta(days=4))
        DisclosureRequest.objects.filter(pk=over.pk).update(status=Status.WITHDRAWN, closed_at=NOW)
        assert evidence.purge_drafts(before=NOW - timedelta(days=3)) == 2
        assert Evidence.objects.get().request == fresh


class TestOnPaper:
    def test_what_came_by_post_with_a_scan(self) -> None:
        request = asked()
        row = evidence.record(
            request=request,
            actor=StaffFactory(),
            proof="principal",
            document="residence_record",
            way="post",
            came_on=date(2026, 11, 19),
            uploads=[upload()],
            now=NOW,
        )
        assert (row.state, row.pages.count(), request.status) == ("given", 1, Status.IDENTITY_REVIEW)

    def test_shown_at_the_counter_without_a_copy(self) -> None:
        request = RequestFactory.by_letter(Status.IDENTITY_REVIEW)
        row = evidence.record(
            request=request,
            actor=StaffFactory(),
            proof="principal",
            document="driving_licence",
            way="counter",
            came_on=date(2026, 11, 20),
            uploads=[],
            now=NOW,
        )
        assert row.pages.count() == 0

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"came_on": date(2026, 11, 21)}, "came_on"),
            ({"came_on": date(2025, 11, 1)}, "came_on"),
            ({"way": "upload"}, "way"),
            ({"document": "mandate"}, "document"),
        ],
    )
    def test_what_cannot_be(self, values: dict[str, Any], field: str) -> None:
        kept = {
            "proof": "principal",
            "document": "passport",
            "way": "post",
            "came_on": date(2026, 11, 20),
            "uploads": [],
            "now": NOW,
        } | values
        with pytest.raises(EvidenceRefused) as caught:
            evidence.record(request=RequestFactory.in_identity_review(), actor=StaffFactory(), **kept)  # type: ignore[arg-type]
        assert caught.value.field == field


class TestLooking:
    def test_the_name_of_who_looks_is_in_the_pixels(self) -> None:
        page = given(RequestFactory.in_identity_review()).pages.get()
        one = StaffFactory(display_name="佐藤")
        seen = evidence_review.look(page=page, actor=one, now=NOW)
        again = evidence_review.look(page=page, actor=StaffFactory(display_name="鈴木"), now=NOW)
        kept = evidence_pages.content_of(page.file)
        assert len({kept, seen, again}) == 3
        assert Image.open(io.BytesIO(seen)).size == Image.open(io.BytesIO(kept)).size
        entry = AuditEntry.objects.filter(action="evidence.opened").latest("pk")
        assert entry.detail == {"page": 1}

    def test_not_without_the_permission_nor_at_ones_own(self) -> None:
        request = RequestFactory.in_identity_review(applicant=StaffFactory())
        page = given(request).pages.get()
        for actor in (request.applicant, PersonFactory(is_staff=True), PersonFactory()):
            with pytest.raises(NotAllowed):
                evidence_review.look(page=page, actor=actor, now=NOW)  # type: ignore[arg-type]
        assert not AuditEntry.objects.filter(action="evidence.opened").exists()

    def test_not_before_it_is_sent(self) -> None:
        page = add(asked()).pages.get()
        with pytest.raises(EvidenceRefused):
            evidence_review.look(page=page, actor=StaffFactory(), now=NOW)

    def test_what_is_covered_is_gone_from_the_file(self) -> None:
        page = given(RequestFactory.in_identity_review()).pages.get()
        before = page.file
        row = evidence_review.cover(page=page, actor=StaffFactory(), boxes=[Box(70, 20, 20, 40)], now=NOW)
        before.refresh_from_db()
        assert before.erased_at is not None
        shown = Image.open(io.BytesIO(evidence_pages.content_of(row.file))).convert("RGB")
        assert max(shown.getpixel((480, 160))) < 12  # type: ignore[arg-type, type-var]
        assert min(shown.getpixel((300, 395))) > 240  # type: ignore[arg-type, type-var]
        assert row.masked_at == NOW

    @pytest.mark.parametrize("boxes", [[], [Box(90, 0, 20, 5)], [Box(-1, 0, 5, 5)], [Box(1, 1, 0, 5)]])
    def test_boxes_that_are_none(self, boxes: list[Box]) -> None:
        page = given(RequestFactory.in_identity_review()).pages.get()
        with pytest.raises(EvidenceRefused):
            evidence_review.cover(page=page, actor=StaffFactory(), boxes=boxes, now=NOW)
        page.file.refresh_from_db()
        assert page.file.erased_at is None


def accept(row: Evidence, **values: Any) -> EvidenceJudgement:
    given_ = {"proofs": ["principal"], "checks": ["name"], "covers_receipt": None, "note": ""} | values
    return evidence_review.accept(evidence=row, actor=values.pop("actor", StaffFactory()), now=NOW, **given_)


class TestJudging:
    def test_found_good(self) -> None:
        row = given(RequestFactory.in_identity_review())
        judged = accept(row, proofs=["principal"], checks=["photo", "name"], note="住所も合った。")
        row.refresh_from_db()
        assert row.state == Evidence.State.CHECKED
        assert judged.checks == ["name", "photo"]
        assert evidence_state.confirmed(row.request) == {Proof.PRINCIPAL}

    def test_the_newest_judgement_counts_and_the_older_stays(self) -> None:
        row = given(RequestFactory.in_identity_review())
        accept(row)
        evidence_review.reject(
            evidence=row, actor=StaffFactory(), reason="other_name", note="", erase_now=False, now=NOW
        )
        assert evidence_state.confirmed(row.request) == frozenset()
        assert row.judgements.count() == 2

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"proofs": []}, "proofs"),
            ({"proofs": ["authority"]}, "proofs"),
            ({"proofs": ["agent"]}, "proofs"),
            ({"checks": []}, "checks"),
            ({"checks": ["seal"]}, "checks"),
            ({"note": "番号 TK1234567"}, "note"),
        ],
    )
    def test_what_a_judgement_needs(self, values: dict[str, Any], field: str) -> None:
        with pytest.raises(EvidenceRefused) as caught:
            accept(given(RequestFactory.in_identity_review()), **values)
        assert caught.value.field == field

    def test_of_a_mandate_it_says_who_gets_the_answer(self) -> None:
        row = given(asked("mandated_agent"), "mandate", "authority")
        with pytest.raises(EvidenceRefused) as caught:
            accept(row, proofs=["authority"])
        assert caught.value.field == "covers_receipt"
        assert accept(row, proofs=["authority"], covers_receipt=False).covers_receipt is False

    def test_not_good_enough_and_erased_at_once(self) -> None:
        row = given(RequestFactory.in_identity_review())
        evidence_review.reject(
            evidence=row, actor=StaffFactory(), reason="not_masked", note="", erase_now=True, now=NOW
        )
        row.refresh_from_db()
        assert (row.state, row.erased_at) == (Evidence.State.REJECTED, NOW)
        assert row.pages.get().file.erased_at is not None
        with pytest.raises(EvidenceRefused):
            accept(row)

    def test_a_rejection_has_a_reason(self) -> None:
        with pytest.raises(EvidenceRefused):
            evidence_review.reject(
                evidence=given(RequestFactory.in_identity_review()),
                actor=StaffFactory(),
                reason="",
                note="",
                erase_now=False,
                now=NOW,
            )
        row = given(RequestFactory.in_identity_review())
        with pytest.raises(IntegrityError), transaction.atomic():
            EvidenceJudgement.objects.create(evidence=row, accepted=False)

    def test_only_while_identity_is_in_question_and_never_ones_own(self) -> None:
        with pytest.raises(EvidenceRefused):
            accept(given(RequestFactory.in_review()))
        own = RequestFactory.in_identity_review(applicant=StaffFactory())
        with pytest.raises(NotAllowed):
            evidence_review.accept(
                evidence=given(own),
                actor=own.applicant,  # type: ignore[arg-type]
                proofs=["principal"],
                checks=["name"],
                covers_receipt=None,
                note="",
                now=NOW,
            )


def confirm(request: DisclosureRequest) -> DisclosureRequest:
    return identity.confirm(
        request=request, actor=StaffFactory(), customer=CustomerFactory(), note="書類で確かめた。", now=NOW
    )


class TestNobodyIsConfirmedWithoutIt:
    def test_an_agent_without_a_mandate(self) -> None:
        request = asked("mandated_agent")
        checked(request, "driving_licence", "principal")
        checked(request, "passport", "agent")
        with pytest.raises(EvidenceMissing) as caught:
            confirm(request)
        assert "代理であることの確認" in str(caught.value)
        request.refresh_from_db()
        assert (request.status, request.customer) == (Status.IDENTITY_WAITING, None)

    @pytest.mark.parametrize("left_out", ["principal", "agent", "authority", "seal"])
    def test_each_part_is_needed(self, left_out: str) -> None:
        request = asked("mandated_agent")
        everything_for_mandate(request)
        Evidence.objects.filter(request=request, proof=left_out).update(state=Evidence.State.GIVEN)
        with pytest.raises(EvidenceMissing):
            confirm(request)
        Evidence.objects.filter(request=request, proof=left_out).update(state=Evidence.State.CHECKED)
        assert confirm(request).status == Status.IN_REVIEW

    def test_a_statutory_agent(self) -> None:
        request = asked("statutory_agent")
        checked(request, "passport", "agent")
        with pytest.raises(EvidenceMissing):
            confirm(request)
        checked(request, "family_register", "authority", "principal")
        assert confirm(request).answer_method == "download"

    def test_a_type_of_the_level_of_documents(self) -> None:
        RequestRule.objects.update(identity_level=3)
        request = asked()
        with pytest.raises(EvidenceMissing):
            confirm(request)
        checked(request, "passport", "principal")
        assert confirm(request).status == Status.IN_REVIEW

    def test_a_person_at_a_lower_level_needs_none(self) -> None:
        assert confirm(RequestFactory.in_identity_review()).status == Status.IN_REVIEW

    def test_no_decision_for_an_agent_whose_papers_were_not_checked(self) -> None:
        OperatorFactory()
        request = RequestFactory.in_review(role="mandated_agent")
        PartyFactory(request=request, kind=Party.Kind.AGENT)
        assert decisions.allowed_outcomes(request) == [Decision.Outcome.IDENTITY_NOT_CONFIRMED]
        with pytest.raises(InvalidDecision):
            decisions.decide(
                request=request, actor=StaffFactory(), proposal=Proposal(outcome=Decision.Outcome.GRANTED), now=NOW
            )
        everything_for_mandate(request)
        assert Decision.Outcome.GRANTED in decisions.allowed_outcomes(request)


class TestToWhomTheAnswerGoes:
    def case(self, role: str, covers_receipt: bool | None = None) -> DisclosureRequest:
        request = asked(role)
        if role == "mandated_agent":
            everything_for_mandate(request, covers_receipt=bool(covers_receipt))
        elif role == "statutory_agent":
            checked(request, "passport", "agent")
            checked(request, "family_register", "authority", "principal")
        return confirm(request)

    def test_the_person_themselves(self) -> None:
        assert evidence_state.goes_to(self.case("person")) == Party.Kind.PRINCIPAL

    def test_a_statutory_agent(self) -> None:
        request = self.case("statutory_agent")
        assert evidence_state.addressee(request).family_name == "代理"
        assert not evidence_state.goes_past_the_agent(request)

    def test_a_mandate_that_covers_it(self) -> None:
        request = self.case("mandated_agent", covers_receipt=True)
        assert evidence_state.addressee(request).family_name == "代理"
        assert request.answer_method == "download"

    def test_a_mandate_that_does_not(self) -> None:
        request = self.case("mandated_agent", covers_receipt=False)
        assert evidence_state.addressee(request).family_name == "高橋"
        assert request.answer_method == "paper"
        assert access.available_files(request=request, now=NOW) == []
        request.answer_method = "attachment"
        assert not answer_mails.is_mailed(request)

    def test_without_an_address_of_the_person_it_cannot_be_sent(self) -> None:
        request = asked("mandated_agent")
        request.parties.filter(kind="principal").update(address1="")
        everything_for_mandate(request, covers_receipt=False)
        with pytest.raises(AddressMissing):
            confirm(request)
        request.refresh_from_db()
        assert request.status == Status.IDENTITY_WAITING

    def test_before_a_mandate_was_checked_only_who_asked_is_answered(self) -> None:
        assert evidence_state.goes_to(asked("mandated_agent")) == Party.Kind.AGENT


class TestErasing:
    def test_on_schedule_after_the_decision_and_what_was_checked_stays(self, settings: Any) -> None:
        settings.EVIDENCE_FILE_DAYS = 30
        request = RequestFactory.fulfilling(decision={"decided_at": NOW})
        row = checked(request, "passport", "principal")
        assert evidence_review.erase_due(now=NOW + timedelta(days=29)) == 0
        assert evidence_review.erase_due(now=NOW + timedelta(days=30)) == 1
        assert evidence_review.erase_due(now=NOW + timedelta(days=31)) == 0
        row.refresh_from_db()
        assert row.erased_at is not None
        assert EvidencePage.objects.get().file.erased_at is not None
        assert row.judgements.get().proofs == ["principal"]

    def test_after_the_end_without_a_decision(self) -> None:
        request = RequestFactory.withdrawn(closed_at=NOW)
        given(request)
        assert evidence_review.erase_due(now=NOW + timedelta(days=30)) == 1

    def test_not_while_the_case_is_open_again(self) -> None:
        request = RequestFactory.answered(decision={"decided_at": NOW})
        given(request)
        lifecycle.reopen(request=request, actor=StaffFactory(), now=NOW)
        assert evidence_review.erase_due(now=NOW + timedelta(days=60)) == 0


@pytest.mark.django_db(transaction=True)
def test_two_clicks_on_send_are_one() -> None:
    request = asked()
    add(request)

    def send() -> int:
        mine = DisclosureRequest.objects.get(pk=request.pk)
        try:
            return len(evidence.send(request=mine, actor=request.applicant, now=NOW))  # type: ignore[arg-type]
        except EvidenceRefused:
            return 0

    assert sorted(run_at_once([send, send])) == [0, 1]
    assert request.events.filter(kind="documents_sent").count() == 1
