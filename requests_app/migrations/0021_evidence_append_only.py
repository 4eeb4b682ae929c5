"""What was asked for and how it was judged stays as it was."""

from django.db import migrations

from privacy_portal.core.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [("requests_app", "0020_evidence")]

    operations = [
        append_only(
            "requests_app_evidencerequest",
            forgettable=["asked_by_id"],
            gone_with=("request_id", "requests_app_disclosurerequest"),
        ),
        append_only(
            "requests_app_evidencejudgement",
            forgettable=["judged_by_id", "note"],
            gone_with=("evidence_id", "requests_app_evidence"),
        ),
    ]
