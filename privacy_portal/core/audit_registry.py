"""The registered audit actions: what may be recorded, and which details an entry of each kind may carry.

Each app lists its actions in a module ``audit_actions``, which is found when the apps are ready. A detail is a count, a
truth value, an identifier, a date or one of a fixed set of words. Free text is no kind: an entry outlives the person it
speaks of, so it must not be able to hold personal data.
"""

import datetime
import enum
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Detail = type[int] | type[bool] | type[uuid.UUID] | type[datetime.date] | frozenset[str] | list[frozenset[str]]
Scalar = int | bool | str | list[str]


@dataclass(frozen=True)
class Action:
    """A registered action: its name, what it says to a reader (a lazy translation), and its details."""

    name: str
    description: Any
    detail: Mapping[str, Detail]


_actions: dict[str, Action] = {}


class UnregisteredAction(ValueError):
    """The action or one of its details is not registered: a mistake in the calling code."""


def words(values: Iterable[str] | type[enum.Enum]) -> frozenset[str]:
    """A fixed set of words as a kind of detail: from strings, or from the values of an enumeration."""
    if isinstance(values, type) and issubclass(values, enum.Enum):
        return frozenset(str(member.value) for member in values)
    return frozenset(str(value) for value in values)


def register(name: str, description: Any, **detail: Detail) -> None:
    """Register an action.

    Args:
        name: ``<subject>.<past participle>``, at most 60 characters, for example ``mail.retried``.
        description: lazy translation shown in the admin.
        detail: each key with its kind: ``int``, ``bool``, ``uuid.UUID``, ``datetime.date``, :func:`words`, or a list of
            one :func:`words` for several of them.

    Raises:
        ValueError: the name is taken by another description, or too long.
    """
    if len(name) > 60:
        raise ValueError(f"The audit action {name!r} is longer than its column.")
    if name in _actions:
        raise ValueError(f"The audit action {name!r} is registered twice.")
    _actions[name] = Action(name, description, detail)


def action(name: str) -> Action:
    """The registered action of this name.

    Raises:
        UnregisteredAction: there is none.
    """
    try:
        return _actions[name]
    except KeyError:
        raise UnregisteredAction(f"The audit action {name!r} is not registered.") from None


def all_actions() -> list[Action]:
    """Every registered action, by name."""
    return [_actions[name] for name in sorted(_actions)]


def checked_detail(entry_action: Action, detail: Mapping[str, Any] | None) -> dict[str, Scalar]:
    """The details as they are stored.

    Raises:
        UnregisteredAction: a key is not registered for this action, or its value is not of the registered kind. The
            message names the key only, because the value may be what must not be written anywhere.
    """
    checked: dict[str, Scalar] = {}
    for key, value in (detail or {}).items():
        kind = entry_action.detail.get(key)
        if kind is None:
            raise UnregisteredAction(
                f"The detail {key!r} is not registered for the audit action {entry_action.name!r}."
            )
        if value is not None:
            checked[key] = _checked(entry_action.name, key, kind, value)
    return checked


def _checked(name: str, key: str, kind: Detail, value: Any) -> Scalar:
    if isinstance(kind, list):
        return [str(_checked(name, key, kind[0], one)) for one in value]
    if isinstance(kind, frozenset):
        word = str(value.value) if isinstance(value, enum.Enum) else value
        if isinstance(word, str) and word in kind:
            return str(word)
    elif kind is bool or kind is int:
        # bool is an int to Python; a count must not become "true".
        if type(value) is kind:
            return kind(value)
    elif kind is datetime.date:
        if type(value) is datetime.date:
            return value.isoformat()
    elif isinstance(value, uuid.UUID):
        return str(value)
    raise UnregisteredAction(f"The detail {key!r} of the audit action {name!r} is not of its registered kind.")
