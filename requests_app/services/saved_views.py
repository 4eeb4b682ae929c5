"""Lists of the queue that staff keep under a name."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from privacy_portal.core.models import User
from privacy_portal.core.services import audit

from ..models import FirstView, SavedView
from ..models.queue import VIEW_PARAMETERS
from .errors import RequestError

PERMISSION: Final = "requests_app.view_disclosurerequest"
LONGEST_VALUE: Final = 60


class NotYourView(RequestError):
    """Only who made a view changes or deletes it."""

    message = _("この一覧は、作った人だけが変えられます。")


class NameTaken(RequestError):
    """Two views of one name could not be told apart."""

    message = _("同じ名前の一覧があります。別の名前にしてください。")


def kept(parameters: Mapping[str, str]) -> dict[str, str]:
    """What of an address a view keeps: known filters and the order, nothing that was searched for."""
    return {name: parameters[name][:LONGEST_VALUE] for name in VIEW_PARAMETERS if parameters.get(name)}


def save(
    *,
    actor: User,
    name: str,
    shared: bool,
    parameters: Mapping[str, str] | None,
    now: datetime,
    view: SavedView | None = None,
) -> SavedView:
    """Keep a view, or change one's own.

    Args:
        parameters: as they stand in the address of the list; None leaves those of ``view`` as they are.

    Raises:
        NotYourView: ``view`` is somebody else's. NameTaken: another view of one's own has this name.
    """
    with transaction.atomic():
        # Two windows of one person: the second waits and sees the name.
        User.objects.select_for_update().get(pk=actor.pk)
        if view is None:
            view = SavedView(owner=actor)
        elif view.owner_id != actor.pk:
            raise NotYourView
        if SavedView.objects.filter(owner=actor, name=name).exclude(pk=view.pk).exists():
            raise NameTaken
        view.name, view.shared, view.updated_at = name, shared, now
        if parameters is not None:
            view.parameters = kept(parameters)
        view.save()
        if not shared:
            FirstView.objects.filter(view=view).exclude(user=actor).delete()
        audit.record(action="view.saved", actor=actor, obj=view, detail={"shared": shared})
    return view


def delete(*, actor: User, view: SavedView) -> None:
    """Delete one's own view; whoever opened the queue with it opens it with all open requests again.

    Raises:
        NotYourView: it is somebody else's.
    """
    if view.owner_id != actor.pk:
        raise NotYourView
    with transaction.atomic():
        audit.record(action="view.deleted", actor=actor, obj=view)
        view.delete()


def open_first(*, actor: User, view: SavedView | None) -> None:
    """Let the queue open with this view, or, with None, with all open requests."""
    with transaction.atomic():
        if view is None:
            FirstView.objects.filter(user=actor).delete()
        else:
            FirstView.objects.update_or_create(user=actor, defaults={"view": view})
