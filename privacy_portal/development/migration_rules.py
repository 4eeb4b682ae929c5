"""Migrations that the release before can live with (docs/migrations.md), as a check of ``make lint``.

``python -m privacy_portal.development.migration_rules``: complain about operations that hold a table for long, or take
away or demand what the old code relies on. ``… release`` writes down what the first release has: the migrations until
then run on databases that nobody uses, and are left alone.
"""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import django
from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently
from django.db import migrations, models
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.models.functions import Now

FIRST_RELEASE = Path(__file__).resolve().parent.parent.parent / "deploy" / "first-release.txt"
APPS = ("core", "consent_app", "requests_app")
# A migration that breaks a rule for a good reason says which, in an attribute of this name.
EXCUSE = "safe_because"


@dataclass(frozen=True, slots=True)
class Finding:
    """One operation that breaks the rule."""

    migration: str
    operation: str
    why: str

    def __str__(self) -> str:
        return f"{self.migration}: {self.operation}: {self.why}"


def released() -> set[str] | None:
    """``app.name`` of the migrations of the first release; None before it."""
    return set(FIRST_RELEASE.read_text(encoding="utf-8").split()) if FIRST_RELEASE.exists() else None


def findings(done: Iterable[str]) -> list[Finding]:
    """What every migration of ours that is not among ``done`` breaks."""
    from django.db.migrations.loader import MigrationLoader

    loader = MigrationLoader(None)
    known, found = set(done), []
    for key in sorted(loader.disk_migrations):
        migration = loader.disk_migrations[key]
        if key[0] in APPS and ".".join(key) not in known and not getattr(migration, EXCUSE, ""):
            found += examine(migration, loader.project_state(key, at_end=False))
    return found


def examine(migration: migrations.Migration, before: ProjectState) -> list[Finding]:
    """What one migration breaks, on the models as they were before it."""
    state, made, found = before.clone(), set(), []
    label = f"{migration.app_label}.{migration.name}"
    for operation in migration.operations:
        if isinstance(operation, migrations.CreateModel):
            made.add(operation.name_lower)
        else:
            whys = _broken(operation, state, migration, made)
            found += [Finding(label, operation.describe(), why) for why in whys]
        operation.state_forwards(migration.app_label, state)
    return found


def _broken(
    operation: Operation, state: ProjectState, migration: migrations.Migration, made: set[str]
) -> Iterator[str]:
    model = str(getattr(operation, "model_name", getattr(operation, "name", ""))).lower()
    if model in made:
        return
    match operation:
        case migrations.SeparateDatabaseAndState():
            for inner in operation.database_operations:
                yield from _broken(inner, state, migration, made)
        case migrations.AddField():
            yield from _added(operation.field)
        case migrations.AlterField():
            yield from _altered(state.models[migration.app_label, model].fields[operation.name], operation.field)
        case migrations.RemoveField() | migrations.DeleteModel():
            yield "the old code still reads it; take it out of the code first, and drop it a release later"
        case migrations.RenameField() | migrations.RenameModel() | migrations.AlterModelTable():
            yield "the old code knows the old name; add a new one beside it"
        case AddIndexConcurrently() | AddConstraintNotValid():
            pass
        case migrations.AddIndex() | migrations.AlterUniqueTogether() | migrations.AlterIndexTogether():
            yield "nobody can write to the table meanwhile; use AddIndexConcurrently"
        case migrations.AddConstraint():
            yield "nobody can write to the table meanwhile; use AddConstraintNotValid, then ValidateConstraint"
        case migrations.RunPython() if migration.atomic and operation.atomic is not False:
            yield "its rows stay locked until all of it is done; use chunks with atomic = False"
        case migrations.RunSQL():
            yield f"nobody but a person can say what it does; give the migration {EXCUSE} = “…”"


def _added(field: models.Field) -> Iterator[str]:
    if field.many_to_many:
        return
    if not field.null and not field.has_db_default():
        yield "the old code leaves it out when it inserts; make it nullable or give it db_default"
    if field.has_db_default() and not isinstance(field.db_default, str | int | bool | float | models.Value | Now):
        yield "an expression as db_default may write every row anew"
    if field.unique or getattr(field, "db_index", False):
        yield "its index holds the table; add the field without (db_index=False), then AddIndexConcurrently"


def _altered(old: models.Field, new: models.Field) -> Iterator[str]:
    before, after = _in_database(old), _in_database(new)
    longer = (old.max_length or 0) < (new.max_length or sys.maxsize)
    if type(old) is type(new) and longer:
        before.pop("max_length", None)
        after.pop("max_length", None)
    if new.null:
        before.pop("null", None)
        after.pop("null", None)
    if not old.has_db_default():
        after.pop("db_default", None)
    if type(old) is not type(new) or before != after:
        yield "the column changes its type or what it allows; add a new one beside it, or check first"


def _in_database(field: models.Field) -> dict[str, object]:
    _name, _path, _args, options = field.deconstruct()
    return {name: value for name, value in options.items() if name not in {*field.non_db_attrs, "default"}}


def main(arguments: list[str]) -> int:
    """Check, or write down the first release."""
    django.setup()
    if arguments == ["release"]:
        from django.db.migrations.loader import MigrationLoader

        names = sorted(f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations if app in APPS)
        FIRST_RELEASE.write_text("\n".join(names) + "\n", encoding="utf-8")
        return 0
    done = released()
    found = [] if done is None else findings(done)
    for one in found:
        sys.stdout.write(f"{one}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
