"""The index over two-character pieces: made by the database itself, so that no writer can forget it.

``portal_search_pieces`` says what a row is found by, ``portal_search_wanted`` what somebody looks for; both fold in the
same way, so that they cannot disagree. They use nothing outside ``pg_catalog``: a restored dump fills the column before
anything else of the product is there. Pieces are told apart by their first character: ``^`` begins a name (for a single
character), ``@`` three letters before the at sign of a mail address, ``#`` four digits of a telephone number.
"""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
from django.db import migrations, models

# What becomes what, character by character; the rest of LEAVE_OUT disappears.
FROM = (
    "ぁあぃいぅうぇえぉおかがきぎくぐけげこごさざしじすずせぜそぞただちぢっつづてでとどなにぬねのはばぱひびぴふぶぷへべぺほぼぽまみむめもゃやゅゆょよらりるれろゎわゐゑをんゔゕゖゝゞァィ"
    "ゥェォッャュョヮヵヶ邊齋齊濱澤廣國櫻眞惠瀨瀧萬與應條壽榮圓黑淺關藏遙彌禮鐵增豐實靜佛來曾嶽龍當會學將貳樂繩鷄鹽祿綠總聰敎淸滿爲發縣藝賴醫釋錢顯驛龜傳卷堯槇亙凛檜藪籠髙﨑嵜𠮷邉德濵桒"
    "栁𣘺槗冨舘嶌嶋淵晧曻凬"
)
TO = (
    "アアイイウウエエオオカガキギクグケゲコゴサザシジスズセゼソゾタダチヂツツヅテデトドナニヌネノハバパヒビピフブプヘベペホボポマミムメモヤヤユユヨヨラリルレロワワヰヱヲンヴカケヽヾアイ"
    "ウエオツヤユヨワカケ辺斎斉浜沢広国桜真恵瀬滝万与応条寿栄円黒浅関蔵遥弥礼鉄増豊実静仏来曽岳竜当会学将弐楽縄鶏塩禄緑総聡教清満為発県芸頼医釈銭顕駅亀伝巻尭槙亘凜桧薮篭高崎崎吉辺徳浜桑"
    "柳橋橋富館島島渕皓昇風"
)
LEAVE_OUT = " ・.,'’-‐‑‒–—―−─━"

INVISIBLE = r"[\uFE00-\uFE0F\u200B-\u200F\U000E0100-\U000E01EF]"
WITHOUT = LEAVE_OUT.replace("'", "''")
KEY = (
    f"translate(lower(normalize(regexp_replace(%s, '{INVISIBLE}', '', 'g'), NFKC)), '{FROM}{WITHOUT}', '{TO}')"
)

FORWARD = f"""
CREATE FUNCTION portal_search_pieces(
    family text, given text, family_kana text, given_kana text, company text, mail text, telephone text
) RETURNS text[] LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    pieces text[] := '{{}}';
    name text;
    piece text;
    local_part text := coalesce(lower(split_part(mail, '@', 1)), '');
    digits text := coalesce(regexp_replace(telephone, '[^0-9]', '', 'g'), '');
BEGIN
    FOREACH name IN ARRAY ARRAY[family || given, given, family_kana || given_kana, given_kana, company] LOOP
        CONTINUE WHEN coalesce(name, '') = '';
        name := '^' || {KEY % "name"};
        FOR i IN 1 .. length(name) - 1 LOOP
            piece := substr(name, i, 2);
            IF piece <> ALL (pieces) THEN
                pieces := pieces || piece;
            END IF;
        END LOOP;
    END LOOP;
    FOR i IN 1 .. length(local_part) - 2 LOOP
        piece := '@' || substr(local_part, i, 3);
        IF piece <> ALL (pieces) THEN
            pieces := pieces || piece;
        END IF;
    END LOOP;
    IF telephone LIKE '+81%' THEN
        digits := '0' || substr(digits, 3);
    END IF;
    FOR i IN 1 .. length(digits) - 3 LOOP
        piece := '#' || substr(digits, i, 4);
        IF piece <> ALL (pieces) THEN
            pieces := pieces || piece;
        END IF;
    END LOOP;
    RETURN pieces;
END
$$;

CREATE FUNCTION portal_search_wanted(word text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN length(folded) = 0 THEN NULL
        WHEN length(folded) = 1 THEN ARRAY['^' || folded]
        ELSE ARRAY(SELECT substr(folded, i, 2) FROM generate_series(1, length(folded) - 1) AS i)
    END
    FROM (SELECT {KEY % "word"} AS folded) AS one
$$;
"""  # noqa: S608 - constants of this file  # nosec B608

BACKWARD = """
DROP FUNCTION portal_search_wanted(text);
DROP FUNCTION portal_search_pieces(text, text, text, text, text, text, text);
"""


class Migration(migrations.Migration):
    dependencies = [("consent_app", "0019_second_look_rule")]

    operations = [
        migrations.RunSQL(FORWARD, BACKWARD),
        migrations.RemoveConstraint(model_name="customer", name="customer_erased_is_empty"),
        migrations.RemoveIndex(model_name="customer", name="customer_search"),
        # A column cannot become a made one; taking it out and in again fills every row.
        migrations.RemoveField(model_name="customer", name="search_pieces"),
        migrations.AddField(
            model_name="customer",
            name="search_pieces",
            field=models.GeneratedField(db_persist=True, expression=models.Func('family_name', 'given_name', 'family_kana', 'given_kana', 'company', 'email', 'telephone', function='portal_search_pieces', output_field=django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None)), output_field=django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None), verbose_name='検索用'),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=django.contrib.postgres.indexes.GinIndex(fields=["search_pieces"], name="customer_search"),
        ),
        migrations.AddConstraint(
            model_name='customer',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'erased'), _negated=True), models.Q(('address1', ''), ('address2', ''), ('birth_date', None), ('company', ''), ('email', ''), ('family_kana', ''), ('family_name', ''), ('gender', ''), ('given_kana', ''), ('given_name', ''), ('name_key', ''), ('originals', {}), ('origins', {}), ('postal_code', ''), ('prefecture', ''), ('telephone', ''), ('user', None)), _connector='OR'), name='customer_erased_is_empty'),
        ),
    ]
