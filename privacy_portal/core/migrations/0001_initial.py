import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
import privacy_portal.core.fields
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="日時")),
                ("action", models.CharField(max_length=60, verbose_name="操作")),
                (
                    "actor",
                    models.CharField(
                        help_text="「user:ID」「worker」「anonymous」など。", max_length=60, verbose_name="操作者"
                    ),
                ),
                ("object_type", models.CharField(blank=True, max_length=60, verbose_name="対象の種類")),
                ("object_id", models.CharField(blank=True, max_length=60, verbose_name="対象のID")),
                ("request_id", models.CharField(blank=True, max_length=40, verbose_name="リクエストID")),
                ("detail", models.JSONField(default=dict, verbose_name="詳細")),
            ],
            options={
                "verbose_name": "監査記録",
                "verbose_name_plural": "監査記録",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="AuditLink",
            fields=[
                ("position", models.BigIntegerField(primary_key=True, serialize=False, verbose_name="位置")),
                ("digest", models.BinaryField(max_length=32, verbose_name="ハッシュ")),
            ],
            options={
                "verbose_name": "監査記録の連鎖",
                "verbose_name_plural": "監査記録の連鎖",
            },
        ),
        migrations.CreateModel(
            name="EncryptedFile",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "name",
                    models.CharField(
                        help_text="ダウンロード時の名前。個人データを含めません。",
                        max_length=150,
                        verbose_name="ファイル名",
                    ),
                ),
                ("content_type", models.CharField(max_length=100, verbose_name="種類")),
                (
                    "size",
                    models.PositiveBigIntegerField(
                        default=0, help_text="暗号化する前の大きさ。", verbose_name="大きさ（バイト）"
                    ),
                ),
                ("sealed_key", models.BinaryField(null=True, verbose_name="暗号化された鍵")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="作成日時")),
                ("erased_at", models.DateTimeField(blank=True, null=True, verbose_name="消去日時")),
            ],
            options={
                "verbose_name": "暗号化ファイル",
                "verbose_name_plural": "暗号化ファイル",
            },
        ),
        migrations.CreateModel(
            name="Job",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=60, verbose_name="種類")),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "開始待ち"), ("running", "実行中"), ("done", "完了"), ("failed", "失敗")],
                        default="waiting",
                        max_length=10,
                        verbose_name="状態",
                    ),
                ),
                ("total", models.PositiveIntegerField(blank=True, null=True, verbose_name="全体")),
                ("done", models.PositiveIntegerField(default=0, verbose_name="済み")),
                ("problem_count", models.PositiveIntegerField(default=0, verbose_name="問題")),
                (
                    "result",
                    models.JSONField(default=dict, help_text="件数だけ。個人データは入れません。", verbose_name="結果"),
                ),
                ("error", models.CharField(blank=True, max_length=200, verbose_name="エラー")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="作成日時")),
                ("started_at", models.DateTimeField(blank=True, null=True, verbose_name="開始日時")),
                (
                    "updated_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now,
                        help_text="長く変わらなければ止まっています。",
                        verbose_name="最後の進み",
                    ),
                ),
                ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="終了日時")),
            ],
            options={
                "verbose_name": "処理",
                "verbose_name_plural": "処理",
                "ordering": ["-created_at"],
            },
        ),
        migrations.CreateModel(
            name="JobProblem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("line", models.PositiveIntegerField(null=True, verbose_name="行")),
                ("column", models.CharField(blank=True, max_length=100, verbose_name="列")),
                ("code", models.CharField(max_length=60, verbose_name="理由")),
            ],
            options={
                "verbose_name": "処理の問題",
                "verbose_name_plural": "処理の問題",
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="OneTimeCode",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "purpose",
                    models.CharField(
                        choices=[("sign_in", "サインイン"), ("open_file", "回答を開く")],
                        max_length=20,
                        verbose_name="目的",
                    ),
                ),
                (
                    "subject_digest",
                    models.BinaryField(
                        help_text="メールアドレスなどの鍵つきハッシュ。", max_length=32, verbose_name="対象"
                    ),
                ),
                ("code_digest", models.BinaryField(max_length=32, verbose_name="コード")),
                ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="試行回数")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="作成日時")),
                ("expires_at", models.DateTimeField(verbose_name="期限")),
                ("used_at", models.DateTimeField(blank=True, null=True, verbose_name="使用日時")),
            ],
            options={
                "verbose_name": "ワンタイムコード",
                "verbose_name_plural": "ワンタイムコード",
            },
        ),
        migrations.CreateModel(
            name="OutgoingMail",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("template", models.CharField(max_length=60, verbose_name="テンプレート")),
                ("language", models.CharField(max_length=2, verbose_name="言語")),
                ("object_type", models.CharField(blank=True, max_length=60, verbose_name="対象の種類")),
                ("object_id", models.CharField(blank=True, max_length=60, verbose_name="対象のID")),
                ("recipient", privacy_portal.core.fields.EncryptedTextField(null=True, verbose_name="宛先アドレス")),
                ("subject", privacy_portal.core.fields.EncryptedTextField(null=True, verbose_name="件名")),
                ("body_text", privacy_portal.core.fields.EncryptedTextField(null=True, verbose_name="本文")),
                ("body_html", privacy_portal.core.fields.EncryptedTextField(null=True, verbose_name="本文（HTML）")),
                ("message_id", models.CharField(max_length=150, unique=True, verbose_name="Message-ID")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "送信待ち"),
                            ("sending", "送信中"),
                            ("sent", "送信済み"),
                            ("waiting", "再送待ち"),
                            ("failed", "失敗"),
                        ],
                        default="queued",
                        max_length=10,
                        verbose_name="状態",
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="試行回数")),
                ("due_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="次の送信")),
                ("lease_until", models.DateTimeField(blank=True, null=True, verbose_name="占有の期限")),
                ("last_error", models.CharField(blank=True, max_length=100, verbose_name="最後のエラー")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="作成日時")),
                ("sent_at", models.DateTimeField(blank=True, null=True, verbose_name="送信日時")),
                ("emptied_at", models.DateTimeField(blank=True, null=True, verbose_name="本文の消去日時")),
            ],
            options={
                "verbose_name": "送信メール",
                "verbose_name_plural": "送信メール",
                "ordering": ["-created_at"],
            },
        ),
        migrations.CreateModel(
            name="User",
            fields=[
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                (
                    "is_superuser",
                    models.BooleanField(
                        default=False,
                        help_text="Designates that this user has all permissions without explicitly assigning them.",
                        verbose_name="superuser status",
                    ),
                ),
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("email", models.EmailField(max_length=254, unique=True, verbose_name="メールアドレス")),
                ("display_name", models.CharField(blank=True, max_length=150, verbose_name="表示名")),
                (
                    "language",
                    models.CharField(
                        choices=[("ja", "日本語"), ("en", "English")], default="ja", max_length=2, verbose_name="言語"
                    ),
                ),
                ("is_staff", models.BooleanField(default=False, verbose_name="担当者")),
                ("is_active", models.BooleanField(default=True, verbose_name="有効")),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name="登録日時"),
                ),
                (
                    "groups",
                    models.ManyToManyField(
                        blank=True,
                        help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.group",
                        verbose_name="groups",
                    ),
                ),
                (
                    "user_permissions",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Specific permissions for this user.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.permission",
                        verbose_name="user permissions",
                    ),
                ),
            ],
            options={
                "verbose_name": "アカウント",
                "verbose_name_plural": "アカウント",
            },
        ),
        migrations.CreateModel(
            name="AuditPending",
            fields=[
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="pending",
                        serialize=False,
                        to="core.auditentry",
                    ),
                ),
            ],
            options={
                "verbose_name": "連鎖を待つ監査記録",
                "verbose_name_plural": "連鎖を待つ監査記録",
            },
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["object_type", "object_id", "id"], name="audit_by_object"),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["actor", "id"], name="audit_by_actor"),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["action", "id"], name="audit_by_action"),
        ),
        migrations.AddField(
            model_name="auditlink",
            name="entry",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.DO_NOTHING, related_name="link", to="core.auditentry"
            ),
        ),
        migrations.AddField(
            model_name="job",
            name="started_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="開始した人",
            ),
        ),
        migrations.AddField(
            model_name="jobproblem",
            name="job",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="problems", to="core.job", verbose_name="処理"
            ),
        ),
        migrations.AddIndex(
            model_name="onetimecode",
            index=models.Index(fields=["expires_at"], name="code_expiry"),
        ),
        migrations.AddConstraint(
            model_name="onetimecode",
            constraint=models.CheckConstraint(
                condition=models.Q(("attempts__lte", 5)), name="code_attempts_at_most_five"
            ),
        ),
        migrations.AddField(
            model_name="outgoingmail",
            name="user",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="宛先",
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(("email", django.db.models.functions.text.Lower("email"))),
                name="user_email_is_lower_case",
            ),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(fields=["-created_at"], name="job_newest"),
        ),
        migrations.AddIndex(
            model_name="outgoingmail",
            index=models.Index(
                condition=models.Q(("state__in", ["queued", "waiting"])), fields=["due_at"], name="mail_due"
            ),
        ),
        migrations.AddIndex(
            model_name="outgoingmail",
            index=models.Index(condition=models.Q(("state", "sending")), fields=["lease_until"], name="mail_leased"),
        ),
        migrations.AddIndex(
            model_name="outgoingmail",
            index=models.Index(fields=["-created_at"], name="mail_newest"),
        ),
        migrations.AddIndex(
            model_name="outgoingmail",
            index=models.Index(fields=["object_type", "object_id"], name="mail_by_object"),
        ),
        migrations.AddIndex(
            model_name="outgoingmail",
            index=models.Index(
                condition=models.Q(("emptied_at__isnull", True)), fields=["created_at"], name="mail_to_empty"
            ),
        ),
        migrations.AddConstraint(
            model_name="outgoingmail",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("lease_until__isnull", False), ("state", "sending")),
                    models.Q(("state", "sending"), _negated=True),
                    _connector="OR",
                ),
                name="mail_sending_has_lease",
            ),
        ),
        migrations.AddConstraint(
            model_name="outgoingmail",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("sent_at__isnull", False), ("state", "sent")),
                    models.Q(("state", "sent"), _negated=True),
                    _connector="OR",
                ),
                name="mail_sent_has_time",
            ),
        ),
    ]
