"""Data that no connector reaches: an applicant's papers, a mailbox, a cupboard. From the finding to the closed case."""

import io
import json
import zipfile
from datetime import date, timedelta
from typing import Any

import pytest

from consent_app.models import DataItem
from privacy_portal.core.models import OutgoingMail, User
from privacy_portal.core.services import files
from requests_app import selectors
from requests_app.doctor_checks import by_hand_overdue
from requests_app.domain.instructions import Event, Kind, State
from requests_app.domain.transitions import Status
from requests_app.models import (
    AnswerFile,
    CaseFinding,
    DisclosureRequest,
    FoundContent,
    Instruction,
    InstructionContact,
)
from requests_app.selectors_found import FoundByHand
from requests_app.services import changes, decisions, effects, found_contents, instructions, lifecycle, notes
from requests_app.services.errors import FileGone, InvalidDecision, NotAllowed, StillToDo
from requests_app.services.instructions import InvalidInstruction
from tests.factories.consent import CustomerFactory, OperatorFactory, PurposeFactory, catalogue
from tests.factories.requests import RequestFactory, StaffFactory
from tests.requests_app.services.test_every_right import NOW, Outcome, answer
from tests.support.hostile_files import pdf, taken

pytestmark = pytest.mark.django_db
EVERYTHING_BUT = {Outcome.GRANTED, Outcome.REFUSED, Outcome.NOT_VALID}
LATER = NOW + timedelta(hours=1)


def case(request_type: str = "disclosure", **fields: Any) -> DisclosureRequest:
    """Somebody who applied for a job: confirmed, and not registered as a customer."""
    OperatorFactory()
    catalogue()
    fields = {"customer": None, "requester": "applicant", **fields}
    return RequestFactory.in_review(request_type=request_type, **fields)


def found(request: DisclosureRequest, result: str = "found", item: str = "", **fields: Any) -> CaseFinding:
    fields = {"actor": StaffFactory(), "place": "人事部の応募書類", "note": "", "now": NOW, **fields}
    return notes.find(request=request, item=DataItem.objects.get(code=item) if item else None, result=result, **fields)


def put_in(finding: CaseFinding, text: str = "", content: bytes | None = None) -> list[FoundContent]:
    file = taken(content) if content else None
    return found_contents.put_in(finding=finding, actor=StaffFactory(), text=text, file=file, now=NOW)


def package(request: DisclosureRequest) -> zipfile.ZipFile:
    made = AnswerFile.objects.get(request=request, kind="package", decision__superseded_at=None)
    return zipfile.ZipFile(io.BytesIO(b"".join(files.open_stream(made.file))))


class TestWhatCounts:
    def test_the_newest_of_an_item_and_place_and_one_about_everything_replaces_all(self) -> None:
        request = case()
        found(request, "unclear", "name", place="倉庫")
        found(request, "nothing", "name", place="　倉 庫", now=LATER)
        found(request, "found", "address", place="倉庫")
        assert [row.item.code for row in FoundByHand(request).found if row.item] == ["address"]
        assert FoundByHand(request).unclear == []
        found(request, "nothing", place="倉庫", now=LATER + timedelta(hours=1))
        assert FoundByHand(request).found == []

    def test_what_nobody_asked_for_does_not(self) -> None:
        request = case(wants_everything=False)
        request.wanted_items.set([DataItem.objects.get(code="name")])
        found(request, item="address")
        assert FoundByHand(request).found == []
        whole = found(request, place="机の引出し")
        assert FoundByHand(request).found == [whole]


class TestWhatMayBeDecided:
    @pytest.mark.parametrize(
        ("results", "offered"),
        [
            ([], {Outcome.NO_SUCH_DATA, Outcome.NOT_VALID}),
            (["nothing"], {Outcome.NO_SUCH_DATA, Outcome.NOT_VALID}),
            (["unclear"], {Outcome.NOT_VALID}),
            (["found"], {Outcome.GRANTED, Outcome.PARTLY, Outcome.REFUSED, Outcome.NOT_VALID}),
            (["found", "unclear"], {Outcome.REFUSED, Outcome.NOT_VALID}),
        ],
    )
    def test_about_somebody_who_is_not_registered(self, results: list[str], offered: set[str]) -> None:
        request = case()
        for number, result in enumerate(results):
            found(request, result, place=f"場所{number}")
        assert set(decisions.allowed_outcomes(request)) == offered

    def test_no_such_data_is_impossible_for_a_customer_too(self) -> None:
        request = case(customer=CustomerFactory(), wants_everything=False)
        request.wanted_items.set([DataItem.objects.get(code="company")])
        assert Outcome.NO_SUCH_DATA in decisions.allowed_outcomes(request)
        found(request, item="company")
        assert Outcome.NO_SUCH_DATA not in decisions.allowed_outcomes(request)
        assert Outcome.GRANTED in decisions.allowed_outcomes(request)

    def test_nothing_found_ends_as_before(self) -> None:
        request = case()
        found(request, "nothing")
        assert "保有していません" in answer(request, Outcome.NO_SUCH_DATA)

    def test_the_ledgers_alone_say_whether_there_are_records_of_provisions(self) -> None:
        request = case("provision_records")
        found(request)
        assert set(decisions.allowed_outcomes(request)) == {Outcome.NO_SUCH_DATA, Outcome.NOT_VALID}


class TestDisclosure:
    def test_it_is_refused_until_what_was_found_is_in_the_answer(self) -> None:
        request = case()
        first, second = found(request, item="name"), found(request, place="面接の記録")
        put_in(first, "高橋花子")
        with pytest.raises(InvalidDecision) as refused:
            answer(request, Outcome.GRANTED)
        assert refused.value.field == "outcome"
        assert "面接の記録" in str(refused.value.message)
        assert "人事部" not in str(refused.value.message)
        put_in(second, "11月2日に面接。")
        assert "開示します" in answer(request, Outcome.GRANTED)

    def test_the_person_gets_texts_and_files_and_not_where_they_lay(self) -> None:
        request = case()
        put_in(found(request, item="name"), "=高橋花子\n（旧姓 例田）", content=pdf(pages=2))
        answer(request, Outcome.GRANTED)
        archive = package(request)
        assert set(archive.namelist()) == {
            "index.ja.html", "index.en.html", "data.json", "csv/registered.csv", "found/2.pdf",
        }  # fmt: skip
        rows = json.loads(archive.read("data.json"))["found"]
        assert rows == [
            {"number": 1, "item": "name", "text": "=高橋花子\n（旧姓 例田）", "file": ""},
            {"number": 2, "item": "name", "text": "", "file": "found/2.pdf"},
        ]
        assert archive.read("found/2.pdf").startswith(b"%PDF-")
        assert "'=高橋花子" in archive.read("csv/registered.csv").decode()
        for page in ("index.ja.html", "index.en.html"):
            html = archive.read(page).decode()
            assert "=高橋花子<br>（旧姓 例田）" in html
            assert 'href="found/2.pdf"' in html
            assert "人事部" not in html

    def test_it_stands_beside_what_is_registered_of_a_customer(self) -> None:
        request = case(customer=CustomerFactory())
        put_in(found(request), "電話でのご相談の記録")
        answer(request, Outcome.GRANTED)
        names = set(package(request).namelist())
        assert {"index.ja.html", "data.json", "found.ja.html", "found.en.html", "found.json", "csv/found.csv"} <= names

    def test_what_is_withheld_and_what_was_found_empty_since_stays_out(self) -> None:
        request = case()
        secret, gone, kept = found(request, item="gender"), found(request, item="name"), found(request, item="address")
        for one, text in ((secret, "口座"), (gone, "名前"), (kept, "住所の写し")):
            put_in(one, text)
        found(request, "nothing", "name", now=LATER)
        withheld = [DataItem.objects.get(code="gender")]
        answer(request, Outcome.PARTLY, ground="harm_to_person", reason="理由です。", withheld_items=withheld)
        assert [row["text"] for row in json.loads(package(request).read("data.json"))["found"]] == ["住所の写し"]

    def test_a_new_finding_keeps_what_was_put_in_before(self) -> None:
        request = case()
        put_in(found(request, item="name"), "名前")
        found(request, "found", "name", note="もう一度確かめた。", now=LATER)
        assert FoundByHand(request).without_contents(set()) == []


class TestPuttingIn:
    def test_only_where_something_was_found(self) -> None:
        with pytest.raises(found_contents.NothingFound):
            put_in(found(case(), "unclear"), "内容")

    def test_neither_nothing_nor_a_my_number(self) -> None:
        finding = found(case())
        with pytest.raises(found_contents.NothingGiven):
            put_in(finding, "　 ")
        with pytest.raises(InvalidInstruction):
            put_in(finding, "番号は123456789018です。")
        assert not FoundContent.objects.exists()

    @pytest.mark.parametrize("state", ["in_identity_review", "fulfilling", "answered"])
    def test_not_before_the_person_is_confirmed_and_not_after_the_decision(self, state: str) -> None:
        OperatorFactory()
        catalogue()
        finding = found(getattr(RequestFactory, state)())
        with pytest.raises(found_contents.NotNow):
            put_in(finding, content=pdf())
        assert not FoundContent.objects.exists()

    def test_by_staff_who_may_and_not_about_themselves(self) -> None:
        request = case()
        finding = found(request)
        nobody, own = StaffFactory(is_superuser=False), request.applicant
        assert own is not None
        User.objects.filter(pk=own.pk).update(is_staff=True, is_superuser=True)
        for actor in (nobody, User.objects.get(pk=own.pk)):
            with pytest.raises(NotAllowed):
                found_contents.put_in(finding=finding, actor=actor, text="内容", file=None, now=NOW)

    def test_it_can_be_taken_out_again_and_is_gone_then(self) -> None:
        finding = found(case())
        text, file = put_in(finding, "内容", content=pdf())
        for one in (text, file, file):
            found_contents.take_out(content=one, actor=StaffFactory(), now=LATER)
        text.refresh_from_db()
        file.refresh_from_db()
        assert (text.text, text.removed_at) == (None, LATER)
        assert file.file is not None
        assert file.file.erased_at is not None
        assert FoundByHand(finding.request).without_contents(set()) == [finding]
        with pytest.raises(FileGone):
            found_contents.open_file(content=file, actor=StaffFactory())

    def test_it_goes_with_the_erasure_of_the_customer(self) -> None:
        customer = CustomerFactory()
        earlier = case(customer=customer)
        kept, gone = put_in(found(case(), item="name"), "別の人"), put_in(found(earlier), "内容", content=pdf())
        effects.erase_answers(customer=customer, account=None, now=LATER)
        assert [one.removed_at for one in FoundContent.objects.filter(pk__in=[one.pk for one in gone])] == [LATER] * 2
        assert FoundContent.objects.get(pk=kept[0].pk).text == "別の人"


class TestErasing:
    def decided(self, **fields: Any) -> tuple[DisclosureRequest, Instruction, str]:
        request = case("erasure", grounds=["no_longer_needed"])
        found(request, **fields)
        text = answer(request, Outcome.GRANTED, seen=effects.erasure_preview(request, set(), NOW).token)
        return request, Instruction.objects.get(), text

    def test_whoever_keeps_it_is_told_at_once_with_the_place_and_the_person(self) -> None:
        contact = InstructionContact.objects.create(kind="staff", name="人事部", email="hr@shop.example")
        _request, told, text = self.decided(keeper=contact)
        assert (told.kind, told.addressee, told.email, told.state) == (
            Kind.ERASE,
            "人事部",
            "hr@shop.example",
            State.SENT,
        )
        assert "データのある場所：人事部の応募書類" in (told.text or "")
        assert "高橋" in (told.identifier or "")
        assert "個人データを消去するよう、担当する者に指示しました" in text
        assert "書類などとして保有しているもの" in text
        assert "消去しました" not in text
        assert "人事部" not in text
        mail = OutgoingMail.objects.get(template="instruction_sent")
        assert mail.recipient == "hr@shop.example"
        assert "高橋" not in mail.body_text

    def test_without_a_keeper_it_is_whoever_found_it(self) -> None:
        author = StaffFactory(display_name="見つけた人")
        _request, told, _text = self.decided(actor=author)
        assert (told.addressee, told.email, told.state) == ("見つけた人", author.email, State.SENT)

    def test_whoever_left_gets_nothing_and_staff_send_it_to_somebody_else(self) -> None:
        request = case("erasure", grounds=["no_longer_needed"])
        author = StaffFactory()
        found(request, actor=author)
        User.objects.filter(pk=author.pk).update(is_active=False)
        answer(request, Outcome.GRANTED, seen=effects.erasure_preview(request, set(), NOW).token)
        assert Instruction.objects.get().state == State.DRAFTED

    def test_the_case_stays_open_until_it_is_done(self) -> None:
        request, told, _text = self.decided()
        much_later = NOW + lifecycle.close_after() + timedelta(days=1)
        with pytest.raises(StillToDo):
            lifecycle.close(request=request, actor=StaffFactory(), now=NOW)
        assert not lifecycle.close_when_due(request_id=request.pk, now=much_later)
        assert selectors.to_close(answered_before=much_later, limit=9) == []
        assert by_hand_overdue(NOW).count == 0
        assert by_hand_overdue(NOW + timedelta(days=30)).count == 1
        instructions.answer(
            instruction=told, round=1, event=Event.FAILED, text="保存期間があります。", done_on=None, now=NOW
        )
        with pytest.raises(StillToDo):
            lifecycle.close(request=request, actor=StaffFactory(), now=NOW)
        instructions.record(
            instruction=told,
            actor=StaffFactory(),
            event=Event.DONE,
            text="消した。",
            done_on=date(2026, 11, 24),
            now=NOW,
        )
        assert selectors.to_close(answered_before=much_later, limit=9) == [request.pk]
        assert lifecycle.close_when_due(request_id=request.pk, now=much_later)
        request.refresh_from_db()
        assert request.status == Status.CLOSED

    def test_the_effect_may_run_twice(self) -> None:
        from requests_app.services import passing_on

        request, _told, _text = self.decided()
        passing_on.make(decision=request.decisions.get(), now=LATER)
        assert Instruction.objects.count() == 1

    def test_a_customer_is_told_what_was_erased_and_what_is_still_to_be(self) -> None:
        request = case("erasure", customer=CustomerFactory(), grounds=["no_longer_needed"])
        found(request, item="inquiry")
        text = answer(request, Outcome.GRANTED, seen=effects.erasure_preview(request, set(), NOW).token)
        assert "個人データを消去しました" in text
        assert "次のものは、担当する者が手作業で対応します" in text


class TestStoppingAndCorrecting:
    @pytest.mark.parametrize(
        ("request_type", "kind", "words"),
        [
            ("stop_use", Kind.STOP_USE, "利用を停止するよう"),
            ("stop_provision", Kind.STOP_PROVISION, "提供を停止するよう"),
        ],
    )
    def test_use_and_provision_are_stopped_by_whoever_keeps_it(self, request_type: str, kind: str, words: str) -> None:
        request = case(request_type, grounds=["interests_harmed"])
        found(request)
        assert words in answer(request, Outcome.GRANTED)
        assert Instruction.objects.get().kind == kind

    @pytest.mark.parametrize("language", ["ja", "en"])
    def test_what_is_accepted_is_corrected_by_whoever_keeps_it(self, language: str) -> None:
        request = case("correction", language=language)
        name, address = DataItem.objects.get(code="name"), DataItem.objects.get(code="address")
        rows = [
            request.changes.create(position=number, item=item, wanted="新しい内容")
            for number, item in enumerate((name, address))
        ]
        found(request, item="name")
        found(request, item="address", place="名簿")
        assert set(decisions.allowed_outcomes(request)) == {Outcome.NOT_VALID}
        for row, accepted in zip(rows, (True, False), strict=True):
            changes.examine(
                change=row, actor=StaffFactory(), accepted=accepted, finding="高橋　花美", values={}, now=NOW
            )
        text = answer(request, Outcome.PARTLY, ground="content_true", reason="住所は正しいためです。")
        told = Instruction.objects.get()
        assert (told.kind, told.items) == (Kind.CORRECT, ["name"])
        assert "高橋　花美" in (told.text or "")
        assert ("訂正するよう、担当する者に指示しました" if language == "ja" else "havetoldthosewhokeepthedata") in text


class TestPurposes:
    def test_the_purposes_of_the_items_that_were_found_are_told(self) -> None:
        request = case("purpose_notice")
        purpose = PurposeFactory(text_ja="採用の選考のため")
        purpose.items.set([DataItem.objects.get(code="name")])
        found(request, item="name")
        assert "採用の選考のため" in answer(request, Outcome.GRANTED)

    def test_where_no_purpose_is_registered_staff_have_to_write_it(self) -> None:
        request = case("purpose_notice")
        found(request)
        with pytest.raises(InvalidDecision) as refused:
            answer(request, Outcome.GRANTED)
        assert refused.value.field == "reason"
        assert "採用の選考に使っています。" in answer(request, Outcome.GRANTED, reason="採用の選考に使っています。")
