"""The database itself refuses to rewrite what people agreed to.

A consent is evidence (article 27 and the operator's own promises), so an event is added and never changed. Two things
have to stay possible: that a member of staff is deleted who recorded one, which empties ``recorded_by`` and nothing
else; and that a person is erased, which takes their consents along (article 35). Deleting is therefore looked at when
the transaction commits: by then the customer has to be gone, too. Whatever order the rows are deleted in, a consent
never goes alone.
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION consent_app_consent_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF NEW.recorded_by_id IS NULL
            AND to_jsonb(NEW) - 'recorded_by_id' = to_jsonb(OLD) - 'recorded_by_id' THEN
            RETURN NEW;
        END IF;
    ELSIF TG_OP = 'DELETE' THEN
        IF NOT EXISTS (SELECT FROM consent_app_customer WHERE id = OLD.customer_id) THEN
            RETURN NULL;
        END IF;
    END IF;
    RAISE EXCEPTION '% on % is refused: consents are append-only', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TRIGGER consent_app_consent_no_change BEFORE UPDATE ON consent_app_consent
    FOR EACH ROW EXECUTE FUNCTION consent_app_consent_refuse();
CREATE CONSTRAINT TRIGGER consent_app_consent_no_delete AFTER DELETE ON consent_app_consent
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION consent_app_consent_refuse();
CREATE TRIGGER consent_app_consent_no_truncate BEFORE TRUNCATE ON consent_app_consent
    FOR EACH STATEMENT EXECUTE FUNCTION consent_app_consent_refuse();
"""

BACKWARD = """
DROP TRIGGER consent_app_consent_no_truncate ON consent_app_consent;
DROP TRIGGER consent_app_consent_no_delete ON consent_app_consent;
DROP TRIGGER consent_app_consent_no_change ON consent_app_consent;
DROP FUNCTION consent_app_consent_refuse();
"""


class Migration(migrations.Migration):
    dependencies = [("consent_app", "0002_initial")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
