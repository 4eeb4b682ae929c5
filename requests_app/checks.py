"""Mistakes in the tables and mails of requests become errors of ``manage.py check``."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, register
from django.template import TemplateDoesNotExist, TemplateSyntaxError
from django.template.loader import get_template

from consent_app.domain.profile_parser import ProfileError
from consent_app.models.parts import HELD_ITEMS
from consent_app.services import profiles
from privacy_portal.core.fields import EncryptedTextField

from . import notifications
from .domain.fees import PAYMENT_DAYS
from .domain.request_types import REQUEST_TYPES
from .domain.retention import Stage
from .domain.transitions import Event
from .models import Decision
from .services import retention, silence

LANGUAGES = ("ja", "en")
PARTS = ("subject.txt", "body.txt", "body.html")


@register
def every_event_has_its_mail(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Each event of the table has a mail, written in every language."""
    found: list[CheckMessage] = [
        Error(f"The event {event.value!r} has no mail in notifications.TEMPLATES.", id="requests_app.E001")
        for event in Event
        if event not in notifications.TEMPLATES
    ]
    templates = notifications.WITHOUT_EVENT | set(notifications.TEMPLATES.values())
    for name in sorted(templates):
        for path in (f"emails/{name}/{language}/{part}" for language in LANGUAGES for part in PARTS):
            try:
                get_template(path)
            except TemplateDoesNotExist:
                found.append(Error(f"The mail {path} has not been written.", id="requests_app.E002"))
            except TemplateSyntaxError as error:
                found.append(Error(f"The mail {path} cannot be read: {error}", id="requests_app.E003"))
    return found


@register
def waiting_for_the_person_is_in_order(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Reminders, warning and end come one after the other, and not before a fee has to be paid."""
    patience = silence.patience()
    if patience.is_in_order and patience.close > PAYMENT_DAYS:
        return []
    message = (
        "The REQUEST_REMIND_… and REQUEST_SILENCE_… settings must come one after the other: two reminders, a warning at"
        f" least 7 days before the end, the end after more than {PAYMENT_DAYS} days."
    )
    return [Error(message, id="requests_app.E007")]


@register
def request_types_fit_the_models(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Each type of the table decides by known outcomes and names each ground once."""
    found: list[CheckMessage] = []
    for code, entry in REQUEST_TYPES.items():
        if not set(entry.outcome_articles) <= set(Decision.Outcome.values):
            found.append(Error(f"The type {code!r} has an outcome that no decision has.", id="requests_app.E004"))
        grounds = [refusal.code for refusal in entry.refusals]
        if len(set(grounds)) != len(grounds):
            found.append(Error(f"The type {code!r} names a ground twice.", id="requests_app.E005"))
    return found


@register
def profiles_name_all_that_is_held(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Every profile has a data item for each code that data is held under.

    What no item names can neither be asked for nor withheld.
    """
    found: list[CheckMessage] = []
    for path in sorted(profiles.PROFILES.glob("*.toml")):
        try:
            known = {item.code for item in profiles.read_profile(path.stem).data_items}
        except ProfileError:
            continue  # load_profile names the lines that are wrong
        found += [
            Error(f"The profile {path.name} has no data item {code!r}.", id="requests_app.E006")
            for code in sorted(HELD_ITEMS - known)
        ]
    return found


@register
def everything_of_a_case_has_its_end(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """The table of what is kept how long knows every link, file and encrypted text, and can do what it says.

    What it does not know would stay for ever, or go without anybody having decided it.
    """
    found: list[CheckMessage] = [
        Error(
            f"{name} is not in KEPT of requests_app/domain/retention.py: say when it is erased.", id="requests_app.E008"
        )
        for name in retention.unclassified()
    ]
    found += [
        Error(f"{name} keeps its case from being erased: use RESTRICT or CASCADE.", id="requests_app.E011")
        for name in retention.protected()
    ]
    for stage in (Stage.IDENTITY, Stage.FILES, Stage.CASE):
        try:
            places = retention.places(stage)
        except LookupError as error:
            found.append(Error(f"KEPT names {error}, which belongs to no request.", id="requests_app.E009"))
            continue
        found += [
            Error(
                f"{place.name} cannot be emptied before its row goes: it must be able to be NULL.",
                id="requests_app.E010",
            )
            for place in places
            if stage != Stage.CASE and isinstance(place.field, EncryptedTextField) and not place.field.null
        ]
    return found
