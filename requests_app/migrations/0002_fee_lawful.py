"""A fee outside article 38 is impossible in the database, too; payments are added to and never rewritten.

The type of a request cannot be changed to one that is free by law while it has a fee.
"""

from django.db import migrations

from privacy_portal.core.append_only import append_only

FORWARD = """
CREATE FUNCTION requests_app_fee_lawful() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM requests_app_disclosurerequest WHERE id = NEW.request_id AND request_type = NEW.request_type
    ) THEN
        RAISE EXCEPTION 'a fee is of the type of its request' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER requests_app_fee_lawful BEFORE INSERT OR UPDATE OF request_id, request_type ON requests_app_fee
    FOR EACH ROW EXECUTE FUNCTION requests_app_fee_lawful();

CREATE FUNCTION requests_app_type_keeps_fee() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.request_type <> OLD.request_type AND EXISTS (SELECT FROM requests_app_fee WHERE request_id = NEW.id) THEN
        RAISE EXCEPTION 'the type of a request with a fee stays' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER requests_app_type_keeps_fee BEFORE UPDATE OF request_type ON requests_app_disclosurerequest
    FOR EACH ROW EXECUTE FUNCTION requests_app_type_keeps_fee();
"""

BACKWARD = """
DROP TRIGGER requests_app_type_keeps_fee ON requests_app_disclosurerequest;
DROP FUNCTION requests_app_type_keeps_fee();
DROP TRIGGER requests_app_fee_lawful ON requests_app_fee;
DROP FUNCTION requests_app_fee_lawful();
"""


class Migration(migrations.Migration):
    dependencies = [("requests_app", "0001_initial")]

    operations = [
        migrations.RunSQL(FORWARD, BACKWARD),
        append_only("requests_app_payment", forgettable=["recorded_by_id"], gone_with=("fee_id", "requests_app_fee")),
    ]
