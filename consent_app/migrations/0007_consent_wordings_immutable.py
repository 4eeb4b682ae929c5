"""What people were shown, and who acted for them, is evidence like the consent itself: the database keeps it as it was.

Of a version one thing may be added once: that a person judged its change to be none of meaning.
"""

from django.db import migrations

from privacy_portal.core.append_only import append_only

FORWARD = """
CREATE FUNCTION consent_app_purposeversion_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    judged CONSTANT text[] := ARRAY['material', 'judged_by_id', 'judged_at', 'judgement'];
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF NEW.judged_by_id IS NULL AND to_jsonb(NEW) - 'judged_by_id' = to_jsonb(OLD) - 'judged_by_id' THEN
            RETURN NEW;
        END IF;
        IF OLD.material AND NOT NEW.material AND OLD.judged_at IS NULL AND NEW.judged_at IS NOT NULL
            AND to_jsonb(NEW) - judged = to_jsonb(OLD) - judged THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION '% on % is refused: what people were shown is not rewritten', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER consent_app_purposeversion_no_change BEFORE UPDATE OR DELETE ON consent_app_purposeversion
    FOR EACH ROW EXECUTE FUNCTION consent_app_purposeversion_refuse();
CREATE TRIGGER consent_app_purposeversion_no_truncate BEFORE TRUNCATE ON consent_app_purposeversion
    FOR EACH STATEMENT EXECUTE FUNCTION consent_app_purposeversion_refuse();
"""

BACKWARD = """
DROP TRIGGER consent_app_purposeversion_no_truncate ON consent_app_purposeversion;
DROP TRIGGER consent_app_purposeversion_no_change ON consent_app_purposeversion;
DROP FUNCTION consent_app_purposeversion_refuse();
"""


class Migration(migrations.Migration):
    dependencies = [("consent_app", "0006_joint_use_guard")]

    operations = [
        migrations.RunSQL(FORWARD, BACKWARD),
        append_only("consent_app_consentagent", gone_with=("consent_id", "consent_app_consent")),
    ]
