"""A release is not changed afterwards: the next one is compared with what was shown; only its maker may be forgotten."""

from django.db import migrations

from privacy_portal.core.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [("consent_app", "0007_consent_wordings_immutable")]

    operations = [append_only("consent_app_statisticsrelease", forgettable=["made_by_id"])]
