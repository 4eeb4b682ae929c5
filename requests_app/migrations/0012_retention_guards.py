"""A case that is held cannot be deleted, and what is left of one that was erased stays as it was written."""

from django.db import migrations

from privacy_portal.core.append_only import append_only

FORWARD = """
CREATE FUNCTION requests_app_hold_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.ended_at IS NULL THEN
        RAISE EXCEPTION 'a hold that is in force keeps its case' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN OLD;
END
$$;
CREATE TRIGGER requests_app_hold_refuse BEFORE DELETE ON requests_app_retentionhold
    FOR EACH ROW EXECUTE FUNCTION requests_app_hold_refuse();
"""

BACKWARD = """
DROP TRIGGER requests_app_hold_refuse ON requests_app_retentionhold;
DROP FUNCTION requests_app_hold_refuse();
"""


class Migration(migrations.Migration):
    dependencies = [("requests_app", "0011_retention")]

    operations = [
        migrations.RunSQL(FORWARD, BACKWARD),
        append_only("requests_app_requestremains"),
    ]
