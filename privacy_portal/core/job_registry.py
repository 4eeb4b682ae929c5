"""The kinds of long work, and what can go wrong with single parts of it, in words for the reader.

Each app lists its own in a module ``job_kinds``, which is found when the apps are ready.
"""

from collections.abc import Mapping
from typing import Any

_kinds: dict[str, Any] = {}
_problems: dict[str, Mapping[str, Any]] = {}


class UnregisteredKind(ValueError):
    """The kind of job or the code of a problem is not registered: a mistake in the calling code."""


def register(kind: str, label: Any, problems: Mapping[str, Any] | None = None) -> None:
    """Register a kind of job with its label and the labels of its problem codes (lazy translations).

    Raises:
        ValueError: it is registered already.
    """
    if kind in _kinds:
        raise ValueError(f"The kind of job {kind!r} is registered twice.")
    _kinds[kind] = label
    _problems[kind] = problems or {}


def check(kind: str, codes: set[str] | None = None) -> None:
    """Raise :class:`UnregisteredKind` unless the kind and every code are registered."""
    if kind not in _kinds:
        raise UnregisteredKind(f"The kind of job {kind!r} is not registered.")
    if unknown := (codes or set()) - set(_problems[kind]):
        raise UnregisteredKind(f"Problems of {kind!r} are not registered: {', '.join(sorted(unknown))}")


def label(kind: str) -> str:
    """The kind in words; a kind of an app that is no longer installed is shown as it is."""
    return str(_kinds.get(kind, kind))


def problem_label(kind: str, code: str) -> str:
    """The problem in words."""
    return str(_problems.get(kind, {}).get(code, code))


def kinds() -> list[tuple[str, str]]:
    """Every kind with its label."""
    return [(kind, str(name)) for kind, name in sorted(_kinds.items())]
