"""The first half of a change: only adds, so that the release before goes on working beside it (docs/migrations.md)."""

from django.db import migrations


class Migration(migrations.Migration):
    """A column and an index of a table that requests write to, a new table, and a moment in which it holds its locks."""

    dependencies = [("requests_app", "0001_initial")]
    operations = [
        migrations.RunSQL(
            [
                "ALTER TABLE requests_app_disclosurerequest ADD COLUMN next_note text NULL",
                "CREATE INDEX next_note ON requests_app_disclosurerequest (next_note) WHERE next_note IS NOT NULL",
                "CREATE TABLE next_release_thing (id bigserial PRIMARY KEY)",
                "SELECT pg_sleep(1)",
            ]
        ),
    ]
