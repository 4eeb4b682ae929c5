"""The database itself refuses to change or remove what the audit trail holds, and queues every entry for its link.

TRUNCATE needs a trigger of its own: row triggers do not see it. The owner of the tables could drop the triggers, so the
product runs with a role that does not own them (docs/decisions/audit-chain.md).
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION core_audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: the audit trail is append-only', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TRIGGER core_auditentry_no_change BEFORE UPDATE OR DELETE ON core_auditentry
    FOR EACH ROW EXECUTE FUNCTION core_audit_refuse();
CREATE TRIGGER core_auditentry_no_truncate BEFORE TRUNCATE ON core_auditentry
    FOR EACH STATEMENT EXECUTE FUNCTION core_audit_refuse();
CREATE TRIGGER core_auditlink_no_change BEFORE UPDATE OR DELETE ON core_auditlink
    FOR EACH ROW EXECUTE FUNCTION core_audit_refuse();
CREATE TRIGGER core_auditlink_no_truncate BEFORE TRUNCATE ON core_auditlink
    FOR EACH STATEMENT EXECUTE FUNCTION core_audit_refuse();

CREATE FUNCTION core_audit_queue_link() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO core_auditpending (entry_id) VALUES (NEW.id);
    RETURN NULL;
END
$$;

CREATE TRIGGER core_auditentry_queue_link AFTER INSERT ON core_auditentry
    FOR EACH ROW EXECUTE FUNCTION core_audit_queue_link();
"""

BACKWARD = """
DROP TRIGGER core_auditentry_queue_link ON core_auditentry;
DROP FUNCTION core_audit_queue_link();
DROP TRIGGER core_auditlink_no_truncate ON core_auditlink;
DROP TRIGGER core_auditlink_no_change ON core_auditlink;
DROP TRIGGER core_auditentry_no_truncate ON core_auditentry;
DROP TRIGGER core_auditentry_no_change ON core_auditentry;
DROP FUNCTION core_audit_refuse();
"""


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
