"""What the database itself keeps from being rewritten about corrections and incidents.

Reports and selections are only added. A correction that was checked stays as it is. Whoever was told of an incident
stays on its list, and what they were told stays as it was.
"""

from django.db import migrations

from privacy_portal.core.append_only import append_only

FORWARD = """
CREATE FUNCTION consent_correctiveaction_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (
        OLD.checked_on IS NULL
        OR to_jsonb(NEW) - 'revision' - 'kept_by_staff' = to_jsonb(OLD) - 'revision' - 'kept_by_staff'
    ) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% is refused: corrections are kept, and checked ones do not change', TG_OP
        USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER consent_correctiveaction_guard BEFORE UPDATE OR DELETE ON consent_app_correctiveaction
    FOR EACH ROW EXECUTE FUNCTION consent_correctiveaction_guard();

CREATE FUNCTION consent_affectedperson_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.told_at IS NOT NULL AND (
        TG_OP = 'DELETE' OR NEW.told_at IS NULL OR NEW.incident_id <> OLD.incident_id
        OR (NEW.customer_id IS NOT NULL AND NEW.customer_id IS DISTINCT FROM OLD.customer_id)
        OR (NEW.recipient_id IS NOT NULL AND NEW.recipient_id IS DISTINCT FROM OLD.recipient_id)
    ) THEN
        RAISE EXCEPTION '% is refused: this person has been told of the incident', TG_OP
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER consent_affectedperson_guard BEFORE UPDATE OR DELETE ON consent_app_affectedperson
    FOR EACH ROW EXECUTE FUNCTION consent_affectedperson_guard();

CREATE FUNCTION consent_incidentnotice_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.started_at IS NOT NULL AND (
        TG_OP = 'DELETE'
        OR to_jsonb(NEW) - 'revision' - 'kept_by_staff' <> to_jsonb(OLD) - 'revision' - 'kept_by_staff'
    ) THEN
        RAISE EXCEPTION '% is refused: this notice has been sent', TG_OP USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER consent_incidentnotice_guard BEFORE UPDATE OR DELETE ON consent_app_incidentnotice
    FOR EACH ROW EXECUTE FUNCTION consent_incidentnotice_guard();
"""

BACKWARD = """
DROP TRIGGER consent_incidentnotice_guard ON consent_app_incidentnotice;
DROP FUNCTION consent_incidentnotice_guard();
DROP TRIGGER consent_affectedperson_guard ON consent_app_affectedperson;
DROP FUNCTION consent_affectedperson_guard();
DROP TRIGGER consent_correctiveaction_guard ON consent_app_correctiveaction;
DROP FUNCTION consent_correctiveaction_guard();
"""


class Migration(migrations.Migration):
    dependencies = [("consent_app", "0008_statistics_release_append_only")]

    operations = [
        append_only("consent_app_incidentreport", forgettable=["by_id"]),
        append_only("consent_app_affectedselection", forgettable=["by_id"]),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
