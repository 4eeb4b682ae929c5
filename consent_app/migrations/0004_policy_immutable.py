"""The database itself refuses to change or remove a published version of the privacy policy, and to let two overlap.

Only who published it may be forgotten, when that account is deleted.
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION consent_policy_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.state = 'published' THEN
        IF TG_OP = 'DELETE'
           OR to_jsonb(NEW) - 'published_by_id' <> to_jsonb(OLD) - 'published_by_id'
           OR (NEW.published_by_id IS NOT NULL AND NEW.published_by_id IS DISTINCT FROM OLD.published_by_id)
        THEN
            RAISE EXCEPTION '% is refused: a published privacy policy is immutable', TG_OP
                USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    IF NEW.state = 'published' AND EXISTS (
        SELECT 1 FROM consent_app_policyversion other
        WHERE other.state = 'published' AND other.id <> NEW.id
          AND (other.effective_from >= NEW.effective_from OR other.number >= NEW.number)
    ) THEN
        RAISE EXCEPTION 'a version of the privacy policy takes effect later than every one before it'
            USING ERRCODE = 'exclusion_violation';
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION consent_policy_no_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'TRUNCATE is refused: a published privacy policy is immutable'
        USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TRIGGER consent_policyversion_guard BEFORE INSERT OR UPDATE OR DELETE ON consent_app_policyversion
    FOR EACH ROW EXECUTE FUNCTION consent_policy_guard();
CREATE TRIGGER consent_policyversion_no_truncate BEFORE TRUNCATE ON consent_app_policyversion
    FOR EACH STATEMENT EXECUTE FUNCTION consent_policy_no_truncate();
"""

BACKWARD = """
DROP TRIGGER consent_policyversion_no_truncate ON consent_app_policyversion;
DROP TRIGGER consent_policyversion_guard ON consent_app_policyversion;
DROP FUNCTION consent_policy_no_truncate();
DROP FUNCTION consent_policy_guard();
"""


class Migration(migrations.Migration):
    dependencies = [("consent_app", "0003_consent_append_only")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
