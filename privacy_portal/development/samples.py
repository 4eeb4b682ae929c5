"""Records that only `make run` makes: no profile may claim that a contract was signed or a page published."""

from datetime import timedelta


def supervise_subcontractors() -> None:
    """Let the operator's subcontractors be selected and bound, the first one until soon, the last one not at all.

    An operator with a single subcontractor has it bound until soon. Everything says that it is a sample.
    """
    from django.utils import timezone

    from consent_app.domain.duties import CLAUSES
    from consent_app.models import ChecklistQuestion, Subcontractor, SubcontractorContract
    from consent_app.services import supervision
    from consent_app.services.supervision import Answered

    today = timezone.localdate()
    begin = today - timedelta(days=345)
    questions = list(ChecklistQuestion.objects.filter(active=True))
    subcontractors = list(Subcontractor.objects.filter(active=True))
    for index, subcontractor in enumerate(subcontractors):
        if subcontractor.contracts.exists() or subcontractor.selections.exists():
            continue
        supervision.record_selection(
            subcontractor=subcontractor,
            decided_on=begin,
            decided_by="見本の担当者",
            result="passed",
            next_review_on=today + timedelta(days=20 if index == 0 else 120),
            answers={question.pk: Answered("yes", "見本の記録") for question in questions},
            note="見本の記録です。",
            actor="command",
            today=today,
        )
        if index and index == len(subcontractors) - 1:
            continue
        ends = today + timedelta(days=20) if index == 0 else None
        training = subcontractor.education and index == 1
        SubcontractorContract.objects.create(
            subcontractor=subcontractor,
            kind="training" if training else "contract",
            title="（見本）個人データの取扱いの教育" if training else "（見本）業務委託契約",
            training="（見本）配信の担当者全員に、取扱いの教育を行った。" if training else "",
            signed_on=begin,
            valid_from=begin,
            valid_until=ends,
            leak_report=not training,
            **dict.fromkeys(CLAUSES, not training),
        )


def publish_matters() -> None:
    """Publish what article 32(1) wants known, as the manager would on the first day: once, and only if complete."""
    from django.utils import timezone

    from consent_app.services import matters
    from privacy_portal.core.models import User

    manager = User.objects.filter(is_staff=True, is_active=True).order_by("pk").first()
    if manager is None or matters.newest() is not None or matters.missing():
        return
    matters.publish(seen=matters.digest(matters.content()), actor=manager, now=timezone.now())
