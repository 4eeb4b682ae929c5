"""The database itself holds what article 27(6) leaves no room for.

* What was announced is only added to; who published it may be forgotten.
* A joint use is published once a version of it was; it does not go back, and an ended one stays as it is.
* Versions follow each other by number, with the items and the scope of users that were announced first.
* Items and scope of a published joint use cannot be changed.
"""

from django.db import migrations

from privacy_portal.core.append_only import append_only

FORWARD = """
CREATE FUNCTION consent_joint_use_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'draft' THEN
            RAISE EXCEPTION 'a joint use begins as a draft' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' THEN
        IF OLD.state <> 'draft' THEN
            RAISE EXCEPTION 'DELETE is refused: a joint use that was published or ended stays'
                USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN OLD;
    END IF;
    IF (OLD.state, NEW.state) NOT IN (
        ('draft', 'draft'), ('draft', 'published'), ('draft', 'ended'),
        ('published', 'published'), ('published', 'ended'), ('ended', 'ended')
    ) THEN
        RAISE EXCEPTION 'a joint use does not go from % to %', OLD.state, NEW.state
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state = 'draft' AND NEW.state = 'published'
       AND NOT EXISTS (SELECT FROM consent_app_jointuseversion WHERE joint_use_id = NEW.id) THEN
        RAISE EXCEPTION 'a joint use that was not announced cannot be published' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state <> 'draft' AND (OLD.code, OLD.users_ja, OLD.users_en) <> (NEW.code, NEW.users_ja, NEW.users_en) THEN
        RAISE EXCEPTION 'the scope of users does not change without consent (article 27(6))'
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state = 'ended'
       AND to_jsonb(NEW) - '{revision,kept_by_staff,position}'::text[]
           <> to_jsonb(OLD) - '{revision,kept_by_staff,position}'::text[] THEN
        RAISE EXCEPTION 'a joint use that has ended stays as it is' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER consent_joint_use_guard BEFORE INSERT OR UPDATE OR DELETE ON consent_app_jointuse
    FOR EACH ROW EXECUTE FUNCTION consent_joint_use_guard();

CREATE FUNCTION consent_joint_use_items_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed bigint := CASE WHEN TG_OP = 'DELETE' THEN OLD.jointuse_id ELSE NEW.jointuse_id END;
BEGIN
    IF EXISTS (SELECT FROM consent_app_jointuse WHERE id = changed AND state <> 'draft') THEN
        RAISE EXCEPTION 'the items of a joint use do not change without consent (article 27(6))'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END
$$;
CREATE TRIGGER consent_joint_use_items_guard BEFORE INSERT OR UPDATE OR DELETE ON consent_app_jointuse_items
    FOR EACH ROW EXECUTE FUNCTION consent_joint_use_items_guard();

CREATE FUNCTION consent_joint_use_version_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last consent_app_jointuseversion%ROWTYPE;
    present text;
BEGIN
    SELECT state INTO present FROM consent_app_jointuse WHERE id = NEW.joint_use_id FOR UPDATE;
    IF present = 'ended' THEN
        RAISE EXCEPTION 'a joint use that has ended has no new version' USING ERRCODE = 'restrict_violation';
    END IF;
    SELECT * INTO last FROM consent_app_jointuseversion WHERE joint_use_id = NEW.joint_use_id
        ORDER BY number DESC LIMIT 1;
    IF NEW.number <> COALESCE(last.number, 0) + 1 THEN
        RAISE EXCEPTION 'versions of a joint use follow each other by number' USING ERRCODE = 'restrict_violation';
    END IF;
    IF last.number IS NOT NULL AND (
        NOT (NEW.item_codes <@ last.item_codes AND NEW.item_codes @> last.item_codes)
        OR (NEW.users_ja, NEW.users_en) <> (last.users_ja, last.users_en)
    ) THEN
        RAISE EXCEPTION 'items and scope of users do not change without consent (article 27(6))'
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF last.number IS NOT NULL AND NEW.announced_on < last.announced_on THEN
        RAISE EXCEPTION 'a version is announced no earlier than the one before it' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER consent_joint_use_version_guard BEFORE INSERT ON consent_app_jointuseversion
    FOR EACH ROW EXECUTE FUNCTION consent_joint_use_version_guard();
"""

BACKWARD = """
DROP TRIGGER consent_joint_use_version_guard ON consent_app_jointuseversion;
DROP FUNCTION consent_joint_use_version_guard();
DROP TRIGGER consent_joint_use_items_guard ON consent_app_jointuse_items;
DROP FUNCTION consent_joint_use_items_guard();
DROP TRIGGER consent_joint_use_guard ON consent_app_jointuse;
DROP FUNCTION consent_joint_use_guard();
"""


class Migration(migrations.Migration):
    dependencies = [("consent_app", "0005_register_change_append_only")]

    operations = [
        append_only("consent_app_jointuseversion", forgettable=["published_by_id"]),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
