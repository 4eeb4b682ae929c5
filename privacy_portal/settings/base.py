"""Settings shared by every environment, read from environment variables through django-environ.

docs/settings.md explains each variable.
"""

import datetime
from pathlib import Path
from typing import Any

import environ
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent.parent
env = environ.Env()

SECRET_KEY = env("SECRET_KEY")
# "id:base64 of 32 bytes", the first one encrypts, all of them decrypt.
FIELD_ENCRYPTION_KEYS: list[str] = env.list("FIELD_ENCRYPTION_KEYS")
DEBUG = False
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", default=[])
# The address under which customers reach the portal; used in mails. No trailing slash.
PORTAL_URL: str = env("PORTAL_URL")

INSTALLED_APPS = [
    # Not plain "unfold": that configuration would replace our admin site with its own.
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "privacy_portal.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "crispy_forms",
    "crispy_bootstrap5",
    "csp",
    "privacy_portal.core",
    "consent_app",
    "requests_app",
]

MIDDLEWARE = [
    # First: probes come by plain HTTP, to whatever name, and must touch nothing.
    "privacy_portal.core.probes.ProbeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "privacy_portal.core.middleware.RequestIdMiddleware",
    "privacy_portal.core.request_metrics.MeasureMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "privacy_portal.core.session_end.SessionEndMiddleware",
    "privacy_portal.core.middleware.AnonymousPostMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "privacy_portal.core.middleware.PersonalPageMiddleware",
    "privacy_portal.core.middleware.MissingKeyMiddleware",
]

ROOT_URLCONF = "privacy_portal.urls"
WSGI_APPLICATION = "privacy_portal.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "csp.context_processors.nonce",
                "consent_app.context.operator",
            ],
            "builtins": ["privacy_portal.core.templatetags.portal"],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# A pooler lends a connection for one transaction: a cursor that outlives it would read from somebody else's.
DATABASE_THROUGH_POOLER: bool = env.bool("DATABASE_THROUGH_POOLER", default=False)
# How long anybody waits for a connection, and a web process for the answer to one statement and for a lock. Migrations,
# backups and workers take the time they need (core/database_patience.py).
DATABASE_CONNECT_SECONDS: int = env.int("DATABASE_CONNECT_SECONDS", default=3)
DATABASE_STATEMENT_SECONDS: int = env.int("DATABASE_STATEMENT_SECONDS", default=30)
DATABASE_LOCK_SECONDS: int = env.int("DATABASE_LOCK_SECONDS", default=10)
_DATABASE: dict[str, Any] = env.db("DATABASE_URL")
DATABASES = {
    "default": {
        **_DATABASE,
        # A server that vanished without a word is noticed within a minute and a half, not after two hours.
        "OPTIONS": {
            "connect_timeout": DATABASE_CONNECT_SECONDS,
            "keepalives_idle": 30,
            "keepalives_interval": 10,
            "keepalives_count": 6,
            **_DATABASE.get("OPTIONS", {}),
        },
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": DATABASE_THROUGH_POOLER,
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL: str = env("REDIS_URL")
# How long a page waits for Redis before it goes on as if there were none (core/redis_server.py).
REDIS_TIMEOUT_SECONDS: int = env.int("REDIS_TIMEOUT_SECONDS", default=2)
CACHES = {
    "default": {
        "BACKEND": "privacy_portal.core.cache.PrefixedRedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "cache",
        "OPTIONS": {"serializer": "privacy_portal.core.cache.SignedSerializer"},
    }
}
SESSION_ENGINE = "privacy_portal.core.sessions"
# A session ends after so many hours in any case, and after so many minutes without a click (core/session_end.py).
SESSION_HOURS = 12
SESSION_COOKIE_AGE = 60 * 60 * SESSION_HOURS
STAFF_IDLE_MINUTES: int = env.int("STAFF_IDLE_MINUTES", default=30)
CUSTOMER_IDLE_MINUTES: int = env.int("CUSTOMER_IDLE_MINUTES", default=120)
SESSION_COOKIE_SAMESITE = "Lax"

AUTH_USER_MODEL = "core.User"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "privacy_portal.core.staff.passwords.NotMadeOfCommonValidator"},
    {"NAME": "privacy_portal.core.staff.passwords.NotOurWordsValidator"},
]
LOGIN_URL = "portal:sign_in"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"
# How many proxies of the operator stand before the product; each adds one address to X-Forwarded-For.
TRUSTED_PROXY_HOPS: int = env.int("TRUSTED_PROXY_HOPS", default=0)

# Staff: password and a second factor. Limits are ours (core/staff/limits.py), counted in one step.
ACCOUNT_ADAPTER = "privacy_portal.core.staff.adapters.StaffAccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_FORMS = {
    "login": "privacy_portal.core.staff.forms.StaffLoginForm",
    "reauthenticate": "privacy_portal.core.staff.forms.StaffPasswordForm",
}
ACCOUNT_RATE_LIMITS = False
ACCOUNT_SESSION_REMEMBER = False
# A customer's session in the same browser must not hide the staff sign-in.
ACCOUNT_AUTHENTICATED_LOGIN_REDIRECTS = False
MFA_ADAPTER = "privacy_portal.core.staff.adapters.StaffMFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_FORMS = {
    "activate_totp": "privacy_portal.core.staff.forms.StaffActivateTOTPForm",
    "authenticate": "privacy_portal.core.staff.forms.StaffAuthenticateForm",
    "reauthenticate": "privacy_portal.core.staff.forms.StaffReauthenticateForm",
}
MFA_TOTP_ISSUER = "Privacy Portal"
# One step of 30 seconds either way, for clocks that are a little off; a code is taken once in all of that time.
MFA_TOTP_TOLERANCE = 1

LANGUAGE_CODE = "ja"
LANGUAGES = [("ja", _("日本語")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "Asia/Tokyo"
USE_TZ = True

# The portal: nothing inline, nothing from elsewhere. "data:" for pictures only, which Bootstrap's style sheet needs.
_STRICT = {
    "default-src": ["'self'"],
    "img-src": ["'self'", "data:"],
    "object-src": ["'none'"],
    "base-uri": ["'none'"],
    "form-action": ["'self'"],
    "frame-ancestors": ["'none'"],
}
CONTENT_SECURITY_POLICY = {"DIRECTIVES": _STRICT}
# The admin's theme evaluates expressions in attributes (Alpine) and writes style attributes; no inline script there.
ADMIN_CONTENT_SECURITY_POLICY = {
    **_STRICT,
    "script-src": ["'self'", "'unsafe-eval'"],
    "style-src": ["'self'", "'unsafe-inline'"],
}
PERMISSIONS_POLICY: dict[str, list[str]] = {
    feature: []
    for feature in (
        "accelerometer",
        "autoplay",
        "camera",
        "display-capture",
        "encrypted-media",
        "fullscreen",
        "geolocation",
        "gyroscope",
        "magnetometer",
        "microphone",
        "midi",
        "payment",
        "usb",
    )
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_AGE = 60 * 60 * 24 * 365
KNOWN_DEVICE_COOKIE_NAME = "known_device"
MESSAGES_COOKIE_NAME = "messages"
MESSAGE_STORAGE = "privacy_portal.core.flash.MessageStorage"

# "plain" for people, "json" for machines: one object a line.
LOG_FORMAT: str = env.str("LOG_FORMAT", default="plain")
# One line an event on standard error, with the request's id and without values (core/logs.py).
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "privacy_portal.core.logs.AddRequestId"}},
    "formatters": {
        "plain": {"()": "privacy_portal.core.logs.WithoutValues"},
        "json": {"()": "privacy_portal.core.logs.JsonLines"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT, "filters": ["request_id"]}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "django.server": {"handlers": ["console"], "level": "INFO", "propagate": False},
        "gunicorn.error": {"handlers": ["console"], "propagate": False},
    },
}

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = Path(env("STATIC_ROOT", default=str(BASE_DIR / "staticfiles")))
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    "encrypted": {"BACKEND": "privacy_portal.core.file_storage.Folder"},
}
# Encrypted files only (packages, letters, import reports); never served by URL. Where a bucket is named they lie there,
# and the folder has only what is being written.
FILES_S3_BUCKET: str = env.str("FILES_S3_BUCKET", default="")
FILES_S3_ENDPOINT: str = env.str("FILES_S3_ENDPOINT", default="")
MEDIA_ROOT = Path(env("MEDIA_ROOT", default=str(BASE_DIR / "var" / "files")))
if FILES_S3_BUCKET:
    STORAGES["encrypted"] = {
        "BACKEND": "privacy_portal.core.bucket.Bucket",
        "OPTIONS": {
            "bucket_name": FILES_S3_BUCKET,
            "endpoint_url": FILES_S3_ENDPOINT or None,
            "region_name": env.str("FILES_S3_REGION", default="") or None,
        },
    }
# What encrypts backups, in the form of FIELD_ENCRYPTION_KEYS; where pg_dump and pg_restore are, if not in PATH.
BACKUP_KEYS: list[str] = env.list("BACKUP_KEYS", default=[])
POSTGRESQL_PROGRAMS: str = env.str("POSTGRESQL_PROGRAMS", default="")
# Erasures are written there too, so that one that came after a backup can be done again when the backup is restored.
ERASURE_JOURNAL = Path(env("ERASURE_JOURNAL", default=str(BASE_DIR / "var" / "erasures.journal")))
BACKUP_KEEP_DAYS: int = env.int("BACKUP_KEEP_DAYS", default=90)
# The most that one uploaded file may have, and the virus scanner that is asked about each (unix:/path, tcp:host:port).
UPLOAD_MAX_MB: int = env.int("UPLOAD_MAX_MB", default=20)
CLAMD_ADDRESS: str = env.str("CLAMD_ADDRESS", default="")
# How many files one message may carry.
MESSAGE_FILES_MAX: int = env.int("MESSAGE_FILES_MAX", default=5)
FILE_UPLOAD_HANDLERS = ["privacy_portal.core.upload_handlers.PrivateUploadHandler"]
DATA_UPLOAD_MAX_NUMBER_FILES = 20

# Whoever asks for /metrics shows this as a bearer token. Empty: /metrics does not exist.
METRICS_TOKEN: str = env.str("METRICS_TOKEN", default="")

# Where weaknesses are reported: an e-mail address or a page. Empty: /.well-known/security.txt does not exist.
SECURITY_CONTACT: str = env.str("SECURITY_CONTACT", default="")

vars().update(env.email_url("EMAIL_URL"))
DEFAULT_FROM_EMAIL: str = env("DEFAULT_FROM_EMAIL")
EMAIL_TIMEOUT = 20
# Called with the mail's language active: who writes, for the sender's name and the signature.
MAIL_CONTEXT = "consent_app.context.mail_context"
# Over how many connections at once a sweep of many mails sends.
MAIL_CONNECTIONS: int = max(1, env.int("MAIL_CONNECTIONS", default=4))
# Bodies, subjects and addresses of mails are emptied after this time.
MAIL_RETENTION_DAYS: int = env.int("MAIL_RETENTION_DAYS", default=30)
# An answered request stays open for questions this long; an untouched draft of a form is kept this long.
REQUEST_CLOSE_AFTER_DAYS: int = env.int("REQUEST_CLOSE_AFTER_DAYS", default=60)
REQUEST_DRAFT_DAYS: int = env.int("REQUEST_DRAFT_DAYS", default=30)
# The person owes an answer and says nothing: two mails after so many days, and the end after so many, of which a mail
# warns so many days before. Counted from the last turn of either side.
REQUEST_REMIND_AFTER_DAYS: int = env.int("REQUEST_REMIND_AFTER_DAYS", default=7)
REQUEST_REMIND_AGAIN_AFTER_DAYS: int = env.int("REQUEST_REMIND_AGAIN_AFTER_DAYS", default=21)
REQUEST_SILENCE_CLOSE_DAYS: int = env.int("REQUEST_SILENCE_CLOSE_DAYS", default=45)
REQUEST_SILENCE_WARNING_DAYS: int = env.int("REQUEST_SILENCE_WARNING_DAYS", default=14)
# A material change of the privacy policy is announced at least this long before it takes effect.
POLICY_NOTICE_DAYS: int = env.int("POLICY_NOTICE_DAYS", default=14)
# From this day on, people under 16 decide through a statutory agent (the amendment of 2026). Empty: not yet in force.
MINOR_RULE_FROM: datetime.date | None = (
    datetime.date.fromisoformat(env.str("MINOR_RULE_FROM")) if env.str("MINOR_RULE_FROM", default="") else None
)
# The reason for which somebody looks at a customer holds so long, unless it names a case: then as long as that is open.
CUSTOMER_LOOK_HOURS: int = env.int("CUSTOMER_LOOK_HOURS", default=8)
# A file with so many persons or more leaves only when a second person agrees; 0: never (docs/decisions/exports.md).
EXPORT_SECOND_PERSON_FROM: int = env.int("EXPORT_SECOND_PERSON_FROM", default=100)
# The time to answer, and then to download.
EXPORT_HOURS: int = env.int("EXPORT_HOURS", default=48)
# Statistics: what fewer persons are behind is left out, and the rest is rounded down to a multiple of it. At least 3.
STATISTICS_MINIMUM: int = env.int("STATISTICS_MINIMUM", default=10)

CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"

# Celery's own words for a socket and for the number of a database in it.
CELERY_BROKER_URL = REDIS_URL
if CELERY_BROKER_URL.startswith("unix://"):
    CELERY_BROKER_URL = "redis+socket" + CELERY_BROKER_URL.removeprefix("unix").replace("?db=", "?virtual_host=", 1)
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A page that nudges a worker must not wait for a broker that is away: one try. A worker asks for a task and waits up to
# a second for one, which is no silence yet.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 600,
    "socket_connect_timeout": REDIS_TIMEOUT_SECONDS,
    "socket_timeout": REDIS_TIMEOUT_SECONDS + 1,
    "socket_keepalive": True,
    "max_retries": 0,
    "interval_start": 0,
    "interval_step": 0,
}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TIMEZONE = TIME_ZONE
# Queues of their own for mail and for what takes long (docs/scaling.md). A worker without -Q takes from all of them.
SEPARATE_QUEUES: bool = env.bool("SEPARATE_QUEUES", default=False)
CELERY_TASK_QUEUES: dict[str, dict[str, str]] | None = (
    {"celery": {}, "mail": {}, "long": {}} if SEPARATE_QUEUES else None
)
CELERY_TASK_ROUTES = (
    {
        "core.send_mail_row": {"queue": "mail"},
        "core.sweep_mail": {"queue": "mail"},
        "consent.*import*": {"queue": "long"},
        "consent.*broadcast*": {"queue": "long"},
        "consent.*provision*": {"queue": "long"},
        "consent.record_matters": {"queue": "long"},
        "core.examine": {"queue": "long"},
        "core.remove_orphan_files": {"queue": "long"},
        "requests.purge": {"queue": "long"},
    }
    if SEPARATE_QUEUES
    else None
)
# Names only here; what each does is its docstring.
CELERY_BEAT_SCHEDULE: dict[str, dict[str, object]] = {
    "core.sweep_mail": {"task": "core.sweep_mail", "schedule": 60.0},
    "core.empty_old_mail": {"task": "core.empty_old_mail", "schedule": 3600.0},
    "core.link_audit_entries": {"task": "core.link_audit_entries", "schedule": 30.0},
    "core.remove_orphan_files": {"task": "core.remove_orphan_files", "schedule": 86400.0},
    "core.purge_codes": {"task": "core.purge_codes", "schedule": 3600.0},
    "core.clear_sessions": {"task": "core.clear_sessions", "schedule": 86400.0},
    "core.examine": {"task": "core.examine", "schedule": 3600.0},
    "core.examine_all": {"task": "core.examine", "schedule": 86400.0, "kwargs": {"thorough": True}},
    "core.purge_jobs": {"task": "core.purge_jobs", "schedule": 86400.0},
    "consent.sweep_imports": {"task": "consent.sweep_imports", "schedule": 60.0},
    "consent.sweep_broadcasts": {"task": "consent.sweep_broadcasts", "schedule": 60.0},
    "consent.purge_broadcasts": {"task": "consent.purge_broadcasts", "schedule": 86400.0},
    "consent.record_matters": {"task": "consent.record_matters", "schedule": 600.0},
    "consent.expire_consents": {"task": "consent.expire_consents", "schedule": 300.0},
    "consent.purge_entrusted_files": {"task": "consent.purge_entrusted_files", "schedule": 3600.0},
    "consent.remind_staff": {"task": "consent.remind_staff", "schedule": 3600.0},
    "consent.sweep_exports": {"task": "consent.sweep_exports", "schedule": 60.0},
    "consent.purge_looks": {"task": "consent.purge_looks", "schedule": 86400.0},
    "consent.sweep_email_changes": {"task": "consent.sweep_email_changes", "schedule": 3600.0},
    "consent.sweep_provisions": {"task": "consent.sweep_provisions", "schedule": 60.0},
    "consent.write_erasure_journal": {"task": "consent.write_erasure_journal", "schedule": 60.0},
    "consent.erase_due": {"task": "consent.erase_due", "schedule": 3600.0},
    "consent.purge_ledgers": {"task": "consent.purge_ledgers", "schedule": 86400.0},
    "requests.sweep": {"task": "requests.sweep", "schedule": 60.0},
    "requests.purge": {"task": "requests.purge", "schedule": 3600.0},
}

# How long an answer can be opened before its files are erased.
ANSWER_FILE_DAYS: int = env.int("ANSWER_FILE_DAYS", default=30)
# The most that an answer may have which goes out as an attachment: a mail is a third larger, and 10 MB pass nearly
# everywhere.
ANSWER_MAIL_MAX_MB: int = env.int("ANSWER_MAIL_MAX_MB", default=7)
# How long copies of documents that show who somebody is are kept after the decision.
EVIDENCE_FILE_DAYS: int = env.int("EVIDENCE_FILE_DAYS", default=30)
# How long orders are kept as bookkeeping records, from the day of the order, although the person had them erased.
ORDER_RECORDS_MONTHS: int = env.int("ORDER_RECORDS_MONTHS", default=84)

UNFOLD = {
    "SITE_TITLE": "Privacy Portal",
    "SITE_HEADER": "Privacy Portal",
    "SITE_SYMBOL": "shield_person",
    "SITE_URL": "/",
    "SHOW_HISTORY": False,
    "SHOW_LANGUAGES": True,
    "LANGUAGES": {"action": reverse_lazy("portal:set_language")},
    "SHOW_BACK_BUTTON": True,
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": f"/{STATIC_URL}portal/favicon.svg"}],
    "ACCOUNT": {
        "navigation": [
            {"title": _("パスワードの変更"), "link": "/admin/password_change/"},
            {"title": _("二段階認証"), "link": "/staff/second-factor/"},
            {"title": _("ログイン中の端末"), "link": "/staff/sessions/"},
        ]
    },
    "DASHBOARD_CALLBACK": "privacy_portal.dashboard.dashboard",
    # The blue of the Digital Agency's tokens, so that portal and admin look like one product.
    "COLORS": {
        "primary": {
            "50": "#e8f1fe",
            "100": "#d9e6ff",
            "200": "#c5d7fb",
            "300": "#9db7f9",
            "400": "#7096f8",
            "500": "#4979f5",
            "600": "#3460fb",
            "700": "#264af4",
            "800": "#0031d8",
            "900": "#0017c1",
            "950": "#00118f",
        },
    },
    "SIDEBAR": {
        "show_search": True,
        "show_all_applications": False,
        "navigation": "privacy_portal.navigation.navigation",
    },
}
