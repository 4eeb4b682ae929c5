"""What is only added may go with the person, and with a recorded erasure of the person.

The row of an erased person stays, emptied, where a law makes the operator keep something that refers to it. What refers
to it and need not be kept goes all the same (article 22): the record of the erasure, itself only added to, lets it.
"""

from django.db import migrations

from privacy_portal.core.append_only import append_only

ERASED = """
CREATE FUNCTION consent_app_erased(customer uuid, item text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT NOT EXISTS (SELECT FROM consent_app_customer WHERE id = customer)
        OR EXISTS (SELECT FROM consent_app_erasurerecord
                   WHERE customer_id = customer AND (everything OR item = ANY (items)))
$$;
"""
GONE = "NOT EXISTS (SELECT FROM consent_app_customer WHERE id = OLD.customer_id)"


def function(table: str, column: str, may_forget: str, may_go: str, why: str = "rows are only added") -> str:
    """The trigger function of an append-only table."""
    return f"""
CREATE OR REPLACE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF ({may_forget}) AND to_jsonb(NEW) - '{column}' = to_jsonb(OLD) - '{column}' THEN
            RETURN NEW;
        END IF;
    ELSIF TG_OP = 'DELETE' THEN
        IF {may_go} THEN
            RETURN NULL;
        END IF;
    END IF;
    RAISE EXCEPTION '% on % is refused: {why}', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END
$$;
"""


def tables(erased: bool) -> str:
    """The functions with or without the erasure."""
    whole = "consent_app_erased(OLD.customer_id, NULL)" if erased else GONE
    by_item = "consent_app_erased(OLD.customer_id, OLD.item)" if erased else GONE
    made = [
        function(
            "consent_app_consent",
            "recorded_by_id",
            "NEW.recorded_by_id IS NULL",
            whole,
            "consents are append-only",
        )
    ]
    for table, column, may_go in (
        ("consent_app_customerchange", "changed_by_id", by_item),
        ("consent_app_entrustedperson", "recipient_id", whole),
        ("consent_app_offpurposeperson", "added_by_id", whole),
    ):
        made.append(function(table, column, f"NEW.{column} IS NULL OR NEW.{column} = OLD.{column}", may_go))
    return "".join(made) + self_disclosure(erased)


def self_disclosure(erased: bool) -> str:
    """The function of the marks of what people made public themselves."""
    may_go = (
        "consent_app_erased(OLD.customer_id, (SELECT code FROM consent_app_dataitem WHERE id = OLD.item_id))"
        if erased
        else GONE
    )
    return f"""
CREATE OR REPLACE FUNCTION consent_app_self_disclosure_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    may_change text[] := ARRAY['marked_by_id', 'ended_by_id', 'ended_at'];
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF to_jsonb(NEW) - may_change = to_jsonb(OLD) - may_change
            AND (NEW.marked_by_id IS NULL OR NEW.marked_by_id = OLD.marked_by_id)
            AND ((OLD.ended_at IS NULL AND (NEW.ended_at IS NOT NULL OR NEW.ended_by_id IS NULL))
                OR (NEW.ended_at = OLD.ended_at AND (NEW.ended_by_id IS NULL OR NEW.ended_by_id = OLD.ended_by_id)))
        THEN
            RETURN NEW;
        END IF;
    ELSIF TG_OP = 'DELETE' THEN
        IF {may_go}
            OR (OLD.record_id IS NOT NULL
                AND NOT EXISTS (SELECT FROM consent_app_customerrecord WHERE id = OLD.record_id)) THEN
            RETURN NULL;
        END IF;
    END IF;
    RAISE EXCEPTION '% on % is refused: a mark is ended, not changed', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END
$$;
"""  # nosec B608, names of our own tables


class Migration(migrations.Migration):
    dependencies = [("consent_app", "0017_erasure")]

    operations = [
        append_only("consent_app_erasurerecord", forgettable=["erased_by_id"]),
        migrations.RunSQL(ERASED, "DROP FUNCTION consent_app_erased(uuid, text);"),
        migrations.RunSQL(tables(erased=True), tables(erased=False)),
    ]
