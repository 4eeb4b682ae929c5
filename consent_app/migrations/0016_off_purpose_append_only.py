"""Uses beyond the purposes are evidence: the database lets nobody rewrite them. One may be voided once."""

from django.db import migrations

from privacy_portal.core.append_only import append_only

FORWARD = """
CREATE FUNCTION consent_app_offpurposeuse_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    people CONSTANT text[] := ARRAY['recorded_by_id', 'voided_by_id'];
    void CONSTANT text[] := ARRAY['voided_at', 'voided_by_id', 'void_reason'];
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF (NEW.recorded_by_id IS NULL OR NEW.recorded_by_id = OLD.recorded_by_id)
            AND (NEW.voided_by_id IS NULL OR NEW.voided_by_id = OLD.voided_by_id)
            AND to_jsonb(NEW) - people = to_jsonb(OLD) - people THEN
            RETURN NEW;
        END IF;
        IF OLD.voided_at IS NULL AND NEW.voided_at IS NOT NULL AND to_jsonb(NEW) - void = to_jsonb(OLD) - void THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION '% on % is refused: rows are only added', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER consent_app_offpurposeuse_no_change BEFORE UPDATE OR DELETE ON consent_app_offpurposeuse
    FOR EACH ROW EXECUTE FUNCTION consent_app_offpurposeuse_refuse();
CREATE TRIGGER consent_app_offpurposeuse_no_truncate BEFORE TRUNCATE ON consent_app_offpurposeuse
    FOR EACH STATEMENT EXECUTE FUNCTION consent_app_offpurposeuse_refuse();
"""

BACKWARD = """
DROP TRIGGER consent_app_offpurposeuse_no_truncate ON consent_app_offpurposeuse;
DROP TRIGGER consent_app_offpurposeuse_no_change ON consent_app_offpurposeuse;
DROP FUNCTION consent_app_offpurposeuse_refuse();
"""


class Migration(migrations.Migration):
    dependencies = [("consent_app", "0015_matters_version_append_only")]

    operations = [
        migrations.RunSQL(FORWARD, BACKWARD),
        append_only("consent_app_offpurposeuse_items"),
        append_only(
            "consent_app_offpurposeperson",
            forgettable=["added_by_id"],
            gone_with=("customer_id", "consent_app_customer"),
        ),
    ]
