"""The database itself keeps the marks of what people made public: who said so and when is not rewritten.

A mark can be ended once. That a member of staff is deleted empties their name and nothing else. Erasing a record or a
person takes the marks along; a mark never goes alone.
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION consent_app_self_disclosure_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
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
        IF NOT EXISTS (SELECT FROM consent_app_customer WHERE id = OLD.customer_id)
            OR (OLD.record_id IS NOT NULL
                AND NOT EXISTS (SELECT FROM consent_app_customerrecord WHERE id = OLD.record_id)) THEN
            RETURN NULL;
        END IF;
    END IF;
    RAISE EXCEPTION '% on % is refused: a mark is ended, not changed', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TRIGGER consent_app_self_disclosure_no_change BEFORE UPDATE ON consent_app_selfdisclosure
    FOR EACH ROW EXECUTE FUNCTION consent_app_self_disclosure_refuse();
CREATE CONSTRAINT TRIGGER consent_app_self_disclosure_no_delete AFTER DELETE ON consent_app_selfdisclosure
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION consent_app_self_disclosure_refuse();
CREATE TRIGGER consent_app_self_disclosure_no_truncate BEFORE TRUNCATE ON consent_app_selfdisclosure
    FOR EACH STATEMENT EXECUTE FUNCTION consent_app_self_disclosure_refuse();
"""

BACKWARD = """
DROP TRIGGER consent_app_self_disclosure_no_truncate ON consent_app_selfdisclosure;
DROP TRIGGER consent_app_self_disclosure_no_delete ON consent_app_selfdisclosure;
DROP TRIGGER consent_app_self_disclosure_no_change ON consent_app_selfdisclosure;
DROP FUNCTION consent_app_self_disclosure_refuse();
"""


class Migration(migrations.Migration):
    dependencies = [("consent_app", "0010_supervision_guards")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
