"""What was told about the target stays as it was told."""

from django.db import migrations

from privacy_portal.core.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [("requests_app", "0003_target_extension")]

    operations = [
        append_only(
            "requests_app_targetextension",
            forgettable=["extended_by_id"],
            gone_with=("request_id", "requests_app_disclosurerequest"),
        ),
    ]
