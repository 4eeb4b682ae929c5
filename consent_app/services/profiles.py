"""Writing an operator profile to the database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from django.db import connection, models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from privacy_portal.core.services import audit

from ..domain import logo
from ..domain.checklist import CHECKLIST
from ..domain.profile import Profile, SecondLookSection
from ..domain.profile_parser import parse_profile
from ..domain.profile_reader import Text
from ..domain.reason_texts import REASON_BLOCKS
from ..models import (
    ChecklistQuestion,
    Consent,
    Customer,
    CustomerRecord,
    DataItem,
    Operator,
    ProvisionBasis,
    Purpose,
    ReasonBlock,
    RefusalGround,
    RequestRule,
    SecondLookRule,
    Subcontractor,
)
from ..selectors import forget_operator, published_policies
from . import policies, profile_collection, profile_sharing, retention, security, wordings
from .load_report import LoadReport
from .seeding import columns, seed

PROFILES = Path(__file__).resolve().parent.parent / "profiles"


class ProfileNotFound(Exception):
    """Neither a profile of this name nor a readable file at this path; the message names what there is."""


class OtherOperator(Exception):
    """The database holds customers of another operator. One deployment serves one operator."""


def read_profile(name_or_path: str) -> Profile:
    """Read ``rokusho`` from the profiles that come with the product, or a file by its path (has ``/`` or ``.toml``).

    Raises:
        ProfileNotFound: there is no such profile or file, the text of its policy is missing, or its logo is no plain
            drawing.
        consent_app.domain.profile_parser.ProfileError: the file has problems.
    """
    is_path = "/" in name_or_path or name_or_path.endswith(".toml")
    path = Path(name_or_path) if is_path else PROFILES / f"{name_or_path}.toml"
    try:
        content = path.read_bytes()
    except OSError as error:
        names = ", ".join(sorted(profile.stem for profile in PROFILES.glob("*.toml")))
        raise ProfileNotFound(
            _("プロフィール「%(name)s」を読めません（%(reason)s）。同梱のプロフィール：%(names)s")
            % {"name": name_or_path, "reason": error.strerror, "names": names}
        ) from None
    profile = parse_profile(content)
    if profile.operator.logo:
        profile = replace(profile, logo_drawing=_logo(path.parent / "logos", profile.operator.logo))
    if profile.policy:
        profile = replace(profile, policy_text=_policy_text(path.parent / "policies", profile.policy))
    return profile


def _logo(folder: Path, name: str) -> str:
    try:
        return logo.clean((folder / name).read_bytes())
    except OSError as error:
        reason = str(error.strerror)
    except logo.BadLogo as error:
        reason = str(error)
    raise ProfileNotFound(
        _("ロゴ「%(path)s」を使えません（%(reason)s）。") % {"path": f"logos/{name}", "reason": reason}
    )


def _policy_text(folder: Path, name: str) -> Text:
    texts: dict[str, str] = {}
    for language in ("ja", "en"):
        path = folder / f"{name}.{language}.md"
        try:
            texts[language] = path.read_text(encoding="utf-8-sig").strip() + "\n"
        except (OSError, UnicodeDecodeError):
            raise ProfileNotFound(
                _("プライバシーポリシーの文「%(path)s」を読めません。UTF-8 のファイルを置いてください。")
                % {"path": f"policies/{path.name}"}
            ) from None
    return Text(**texts)


@transaction.atomic
def load_profile(*, profile: Profile, actor: audit.Actor) -> LoadReport:
    """Make the registers say what the profile says. A second load of the same profile changes nothing.

    What is no longer in the profile is retired (``active = False``), never deleted: consents, provisions and packages
    of earlier days still refer to it. What comes back later is active again.

    Raises:
        OtherOperator: customers of another operator are in the database.
    """
    with connection.cursor() as cursor:
        # Two loads at once would both find the tables empty. Readers do not wait for this lock.
        cursor.execute(f"LOCK TABLE {Operator._meta.db_table} IN SHARE ROW EXCLUSIVE MODE")
    _refuse_other_operator(profile)
    report = LoadReport()
    _operator(profile, report)
    items = _register(report, DataItem, profile.data_items)
    purposes = _purposes(report, profile, items)
    _register(report, ProvisionBasis, profile.provision_bases)
    _register(report, Subcontractor, profile.subcontractors, items)
    # Not in the report: the questions come with the product, not with the file.
    seed(LoadReport(), ChecklistQuestion, CHECKLIST)
    _register(report, RefusalGround, profile.refusal_grounds)
    _rules(profile, report)
    seed(report, SecondLookRule, [SecondLookSection(one.type, one.second_look) for one in profile.requests])
    # A block of the profile takes the place of the product's with the same code.
    own = {block.code for block in profile.reason_blocks}
    blocks = [*profile.reason_blocks, *(block for block in REASON_BLOCKS if block.code not in own)]
    seed(report, ReasonBlock, blocks)
    _policy(profile, report, actor)
    profile_sharing.load_trackers(report, profile.trackers, purposes)
    profile_sharing.load_joint_uses(
        report, profile.joint_uses, items=items, purposes=purposes, actor=actor, now=timezone.now()
    )
    security.seed(sections=profile.security, report=report, today=timezone.localdate())
    profile_collection.load_collection_points(
        report, profile.collection_points, items=items, purposes=purposes, actor=actor, now=timezone.now()
    )
    retention.load(report, profile.retention, actor=actor)
    report.cautions.extend(_cautions(profile))
    if report.created or report.changed or report.retired:
        audit.record(
            action="profile.loaded",
            actor=actor,
            obj=Operator.objects.get(),
            detail={
                "created": len(report.created),
                "changed": len(report.changed),
                "retired": len(report.retired),
            },
        )
        transaction.on_commit(forget_operator)
    return report


def _refuse_other_operator(profile: Profile) -> None:
    present = Operator.objects.first()
    if present and present.code != profile.operator.code and Customer.objects.exists():
        raise OtherOperator(
            _(
                "このデータベースには「%(present)s」のお客さまのデータがあります。"
                "「%(wanted)s」には別のデータベースを使ってください。"
            )
            % {"present": present.code, "wanted": profile.operator.code}
        )


def _operator(profile: Profile, report: LoadReport) -> None:
    values = columns(asdict(profile.operator)) | {"logo": profile.logo_drawing}
    operator = Operator.objects.first()
    if operator is None:
        Operator.objects.create(**values)
        report.created.append(f"operator: {profile.operator.code}")
        return
    _save_if_changed(report, operator, values, f"operator: {profile.operator.code}")


def _policy(profile: Profile, report: LoadReport, actor: audit.Actor) -> None:
    """Publish the profile's text as version 1; later ones are the manager's, who must announce them."""
    text, day = profile.policy_text, profile.operator.policy_updated_on
    if not text.ja or day is None:
        return
    if policies.load_first(text=text, effective_from=day, actor=actor, now=timezone.now()):
        report.created.append("policy: 1")
        return
    report.unchanged.append("policy: 1")
    latest = published_policies()[0]
    if latest.number == 1 and (latest.text_ja, latest.text_en) != (text.ja, text.en):
        report.cautions.append(
            _(
                "プロフィールのプライバシーポリシーは、公開中の第1版と違います。管理画面で新しい版を作って公開してください。"
            )
        )


def _rules(profile: Profile, report: LoadReport) -> None:
    present = {rule.request_type: rule for rule in RequestRule.objects.all()}
    for section in profile.requests:
        values = columns(asdict(section))
        values["request_type"] = values.pop("type")
        del values["second_look"]
        name = f"requests: {section.type}"
        if section.type not in present:
            RequestRule.objects.create(**values)
            report.created.append(name)
        else:
            _save_if_changed(report, present[section.type], values, name)


def _purposes(report: LoadReport, profile: Profile, items: Mapping[str, DataItem]) -> dict[str, Any]:
    """The purposes, and what is asked for under them from now on. What was asked before is kept first."""
    now = timezone.now()
    for purpose in Purpose.objects.filter(active=True, needs_consent=True, versions=None):
        wordings.keep_version(purpose=purpose, now=now)
    purposes = _register(report, Purpose, profile.purposes, items)
    for purpose in purposes.values():
        if purpose.needs_consent:
            version = wordings.keep_version(purpose=purpose, now=now)
            if version.material and version.since >= now:
                report.cautions.append(
                    _("利用目的「%(code)s」の意味が変わったので、これまでの同意では使えません。もう一度お願いします。")
                    % {"code": purpose.code}
                )
    return purposes


def _register(
    report: LoadReport,
    model: type[models.Model],
    sections: Iterable[Any],
    items: Mapping[str, DataItem] | None = None,
) -> dict[str, Any]:
    """Write one register; ``items`` is given where its entries refer to data items."""
    table = model._meta.model_name
    manager = model._default_manager
    rows: Iterable[Any] = manager.prefetch_related(*(["items"] if items else []))
    # What staff have added beside the file is theirs.
    present: dict[str, Any] = {row.code: row for row in rows if getattr(row, "from_profile", True)}
    kept: dict[str, Any] = {}
    for position, section in enumerate(sections, start=1):
        values = columns(asdict(section)) | {"position": position, "active": True}
        wanted = {items[code].pk for code in values.pop("items")} if items else set()
        if "part_of" in values:
            whole = kept.get(values.pop("part_of"))
            values["part_of_id"] = whole.pk if whole else None
        name = f"{table}: {section.code}"
        row = present.pop(section.code, None)
        if row is None:
            row = manager.create(**values)
            row_items: set[int] = set()
            report.created.append(name)
        else:
            row_items = {item.pk for item in row.items.all()} if items else set()
            _save_if_changed(report, row, values, name, also_changed=row_items != wanted)
        if row_items != wanted:
            row.items.set(wanted)
        kept[section.code] = row
    for code, row in present.items():
        if row.active:
            row.active = False
            row.save(update_fields=["active"])
            report.retired.append(f"{table}: {code}")
            report.cautions.extend(_caution_of_retired(row))
    return kept


def _save_if_changed(
    report: LoadReport, row: models.Model, values: Mapping[str, Any], name: str, *, also_changed: bool = False
) -> None:
    changed = [column for column, value in values.items() if getattr(row, column) != value]
    for column in changed:
        setattr(row, column, values[column])
    if changed:
        row.save(update_fields=[*changed, *(["loaded_at"] if isinstance(row, Operator) else [])])
    (report.changed if changed or also_changed else report.unchanged).append(name)


def _caution_of_retired(row: models.Model) -> list[str]:
    if isinstance(row, DataItem) and _is_held(row):
        return [
            _("データ項目「%(code)s」はプロフィールから消えましたが、まだお客さまのデータを持っています。")
            % {"code": row.code}
        ]
    if isinstance(row, Purpose) and Consent.objects.filter(purpose=row).exists():
        return [
            _("利用目的「%(code)s」はプロフィールから消えましたが、お客さまの同意の記録が残っています。")
            % {"code": row.code}
        ]
    return []


def _is_held(item: DataItem) -> bool:
    filled = Q()
    for column in Customer.ITEM_FIELDS.get(item.code, ()):
        empty = {f"{column}__isnull": True} if column == "birth_date" else {column: ""}
        filled |= ~Q(**empty)
    held_as_column = bool(filled) and Customer.objects.filter(filled).exists()
    return held_as_column or CustomerRecord.objects.filter(item=item).exists()


def _cautions(profile: Profile) -> list[str]:
    """Where a clause of the policy falls short of the law, the law holds and the manager is told."""
    bases = [
        _("提供の根拠「%(code)s」：%(warning)s")
        % {"code": basis.code, "warning": basis.warning.in_language(get_language())}
        for basis in profile.provision_bases
        if basis.warning.ja
    ]
    grounds = [
        _("拒む理由「%(code)s」は法律の定める理由ではありません。%(requires)s のどれかがあわせて必要です。")
        % {"code": ground.code, "requires": ", ".join(ground.requires)}
        for ground in profile.refusal_grounds
        if not ground.statutory
    ]
    return bases + grounds
