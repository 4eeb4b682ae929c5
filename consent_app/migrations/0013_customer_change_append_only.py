"""The history of registered data is added to and never rewritten.

Who made a change may be forgotten with their account, and a person is erased with their history (article 35).
"""

from django.db import migrations

from privacy_portal.core.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [("consent_app", "0012_collection_wording_append_only")]

    operations = [
        append_only(
            "consent_app_customerchange",
            forgettable=["changed_by_id"],
            gone_with=("customer_id", "consent_app_customer"),
        )
    ]
