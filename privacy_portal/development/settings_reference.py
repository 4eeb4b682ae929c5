"""``docs/settings.md``: every environment variable that the product reads, with its kind, default and meaning.

``python -m privacy_portal.development.settings_reference`` writes it. Kinds and defaults are read from the settings
themselves; a test fails when a variable has no meaning here, or the document is not what this writes.
"""

import ast
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
DOCUMENT = ROOT / "docs" / "settings.md"
FILES = ("base.py", "production.py")


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable.

    Attributes:
        meaning: what it is, in one line of Markdown.
        default: in words, where the code computes it or another program reads the variable.
    """

    name: str
    meaning: str
    default: str = ""


# fmt: off
GROUPS: dict[str, tuple[Variable, ...]] = {
    "Must be set in production": (
        Variable("SECRET_KEY", "Django's key for signatures: at least 50 random characters"),
        Variable("FIELD_ENCRYPTION_KEYS", "keys for personal data at rest, `id:base64 of 32 bytes`, separated by commas; the first encrypts, all decrypt"),
        Variable("ALLOWED_HOSTS", "host names that the product answers to, separated by commas"),
        Variable("PORTAL_URL", "the portal's address as customers reach it, without a slash at the end; mails name it"),
        Variable("DATABASE_URL", "a PostgreSQL server: `postgres://user:password@host:5432/name`"),
        Variable("REDIS_URL", "a Redis server: `redis://host:6379/0` or `unix:///path/redis.sock`"),
        Variable("EMAIL_URL", "the mail server: `smtp+tls://user:password@host:587`"),
        Variable("DEFAULT_FROM_EMAIL", "the sender of every mail"),
        Variable("TRUSTED_PROXY_HOPS", "how many proxies of yours stand before the product; `X-Forwarded-Proto` is believed only when there is one"),
    ),
    "Where things lie and what runs around the product": (
        Variable("DJANGO_SETTINGS_MODULE", "which settings: `privacy_portal.settings.production`; `manage.py` alone would take the development settings", "production for web, worker and beat"),
        Variable("FILES_S3_BUCKET", "bucket of an object storage that the encrypted files lie in; empty: the folder `MEDIA_ROOT`, which otherwise has only what is being written. Needs `deploy/requirements-s3.txt`; who may read and write is told by `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, or by the machine's role"),
        Variable("FILES_S3_ENDPOINT", "address of an object storage that is not Amazon's"),
        Variable("FILES_S3_REGION", "its region, where it has one"),
        Variable("MEDIA_ROOT", "folder of the encrypted files (packages, letters, reports)", "`var/files/`"),
        Variable("STATIC_ROOT", "folder that `collectstatic` fills and the web process serves; holds nothing secret", "`staticfiles/`"),
        Variable("BACKUP_KEYS", "keys that encrypt backups, in the form of `FIELD_ENCRYPTION_KEYS`; only `backup` and `restore` need them"),
        Variable("POSTGRESQL_PROGRAMS", "folder with `pg_dump` and `pg_restore`, not older than the server; none: from `PATH`"),
        Variable("ERASURE_JOURNAL", "file in which erasures are written down, encrypted, for the restore of a backup from before; copy it to another place often", "`var/erasures.journal`"),
        Variable("SEPARATE_QUEUES", "`true`: mail and long work get queues of their own, for workers of their own ([scaling.md](scaling.md))"),
        Variable("DATABASE_THROUGH_POOLER", "`true` when `DATABASE_URL` leads to PgBouncer or another pooler that gives a connection for one transaction only"),
        Variable("DATABASE_CONNECT_SECONDS", "how long anything waits for a connection to PostgreSQL, in seconds; at least 2"),
        Variable("DATABASE_STATEMENT_SECONDS", "how long a page waits for PostgreSQL to answer one statement before it says that it has to be tried again; workers, migrations and backups wait as long as it takes"),
        Variable("DATABASE_LOCK_SECONDS", "the same for a row or table that somebody else holds"),
        Variable("REDIS_TIMEOUT_SECONDS", "how long a page waits for Redis, in seconds, before it goes on as if there were none"),
        Variable("UPLOAD_MAX_MB", "the most that an uploaded picture or PDF may have, in megabytes; a proxy before the product has to let it through"),
        Variable("CLAMD_ADDRESS", "a virus scanner (clamd) that is asked about every uploaded picture and PDF: `unix:/run/clamav/clamd.ctl` or `tcp:host:3310`; when it cannot be reached, no file is taken"),
        Variable("LOG_FORMAT", "log lines for machines or for people"),
        Variable("METRICS_TOKEN", "what Prometheus shows to read `/metrics`: at least 32 random characters; without it the address does not exist"),
        Variable("PROMETHEUS_MULTIPROC_DIR", "folder where the processes of one web server keep the counts of their requests; `deploy/gunicorn.conf.py` makes one at each start", "a new folder"),
        Variable("SECURITY_CONTACT", "where weaknesses are reported: an e-mail address or the `https://` address of a page; `/.well-known/security.txt` names it"),
    ),
    "Times and limits": (
        Variable("MESSAGE_FILES_MAX", "how many pictures and PDFs one message between a person and staff may carry"),
        Variable("MAIL_CONNECTIONS", "over how many connections at once one worker sends many mails, where the mail server lets it; at least 1"),
        Variable("MAIL_RETENTION_DAYS", "days until the body of a sent mail is emptied"),
        Variable("REQUEST_CLOSE_AFTER_DAYS", "days until an answered request is closed"),
        Variable("REQUEST_REMIND_AFTER_DAYS", "days of silence until somebody who owes an answer is reminded by mail"),
        Variable("REQUEST_REMIND_AGAIN_AFTER_DAYS", "the same, for the second mail"),
        Variable("REQUEST_SILENCE_CLOSE_DAYS", "the same, until the request is closed"),
        Variable("REQUEST_SILENCE_WARNING_DAYS", "days before that on which a mail warns of it; at least 7"),
        Variable("REQUEST_DRAFT_DAYS", "days that an unfinished request is kept"),
        Variable("POLICY_NOTICE_DAYS", "days between the notice of a material change of the privacy policy and its effect"),
        Variable("MINOR_RULE_FROM", "the day (`2027-04-01`) from which people under 16 decide about their data through a statutory agent; set it when the amendment of 2026 takes effect", "none"),
        Variable("BACKUP_KEEP_DAYS", "days that you keep backups: the journal of erasures forgets what is older"),
        Variable(
            "CUSTOMER_LOOK_HOURS",
            "how long a reason holds for which staff look at a customer; one that names a case holds while it is open",
        ),
        Variable("EXPORT_SECOND_PERSON_FROM", "persons from which a file with their data leaves only when a second member of staff agrees; what one person takes within 24 hours counts together; `0`: never needed"),
        Variable("EXPORT_HOURS", "hours in which that is answered, and again hours in which the file can be downloaded"),
        Variable("STAFF_IDLE_MINUTES", "staff are signed out after this time without a click; every session ends after 12 hours"),
        Variable("CUSTOMER_IDLE_MINUTES", "the same for customers"),
        Variable("STATISTICS_MINIMUM", "statistics leave out what fewer persons are behind and are rounded down to a multiple of it; at least 3"),
        Variable("ANSWER_FILE_DAYS", "days that an answer can be opened"),
        Variable("ANSWER_MAIL_MAX_MB", "the most that an answer may have, in megabytes, which goes out as an encrypted attachment; a larger one is opened on the page"),
        Variable("ORDER_RECORDS_MONTHS", "months, from the day of the order, for which orders are kept as bookkeeping records although their person was erased"),
        Variable("EVIDENCE_FILE_DAYS", "days that copies of identity documents and mandates are kept after the decision"),
    ),
}
# fmt: on

HEAD = """# Settings

Everything comes from environment variables; [env.example](../deploy/env.example) has those that a production needs. Written by
`python -m privacy_portal.development.settings_reference` from the settings themselves.
"""
FOOT = """
## For development and tests only

`PORT` and `PROFILE` of `make run`; `CHROMIUM` names a browser for the tests, and `REQUIRE_BROWSER=1` makes its absence a failure. The
values without a default are made once and kept in `var/development.env`.
"""


@dataclass(frozen=True, slots=True)
class Read:
    """How a file of settings reads a variable."""

    kind: str
    default: str


def read() -> dict[str, dict[str, Read]]:
    """Variable -> file of settings -> how it is read there."""
    found: dict[str, dict[str, Read]] = {}
    for file in FILES:
        tree = ast.parse((ROOT / "privacy_portal" / "settings" / file).read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and (kind := _kind(node.func)) and node.args:
                name = ast.literal_eval(node.args[0])
                found.setdefault(name, {})[file] = Read(kind, _default(node))
    return found


def _kind(function: ast.expr) -> str:
    if isinstance(function, ast.Name) and function.id == "env":
        return "text"
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name) and function.value.id == "env":
        kinds = {
            "int": "number",
            "list": "list, commas",
            "bool": "true or false",
            "db": "address",
            "email_url": "address",
        }
        return kinds.get(function.attr, "text")
    return ""


def _default(call: ast.Call) -> str:
    given = next((word.value for word in call.keywords if word.arg == "default"), None)
    if given is None:
        return "–"
    try:
        value = ast.literal_eval(given)
    except ValueError:
        return "?"  # the table says it in words
    if value in ("", []):
        return "none"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def document() -> str:
    """The whole text."""
    known = read()
    parts = [HEAD]
    for title, variables in GROUPS.items():
        parts.append(f"\n## {title}\n\n| variable | kind | default | meaning |\n|---|---|---|---|\n")
        for variable in variables:
            ways = known.get(variable.name, {})
            base = ways.get("base.py") or Read("text", "none")
            default = variable.default or base.default
            if "production.py" in ways and ways["production.py"].default != base.default:
                default += f"; {ways['production.py'].default} in production"
            parts.append(f"| `{variable.name}` | {base.kind} | {default} | {variable.meaning} |\n")
    return "".join([*parts, FOOT])


def main() -> int:
    """Write the document."""
    DOCUMENT.write_text(document(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
