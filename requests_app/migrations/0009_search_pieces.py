"""What requests are found by: pieces of the receipt number, and of the names and addresses of the parties.

Three characters of the number make a piece: two would be in too many of a hundred thousand numbers.
"""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
from django.db import migrations, models

FORWARD = """
CREATE FUNCTION portal_receipt_pieces(number text) RETURNS text[] LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    pieces text[] := '{}';
    compact text := coalesce(replace(number, '-', ''), '');
BEGIN
    FOR i IN 1 .. length(compact) - 2 LOOP
        pieces := pieces || substr(compact, i, 3);
    END LOOP;
    RETURN pieces;
END
$$;
"""
BACKWARD = "DROP FUNCTION portal_receipt_pieces(text);"


class Migration(migrations.Migration):
    dependencies = [("consent_app", "0020_search_pieces"), ("requests_app", "0008_decision_proposal")]

    operations = [
        migrations.RunSQL(FORWARD, BACKWARD),
        migrations.AddField(
            model_name='disclosurerequest',
            name='search_pieces',
            field=models.GeneratedField(db_persist=True, expression=models.Func('receipt_number', function='portal_receipt_pieces', output_field=django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None)), output_field=django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None), verbose_name='検索用'),
        ),
        migrations.AddField(
            model_name='party',
            name='search_pieces',
            field=models.GeneratedField(db_persist=True, expression=models.Func('family_name', 'given_name', 'family_kana', 'given_kana', models.Value(''), 'email', 'telephone', function='portal_search_pieces', output_field=django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None)), output_field=django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None), verbose_name='検索用'),
        ),
        migrations.AddIndex(
            model_name='disclosurerequest',
            index=django.contrib.postgres.indexes.GinIndex(fastupdate=False, fields=['search_pieces'], name='request_search'),
        ),
        migrations.AddIndex(
            model_name='party',
            index=django.contrib.postgres.indexes.GinIndex(fastupdate=False, fields=['search_pieces'], name='party_search'),
        ),
    ]
