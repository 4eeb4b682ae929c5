"""The SQL of tables that the database itself keeps from being rewritten: evidence is added, never changed.

For migrations. What may still happen is named when the triggers are made: that an account is forgotten (its column is
emptied and nothing else changes), and that rows go together with the person they speak of. Deleting is looked at when
the transaction commits, so that it does not matter in which order the rows of a person are deleted.

The table's owner could drop the triggers: production runs as a role that does not own the table.
"""

from collections.abc import Iterable

from django.db import migrations


def append_only(
    table: str, *, forgettable: Iterable[str] = (), gone_with: tuple[str, str] | None = None
) -> migrations.RunSQL:
    """A migration's operation that makes a table append-only.

    Args:
        table: name of the table.
        forgettable: columns that may be set to NULL: references to accounts that are deleted.
        gone_with: column of the table and the table it refers to; rows may be deleted with the row referred to. None:
            never.
    """
    columns = list(forgettable)
    kept_equal = "".join(f" - '{column}'" for column in columns)
    may_forget = " AND ".join(f"(NEW.{column} IS NULL OR NEW.{column} = OLD.{column})" for column in columns) or "FALSE"
    may_go = f"NOT EXISTS (SELECT FROM {gone_with[1]} WHERE id = OLD.{gone_with[0]})" if gone_with else "FALSE"  # nosec B608, names of our own tables
    forward = f"""
CREATE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF {may_forget} AND to_jsonb(NEW){kept_equal} = to_jsonb(OLD){kept_equal} THEN
            RETURN NEW;
        END IF;
    ELSIF TG_OP = 'DELETE' THEN
        IF {may_go} THEN
            RETURN NULL;
        END IF;
    END IF;
    RAISE EXCEPTION '% on % is refused: rows are only added', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER {table}_no_change BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_refuse();
CREATE CONSTRAINT TRIGGER {table}_no_delete AFTER DELETE ON {table}
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION {table}_refuse();
CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse();
"""
    backward = f"""
DROP TRIGGER {table}_no_truncate ON {table};
DROP TRIGGER {table}_no_delete ON {table};
DROP TRIGGER {table}_no_change ON {table};
DROP FUNCTION {table}_refuse();
"""
    return migrations.RunSQL(forward, backward)
