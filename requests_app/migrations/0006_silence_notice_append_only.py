"""What the person was told before their request ended stays as it was told."""

from django.db import migrations

from privacy_portal.core.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [("requests_app", "0005_silence_notice")]

    operations = [
        append_only("requests_app_silencenotice", gone_with=("request_id", "requests_app_disclosurerequest")),
    ]
