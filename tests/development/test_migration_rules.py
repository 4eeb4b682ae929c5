"""Every operation that hurts a running product is found, and its harmless form is not."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently
from django.db import migrations, models
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.models.functions import Now, Random

from privacy_portal.development import migration_rules
from privacy_portal.development.lint import CHECKS

OLD = migrations.CreateModel(
    "Parcel",
    [
        ("id", models.BigAutoField(primary_key=True)),
        ("name", models.CharField(max_length=20)),
        ("note", models.CharField(max_length=20, null=True)),
        ("weight", models.IntegerField(default=0)),
    ],
)
CHECK = models.CheckConstraint(condition=models.Q(weight__gte=0), name="weighs")
INDEX = models.Index(fields=["name"], name="by_name")


def broken(*operations: Operation, atomic: bool = True) -> list[str]:
    state = ProjectState()
    OLD.state_forwards("core", state)
    migration = migrations.Migration("0002_next", "core")
    migration.operations, migration.atomic = list(operations), atomic
    return [finding.why for finding in migration_rules.examine(migration, state)]


def nothing(apps: object, editor: object) -> None:
    pass


@pytest.mark.parametrize(
    "operation",
    [
        migrations.AddField("parcel", "size", models.IntegerField(default=1)),
        migrations.AddField("parcel", "size", models.FloatField(db_default=Random())),
        migrations.AddField("parcel", "size", models.IntegerField(null=True, db_index=True)),
        migrations.AddField("parcel", "size", models.IntegerField(null=True, unique=True)),
        migrations.AlterField("parcel", "name", models.CharField(max_length=10)),
        migrations.AlterField("parcel", "note", models.CharField(max_length=20)),
        migrations.AlterField("parcel", "weight", models.CharField(max_length=20)),
        migrations.AlterField("parcel", "name", models.CharField(max_length=20, unique=True)),
        migrations.RemoveField("parcel", "note"),
        migrations.RenameField("parcel", "note", "remark"),
        migrations.RenameModel("Parcel", "Packet"),
        migrations.DeleteModel("Parcel"),
        migrations.AlterModelTable("parcel", "packets"),
        migrations.AddIndex("parcel", INDEX),
        migrations.AddConstraint("parcel", CHECK),
        migrations.AlterUniqueTogether("parcel", {("name", "weight")}),
        migrations.RunPython(nothing),
        migrations.RunSQL("SELECT 1"),
        migrations.SeparateDatabaseAndState([migrations.RemoveField("parcel", "note")], []),
    ],
    ids=lambda operation: operation.describe(),
)
def test_found(operation: Operation) -> None:
    assert len(broken(operation)) == 1


@pytest.mark.parametrize(
    "operation",
    [
        migrations.AddField("parcel", "size", models.IntegerField(null=True)),
        migrations.AddField("parcel", "size", models.IntegerField(default=1, db_default=1)),
        migrations.AddField("parcel", "at", models.DateTimeField(db_default=Now())),
        migrations.AlterField("parcel", "name", models.CharField("name", max_length=40, help_text="x")),
        migrations.AlterField("parcel", "name", models.CharField(max_length=20, null=True)),
        migrations.AlterField("parcel", "weight", models.IntegerField(default=5, db_default=5)),
        migrations.AddConstraint("other", CHECK),
        AddIndexConcurrently("parcel", INDEX),
        AddConstraintNotValid("parcel", CHECK),
        migrations.RemoveConstraint("parcel", "weighs"),
        migrations.AlterModelOptions("parcel", {"ordering": ["name"]}),
        migrations.RunPython(nothing, atomic=False),
    ],
    ids=lambda operation: operation.describe(),
)
def test_harmless(operation: Operation) -> None:
    other = migrations.CreateModel("Other", [("weight", models.IntegerField())])
    with_state = [other] if getattr(operation, "model_name", "") == "other" else []
    if isinstance(operation, migrations.RemoveConstraint):
        with_state = [AddConstraintNotValid("parcel", CHECK)]
    assert broken(*with_state, operation) == []


def test_rows_may_be_filled_in_a_migration_without_one_transaction() -> None:
    assert broken(migrations.RunPython(nothing), atomic=False) == []


def test_the_lint_asks_and_our_own_history_shows_that_it_finds_something() -> None:
    assert "zero-downtime" in {check.name for check in CHECKS}
    found = migration_rules.findings(set())
    assert {one.migration.partition(".")[0] for one in found} == set(migration_rules.APPS)
    everything = {one.migration for one in found}
    assert migration_rules.findings(everything) == []


def test_from_the_first_release_on_the_rule_holds() -> None:
    """Whoever writes a version into the changelog writes down the migrations that it has."""
    text = (Path(settings.BASE_DIR) / "CHANGELOG.md").read_text(encoding="utf-8")
    versions = re.findall(r"^## \[\d", text, re.MULTILINE)
    assert bool(versions) == (migration_rules.released() is not None), (
        "python -m privacy_portal.development.migration_rules release"
    )
