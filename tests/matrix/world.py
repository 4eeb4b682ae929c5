"""One of everything that an address can name."""

from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from consent_app.models import (
    AddedPurpose,
    DataItem,
    Department,
    Entrustment,
    ErasureRecord,
    ExportOrder,
    ForeignArrangement,
    ProvisionBasis,
    ProvisionRun,
    Purpose,
    RecipientDuty,
    ReferableConfirmation,
    ReferableProvision,
    RefusalGround,
    RetentionRule,
    ReviewEvent,
    StatisticsRelease,
    Suspension,
)
from consent_app.services import imports, profiles, referable
from privacy_portal.core.models import DoctorReport, User
from privacy_portal.core.services import files, outbox, uploads
from requests_app.domain.transitions import Status
from requests_app.models import (
    CaseFinding,
    Correction,
    FoundContent,
    InstructionContact,
    ReceivedFile,
    RequestedChange,
    SavedView,
)
from requests_app.services import fulfilment
from tests.factories import evidence, instructions, joint_uses, matters, off_purpose, policies, security, supervision
from tests.factories.collection import CollectionPointFactory
from tests.factories.consent import (
    ConsentFactory,
    CustomerFactory,
    OrderFactory,
    ProvisionFactory,
    ReceivedProvisionFactory,
    RecipientFactory,
    RefusedProvisionFactory,
)
from tests.factories.core import EnrolledStaffFactory
from tests.factories.requests import MessageFactory, MessageFileFactory, RequestFactory
from tests.factories.trackers import TrackerFactory
from tests.support.hostile_files import pdf, taken


def build() -> None:
    """A profile, and rows in every register that has pages."""
    boss = EnrolledStaffFactory()
    now = timezone.now()
    profiles.load_profile(profile=profiles.read_profile("rokusho"), actor=boss)
    with (Path(settings.BASE_DIR) / "tests" / "data" / "base_orders.csv").open("rb") as file:
        batch = imports.upload(content=file, actor=boss)
    imports.try_out(batch=batch, now=now)
    _registers(boss)
    _ledgers(boss)
    _safety()
    _requests(boss)
    outbox.enqueue(
        template="staff_security",
        recipient=boss.email,
        language="ja",
        user=boss,
        context={"event": "app_removed", "name": str(boss)},
    )
    DoctorReport.objects.create(thorough=True, problems=0, warnings=0)


def _registers(boss: User) -> None:
    today = timezone.localdate()
    policies.draft(effective_from=today)
    policies.published(effective_from=today + timedelta(days=30), material=True)
    joint_use = joint_uses.published(items=("name",), purposes=(Purpose.objects.earliest("pk").code,))
    joint_uses.announce(joint_use, effective_from=joint_uses.today(20), announced_on=joint_uses.today())
    TrackerFactory(to_advertisers=True)
    matters.publish(now=timezone.now())
    CollectionPointFactory()
    AddedPurpose.objects.create(text_ja="新しい目的", text_en="New purpose")
    RecipientDuty.objects.create(name="例の店", prevents_leaks=True, agreed_on=today, evidence="覚書")
    RefusalGround.objects.create(
        code="example", text_ja="例", text_en="Example", requests=["disclosure"], article="33(2)i"
    )
    StatisticsRelease.objects.create(table="prefecture", minimum=10, shown=[], counted=[], made_by=boss)


def _ledgers(boss: User) -> None:
    now, today = timezone.now(), timezone.localdate()
    customer = CustomerFactory()
    RecipientFactory(record=OrderFactory(customer=customer))
    ConsentFactory(customer=customer, purpose=Purpose.objects.earliest("pk"))
    basis, items = ProvisionBasis.objects.earliest("pk"), DataItem.objects.all()[:2]
    ProvisionFactory(customer=customer, basis=basis, items=items)
    ReceivedProvisionFactory(customer=customer, items=items)
    RefusedProvisionFactory(customer=customer, items=items)
    ProvisionRun.objects.create(kind="export", encoding="utf-8", created_by=boss)
    confirmation = referable.confirm(
        confirmation=ReferableConfirmation(
            recipient_name="例の広告",
            recipient_address="東京都",
            recipient_country="JP",
            data=["cookie"],
            purpose="広告",
            how="declared",
            confirmed_by="広告部門",
            evidence="申告書",
            confirmed_on=today - timedelta(days=30),
        ),
        actor=boss,
        now=now,
    )
    referable.record(
        provision=ReferableProvision(confirmation=confirmation, data=["cookie"], provided_on=today), actor=boss, now=now
    )
    off_purpose.use_beyond(customer, items=list(items))
    Suspension.objects.create(customer=customer, kind="use", ground="35(1)")
    ErasureRecord.objects.create(customer_id=customer.pk, reference="R-1", key="decision:1", everything=True)
    bound = supervision.supervised(items=list(items))
    supervision.reviewed(bound)
    supervision.asked(bound)
    texts = dict.fromkeys(("regime_ja", "regime_en", "measures_ja", "measures_en"), "-")
    ForeignArrangement.objects.create(subcontractor=bound, basis="consent", informed_from=today, **texts)
    entrusted = Entrustment.objects.create(subcontractor=bound, items=["name"], asked=1, allowed=1, kind="export")
    ExportOrder.objects.create(
        kind="entrustment",
        object_id=str(entrusted.pk),
        persons=200,
        why="印刷会社へ",
        asked_by=EnrolledStaffFactory(),
        expires_at=timezone.now() + timedelta(days=1),
    )


def _safety() -> None:
    security.finding()
    security.action()
    found = security.reportable()
    security.affected(found, CustomerFactory())
    security.notice(found)
    Department.objects.create(name_ja="総務", manager_title_ja="部長")
    ReviewEvent.objects.create(subject="policy", title_ja="見直し", planned_on=security.today(10))


def _requests(boss: User) -> None:
    for status in Status:
        MessageFactory(request=RequestFactory.in_status(status))
    letter = RequestFactory.by_letter(Status.IN_REVIEW)
    Correction.objects.create(
        request=letter, field="request_type", before="erasure", after="disclosure", reason="読み直した"
    )
    with files.create(name="scan.pdf", content_type="application/pdf") as writer:
        writer.write(b"x")
    ReceivedFile.objects.create(request=letter, file=writer.file, added_by=boss)
    case = RequestFactory.waiting_for_identity()
    evidence.given(case)
    MessageFileFactory(sent=True)
    correction = RequestFactory.in_review(request_type="correction", grounds=["untrue"])
    address = DataItem.objects.get(code="address")
    RequestedChange.objects.create(
        request=correction, position=1, item=address, present="例町1", wanted="例町2", why="引っ越した"
    )
    instructions.sent(RequestFactory.in_review())
    finding = CaseFinding.objects.create(request=RequestFactory.in_review(), place="倉庫", result="found", author=boss)
    FoundContent.objects.create(finding=finding, file=uploads.store(taken(pdf()), name="found"))
    InstructionContact.objects.create(kind="staff", name="倉庫", email="stock@shop.example")
    RetentionRule.objects.get_or_create()
    SavedView.objects.create(owner=boss, name="見本", shared=True)
    decided = RequestFactory.fulfilling()
    fulfilment.fulfil(request_id=decided.pk, now=timezone.now())
