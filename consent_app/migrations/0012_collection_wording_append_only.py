"""What people were shown where they gave their data is added to and never rewritten."""

from django.db import migrations

from privacy_portal.core.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [("consent_app", "0011_self_disclosure_kept")]

    operations = [append_only("consent_app_collectionwording", forgettable=["started_by_id"])]
