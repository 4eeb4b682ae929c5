"""The outbox: a mail is a row in the transaction that causes it; a worker sends it afterwards.

Delivery is at least once: a worker that dies between the server's answer and the mark leaves a lease that runs out, and
the mail goes again under the same Message-ID.
"""

import datetime
import re
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.db import connection, models, transaction
from django.template import Context, engines
from django.utils import timezone, translation
from django.utils.module_loading import import_string

from ..models import OutgoingMail, User
from ..nudge import nudge
from . import audit

# Mails that carry a code: of no use after an hour, and emptied as soon as they are sent.
SHORT_LIVED = frozenset(
    {"sign_in_code", "open_file_code", "email_change_new_code", "email_change_old_code", "instruction_code"}
)
SHORT_LIFE = datetime.timedelta(hours=1)
LANGUAGES = frozenset({"ja", "en"})

_TEMPLATE_NAME = re.compile(r"[a-z0-9_]+(/[a-z0-9_]+)?\Z")


class MailCannotBeRetried(Exception):
    """The mail has been sent, is on its way, or its content has been emptied."""


def mail_context() -> dict[str, Any]:
    """Who writes, in the active language: ``operator_name``, ``operator_contact``, ``operator_hours``,
    ``operator_address`` (where answers go), ``portal_url``.

    The kernel does not know the operator; the setting ``MAIL_CONTEXT`` names the function that does.
    """
    return {"portal_url": settings.PORTAL_URL, **import_string(settings.MAIL_CONTEXT)()}


def enqueue(
    *,
    template: str,
    recipient: str,
    language: str,
    context: Mapping[str, Any],
    user: User | None = None,
    object_type: str = "",
    object_id: str = "",
    attachment: str = "",
) -> OutgoingMail:
    """Write a mail into the outbox, as part of the transaction that causes it, and nudge a worker after the commit.

    It is rendered now, from ``templates/emails/<template>/<language>/{subject.txt,body.txt,body.html}``: what the
    person gets is what was true at this moment.

    Args:
        template: the name of the folder.
        recipient: one bare address.
        language: "ja" or "en", the recipient's stored language.
        context: what the templates need, beside what :func:`mail_context` gives.
        user: the recipient's account, where there is one.
        object_type: ``_meta.label_lower`` of what the mail is about.
        object_id: its key.
        attachment: what ``mail_attachments.reference`` gave for a file that is made when the mail leaves.

    Raises:
        RuntimeError: no transaction is open.
        ValueError: the template's name, the language or the address is not one.
        TemplateDoesNotExist: the mail has not been written in this language.
    """
    _check_transaction()
    if not is_bare_address(recipient):
        # The address is not in the message: errors are logged.
        raise ValueError("The recipient is not one bare mail address.")
    mail = OutgoingMail(
        template=template,
        language=language,
        user=user,
        object_type=object_type,
        object_id=object_id,
        recipient=recipient,
        attachment=attachment,
        **_rendered(template, language, context),
    )
    mail.message_id = _message_id(mail)
    mail.save(force_insert=True)
    nudge("core.send_mail_row", mail.pk)
    return mail


@dataclass(frozen=True)
class Addressee:
    """One of the many whom a notice goes to: a bare address, "ja" or "en", and the account where there is one."""

    recipient: str
    language: str
    user_id: uuid.UUID | None


def enqueue_notice(
    *, template: str, addressees: Iterable[Addressee], context: Callable[[str], Mapping[str, Any]], about: models.Model
) -> list[OutgoingMail | None]:
    """Write the same notice to many, as part of the transaction that causes it: rendered once for each language.

    Notices wait for the sweep, which sends everything else first: a code must not stand in line behind twenty thousand
    notices, nor the broker hold a nudge for each of them.

    Args:
        template: the name of the folder, as for :func:`enqueue`.
        addressees: as many as fit into memory.
        context: what the templates need in a language. It is the same for everybody; nothing of a person is in it.
        about: what the notice is about.

    Returns:
        In the order of the addressees, the mail, or None where the address is none that mail can go to.

    Raises:
        RuntimeError: no transaction is open.
        ValueError: the template's name or a language is not one.
        TemplateDoesNotExist: the mail has not been written in a language.
    """
    _check_transaction()
    content: dict[str, dict[str, str]] = {}
    mails: list[OutgoingMail | None] = []
    for one in addressees:
        if not is_bare_address(one.recipient):
            mails.append(None)
            continue
        if one.language not in content:
            content[one.language] = _rendered(template, one.language, context(one.language))
        mail = OutgoingMail(
            template=template,
            language=one.language,
            user_id=one.user_id,
            object_type=about._meta.label_lower,
            object_id=str(about.pk),
            recipient=one.recipient,
            bulk=True,
            **content[one.language],
        )
        mail.message_id = _message_id(mail)
        mails.append(mail)
    OutgoingMail.objects.bulk_create([mail for mail in mails if mail])
    return mails


def is_bare_address(text: str) -> bool:
    """Whether a mail can be addressed to this text as it is, which does not say that anybody has the address."""
    return parseaddr(text)[1] == text and "@" in text and not any(c.isspace() or c < " " for c in text)


def _check_transaction() -> None:
    if not connection.in_atomic_block:
        raise RuntimeError("A mail is written in the transaction that causes it; open one first.")


def _message_id(mail: OutgoingMail) -> str:
    return f"<{mail.pk}@{parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition('@')[2]}>"


def _rendered(template: str, language: str, context: Mapping[str, Any]) -> dict[str, str]:
    """Subject and bodies, by the names of their columns."""
    if not _TEMPLATE_NAME.match(template) or language not in LANGUAGES:
        raise ValueError(f"There is no mail {template!r} in {language!r}.")
    with translation.override(language):
        values = {**mail_context(), "language": language, **context}
        folder = f"emails/{template}/{language}"
        subject = " ".join(_render(f"{folder}/subject.txt", values, autoescape=False).split())
        return {
            "subject": subject,
            "body_text": _render(f"{folder}/body.txt", values, autoescape=False).strip() + "\n",
            "body_html": _render(f"{folder}/body.html", {**values, "subject": subject}, autoescape=True),
        }


def _render(name: str, values: dict[str, Any], *, autoescape: bool) -> str:
    template = engines["django"].get_template(name).template  # type: ignore[attr-defined]
    rendered: str = template.render(Context(values, autoescape=autoescape))
    return rendered


def retry(*, mail: OutgoingMail, actor: User) -> OutgoingMail:
    """Send a failed or waiting mail again now, with all its attempts before it.

    Raises:
        MailCannotBeRetried: see there. The row is locked, so a worker cannot have it at the same time.
    """
    with transaction.atomic():
        locked = OutgoingMail.objects.select_for_update().get(pk=mail.pk)
        if locked.state not in (OutgoingMail.State.FAILED, OutgoingMail.State.WAITING) or locked.emptied_at:
            raise MailCannotBeRetried
        audit.record(action="mail.retried", actor=actor, obj=locked, detail={"state": locked.state})
        locked.state, locked.attempts, locked.due_at = OutgoingMail.State.QUEUED, 0, timezone.now()
        locked.save(update_fields=["state", "attempts", "due_at"])
        nudge("core.send_mail_row", locked.pk)
    return locked


def empty_old(*, now: datetime.datetime, batch: int = 1000) -> int:
    """Empty subject, bodies and address of mails whose retention is over; the row stays as a record that one was sent.

    A mail with a code is emptied once it is sent, and an hour after it was written whatever became of it: a code that
    arrives later only confuses.

    Returns:
        How many were emptied.
    """
    finished = [OutgoingMail.State.SENT, OutgoingMail.State.FAILED]
    old = OutgoingMail.objects.filter(emptied_at__isnull=True, created_at__lt=now - SHORT_LIFE)
    retention = now - datetime.timedelta(days=settings.MAIL_RETENTION_DAYS)
    codes = old.filter(template__in=SHORT_LIVED)
    return sum(
        [
            _empty(codes.filter(state__in=finished), now=now, batch=batch),
            # SENDING is left alone: its worker marks it, or its lease runs out and it is taken up here.
            _empty(
                codes.exclude(state__in=[*finished, OutgoingMail.State.SENDING]),
                now=now,
                batch=batch,
                state=OutgoingMail.State.FAILED,
                last_error="expired",
            ),
            _empty(old.filter(state__in=finished, created_at__lt=retention), now=now, batch=batch),
        ]
    )


def _empty(mails: Any, *, now: datetime.datetime, batch: int, **changes: Any) -> int:
    emptied = 0
    while True:
        with transaction.atomic():
            keys: list[uuid.UUID] = list(
                mails.select_for_update(skip_locked=True, of=("self",)).values_list("pk", flat=True)[:batch]
            )
            if not keys:
                return emptied
            emptied += OutgoingMail.objects.filter(pk__in=keys).update(**emptied_values(now), **changes)


def empty_now(mails: Any, *, now: datetime.datetime) -> int:
    """Empty these mails, whatever their retention; what had not left is not sent any more.

    Args:
        mails: a queryset without mails that are just being sent.
    """
    waiting = [OutgoingMail.State.QUEUED, OutgoingMail.State.WAITING]
    keys = list(mails.select_for_update(of=("self",)).values_list("pk", "state"))
    unsent = [key for key, state in keys if state in waiting]
    OutgoingMail.objects.filter(pk__in=unsent).update(state=OutgoingMail.State.FAILED, last_error="erased")
    return OutgoingMail.objects.filter(pk__in=[key for key, _ in keys]).update(**emptied_values(now))


def emptied_values(now: datetime.datetime) -> dict[str, Any]:
    """The columns of a mail whose content is gone."""
    return {"subject": None, "body_text": None, "body_html": None, "recipient": None, "emptied_at": now}
