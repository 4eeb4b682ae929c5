"""What was asked of others, what they answered, and what staff wrote down stays as it was."""

from django.db import migrations

from privacy_portal.core.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [("requests_app", "0013_instructions")]

    operations = [
        append_only(
            "requests_app_instructionentry",
            forgettable=["actor_id"],
            gone_with=("instruction_id", "requests_app_instruction"),
        ),
        append_only(
            "requests_app_casenote",
            forgettable=["author_id"],
            gone_with=("request_id", "requests_app_disclosurerequest"),
        ),
        append_only(
            "requests_app_casefinding",
            forgettable=["author_id"],
            gone_with=("request_id", "requests_app_disclosurerequest"),
        ),
    ]
