"""What the database itself sees to in the supervision of subcontractors.

What was examined, checked, handed over or refused is evidence and only added. Two signed agreements of one
subcontractor do not overlap: the row of the subcontractor is locked, so that two saved at once take turns.
"""

from django.db import migrations

from privacy_portal.core.append_only import append_only

FORWARD = """
CREATE FUNCTION consent_agreement_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.signed_on IS NULL OR NEW.valid_until < NEW.valid_from THEN
        RETURN NEW;
    END IF;
    PERFORM 1 FROM consent_app_subcontractor WHERE id = NEW.subcontractor_id FOR NO KEY UPDATE;
    IF EXISTS (
        SELECT 1 FROM consent_app_subcontractorcontract other
        WHERE other.subcontractor_id = NEW.subcontractor_id AND other.id <> NEW.id AND other.signed_on IS NOT NULL
          AND daterange(other.valid_from, other.valid_until, '[]') && daterange(NEW.valid_from, NEW.valid_until, '[]')
    ) THEN
        RAISE EXCEPTION 'two agreements of one subcontractor overlap' USING ERRCODE = 'exclusion_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER consent_agreement_guard BEFORE INSERT OR UPDATE ON consent_app_subcontractorcontract
    FOR EACH ROW EXECUTE FUNCTION consent_agreement_guard();
"""

BACKWARD = """
DROP TRIGGER consent_agreement_guard ON consent_app_subcontractorcontract;
DROP FUNCTION consent_agreement_guard();
"""


class Migration(migrations.Migration):
    dependencies = [("consent_app", "0009_incidents_are_evidence")]

    operations = [
        migrations.RunSQL(FORWARD, BACKWARD),
        append_only("consent_app_subcontractorselection", forgettable=["recorded_by_id"]),
        append_only("consent_app_selectionanswer"),
        append_only("consent_app_foreigncheck"),
        append_only("consent_app_entrustment", forgettable=["by_id"]),
        append_only(
            "consent_app_entrustedperson",
            forgettable=["recipient_id"],
            gone_with=("customer_id", "consent_app_customer"),
        ),
    ]
