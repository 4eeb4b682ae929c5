"""The history of the registers is added to and never rewritten; only who changed an entry may be forgotten."""

from django.db import migrations

from privacy_portal.core.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [("consent_app", "0004_policy_immutable")]

    operations = [append_only("consent_app_registerchange", forgettable=["by_id"])]
