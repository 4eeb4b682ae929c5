"""Where something was looked for may name somebody: it is encrypted like the finding's note."""

from django.db import migrations, models

import privacy_portal.core.fields

TABLE = "requests_app_casefinding"


def _copy(apps, schema_editor, source, target):
    # What staff wrote stays as it was; only how it lies in the table changes.
    schema_editor.execute(f"ALTER TABLE {TABLE} DISABLE TRIGGER {TABLE}_no_change")
    for row in apps.get_model("requests_app", "CaseFinding").objects.iterator():
        setattr(row, target, getattr(row, source))
        row.save(update_fields=[target])
    schema_editor.execute(f"ALTER TABLE {TABLE} ENABLE TRIGGER {TABLE}_no_change")


def seal(apps, schema_editor):
    _copy(apps, schema_editor, "place_plain", "place")


def unseal(apps, schema_editor):
    _copy(apps, schema_editor, "place", "place_plain")


class Migration(migrations.Migration):
    dependencies = [("requests_app", "0026_message_unread")]

    operations = [
        migrations.RenameField("casefinding", "place", "place_plain"),
        migrations.AlterField(
            "casefinding", "place_plain", models.CharField(max_length=200, null=True, verbose_name="探した場所")
        ),
        migrations.AddField(
            "casefinding", "place", privacy_portal.core.fields.EncryptedTextField(null=True, verbose_name="探した場所")
        ),
        migrations.RunPython(seal, unseal),
        migrations.AlterField(
            "casefinding", "place", privacy_portal.core.fields.EncryptedTextField(verbose_name="探した場所")
        ),
        migrations.RemoveField("casefinding", "place_plain"),
    ]
