"""What was made knowable is not rewritten afterwards; only who published it may be forgotten."""

from django.db import migrations

from privacy_portal.core.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [("consent_app", "0014_ledgers_append_only")]

    operations = [append_only("consent_app_mattersversion", forgettable=["made_by_id"])]
