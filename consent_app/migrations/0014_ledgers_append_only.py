"""The database itself keeps the ledgers of provisions and receipts (articles 29, 30 and 31).

* Nothing is changed; only who recorded it may be forgotten, when that account is deleted, and a confirmation of
  article 31 can be ended once.
* Nothing is deleted before its time: not until the day after ``keep_until``, in Japan. A counter-entry goes with its
  record, a refused attempt with its customer.
* A provision rests on a ground that its case of the policy has. A consent is the person's own, and for a provision that
  is being made nothing has taken it back. Whoever records one holds the customer's row, and so does whoever withdraws,
  so the one sees what the other did.
* Personally referable information is given only where a confirmation covers it.
"""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION consent_app_ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before jsonb;
    after jsonb;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        before := to_jsonb(OLD) - 'recorded_by_id';
        after := to_jsonb(NEW) - 'recorded_by_id';
        IF TG_TABLE_NAME = 'consent_app_referableconfirmation' AND before ->> 'ended_on' IS NULL THEN
            before := before - 'ended_on';
            after := after - 'ended_on';
        END IF;
        IF before = after
            AND (NEW.recorded_by_id IS NULL OR NEW.recorded_by_id IS NOT DISTINCT FROM OLD.recorded_by_id) THEN
            RETURN NEW;
        END IF;
    ELSIF TG_OP = 'DELETE' THEN
        before := to_jsonb(OLD);
        IF (before ->> 'keep_until')::date < (now() AT TIME ZONE 'Asia/Tokyo')::date THEN
            RETURN OLD;
        END IF;
    END IF;
    RAISE EXCEPTION '% on % is refused: the ledgers are append-only', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END
$$;

CREATE FUNCTION consent_app_ledger_goes_along() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    gone boolean;
BEGIN
    IF TG_TABLE_NAME = 'consent_app_ledgerreversal' THEN
        gone := NOT EXISTS (SELECT FROM consent_app_provision WHERE id = (to_jsonb(OLD) ->> 'provision_id')::uuid)
            AND NOT EXISTS (SELECT FROM consent_app_receivedprovision
                            WHERE id = (to_jsonb(OLD) ->> 'received_id')::uuid);
    ELSIF TG_TABLE_NAME = 'consent_app_referableconfirmation' THEN
        gone := OLD.created_at < now() - interval '3 years'
            AND NOT EXISTS (SELECT FROM consent_app_referableprovision WHERE confirmation_id = OLD.id);
    ELSE
        gone := (to_jsonb(OLD) ->> 'keep_until')::date < (now() AT TIME ZONE 'Asia/Tokyo')::date
            OR NOT EXISTS (SELECT FROM consent_app_customer WHERE id = (to_jsonb(OLD) ->> 'customer_id')::uuid);
    END IF;
    IF gone THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION '% on % is refused: the ledgers are append-only', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END
$$;

CREATE FUNCTION consent_app_provision_check() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.ground <> '' AND NOT EXISTS (
        SELECT FROM consent_app_provisionbasis basis
        WHERE basis.id = NEW.basis_id
          AND (CASE WHEN basis.statutory THEN ARRAY[basis.article] ELSE basis.requires END)::text[]
              && (CASE WHEN NEW.ground = '28(1)' THEN ARRAY['27(1)', '28(1)'] ELSE ARRAY[NEW.ground] END)::text[]
    ) THEN
        RAISE EXCEPTION 'this case of the policy is not carried by that article' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.consent_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM consent_app_consent consent
        WHERE consent.id = NEW.consent_id AND consent.customer_id = NEW.customer_id AND consent.event = 'given'
    ) THEN
        RAISE EXCEPTION 'the consent is none that this person gave' USING ERRCODE = 'check_violation';
    END IF;
    IF NOT NEW.historic AND EXISTS (
        SELECT FROM consent_app_consent consent
        JOIN consent_app_consent later USING (customer_id, purpose_id)
        WHERE consent.id = NEW.consent_id AND later.event <> 'given' AND later.at >= consent.at
    ) THEN
        RAISE EXCEPTION 'the consent has been taken back' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION consent_app_received_check() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.consent_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM consent_app_consent consent
        WHERE consent.id = NEW.consent_id AND consent.customer_id = NEW.customer_id AND consent.event = 'given'
    ) THEN
        RAISE EXCEPTION 'the consent is none that this person gave' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION consent_app_referable_check() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM consent_app_referableconfirmation confirmation
        WHERE confirmation.id = NEW.confirmation_id
          AND NEW.data::text[] <@ confirmation.data::text[]
          AND confirmation.confirmed_on <= NEW.provided_on
          AND (confirmation.ended_on IS NULL
               OR confirmation.ended_on >= COALESCE(NEW.provided_until, NEW.provided_on))
    ) THEN
        RAISE EXCEPTION 'no confirmation covers this provision' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
"""

DROP_FUNCTIONS = """
DROP FUNCTION consent_app_ledger_refuse();
DROP FUNCTION consent_app_ledger_goes_along();
DROP FUNCTION consent_app_provision_check();
DROP FUNCTION consent_app_received_check();
DROP FUNCTION consent_app_referable_check();
"""

# What may go along with something else is looked at when the transaction commits, whatever the order of deleting.
LATE = ("refusedprovision", "ledgerreversal", "referableconfirmation")
CHECKED = {
    "provision": "consent_app_provision_check",
    "receivedprovision": "consent_app_received_check",
    "referableprovision": "consent_app_referable_check",
}
TABLES = (
    "provision",
    "receivedprovision",
    "refusedprovision",
    "referableprovision",
    "ledgerreversal",
    "referableconfirmation",
)


def _triggers() -> tuple[str, str]:
    forward, backward = [], []
    for name in TABLES:
        table = f"consent_app_{name}"
        forward.append(
            f"CREATE TRIGGER {table}_no_change BEFORE UPDATE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION consent_app_ledger_refuse();"
        )
        if name in LATE:
            forward.append(
                f"CREATE CONSTRAINT TRIGGER {table}_no_delete AFTER DELETE ON {table}"
                " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION consent_app_ledger_goes_along();"
            )
        else:
            forward.append(
                f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table}"
                " FOR EACH ROW EXECUTE FUNCTION consent_app_ledger_refuse();"
            )
        forward.append(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION consent_app_ledger_refuse();"
        )
        backward += [f"DROP TRIGGER {table}_{what} ON {table};" for what in ("no_change", "no_delete", "no_truncate")]
    for name, function in CHECKED.items():
        table = f"consent_app_{name}"
        forward.append(
            f"CREATE TRIGGER {table}_check BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION {function}();"
        )
        backward.append(f"DROP TRIGGER {table}_check ON {table};")
    return "\n".join(forward), "\n".join(backward)


FORWARD, BACKWARD = _triggers()


class Migration(migrations.Migration):
    dependencies = [("consent_app", "0013_customer_change_append_only")]

    operations = [migrations.RunSQL(FUNCTIONS + FORWARD, BACKWARD + DROP_FUNCTIONS)]
