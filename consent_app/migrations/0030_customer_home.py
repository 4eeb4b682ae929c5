from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("consent_app", "0029_file_runs")]

    operations = [
        AddIndexConcurrently(
            model_name="customer",
            index=models.Index(
                condition=models.Q(("postal_code", ""), _negated=True),
                fields=["postal_code", "name_key"],
                name="customer_home",
            ),
        ),
        RemoveIndexConcurrently(model_name="customer", name="customer_postal"),
    ]
