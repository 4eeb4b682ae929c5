from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("core", "0006_own_session")]

    operations = [
        AddIndexConcurrently(
            model_name="outgoingmail",
            index=models.Index(
                condition=models.Q(("state__in", ["queued", "waiting"])), fields=["bulk", "due_at"], name="mail_next"
            ),
        ),
        RemoveIndexConcurrently(model_name="outgoingmail", name="mail_due"),
    ]
