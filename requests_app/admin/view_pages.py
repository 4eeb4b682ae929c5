"""The lists of the queue that staff keep: opened from above the list, changed and deleted on pages of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages as notices
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_POST

from privacy_portal.core.models import User
from privacy_portal.core.services import audit

from ..domain.request_types import REQUEST_TYPES
from ..domain.transitions import Status
from ..models import DisclosureRequest, FirstView, SavedView
from ..services import saved_views
from ..services.saved_views import NameTaken
from .case_views import TEMPLATES, staff_of
from .queue_filters import DUE, ME, NOBODY, WAITS
from .queue_forms import SavedViewForm

if TYPE_CHECKING:
    from .cases import DisclosureRequestAdmin

VIEW_VAR = "view"


def _list_address() -> str:
    return reverse("admin:requests_app_disclosurerequest_changelist")


def address_of(view: SavedView) -> str:
    """The queue as the view keeps it. What it does not say means every open request."""
    return f"{_list_address()}?{urlencode({'queue': 'open', **view.parameters, VIEW_VAR: view.pk})}"


def first_address(request: HttpRequest) -> str:
    """What opens first for this member of staff; empty: every open request."""
    row = FirstView.objects.filter(user=staff_of(request)).select_related("view").first()
    usable = row is not None and (row.view.shared or row.view.owner_id == row.user_id)
    return address_of(row.view) if row is not None and usable else ""


def list_context(request: HttpRequest) -> dict[str, Any]:
    """What stands above the list: the kept ones, and the way to keep this one."""
    kept = saved_views.kept(request.GET.dict())
    return {
        "saved_views": [
            {"view": view, "address": address_of(view), "chosen": str(view.pk) == request.GET.get(VIEW_VAR)}
            for view in SavedView.objects.usable_by(staff_of(request))
        ],
        "save_address": f"{reverse('admin:requests_app_view_save')}?{urlencode(kept)}",
        "filtered": bool(set(kept) - {"o", "queue"}),
        "open_address": f"{_list_address()}?queue=open",
    }


def _page(
    request: HttpRequest, site: DisclosureRequestAdmin, template: str, title: Any, **context: Any
) -> HttpResponse:
    if not site.has_view_permission(request):
        audit.record(action="admin.denied", actor=staff_of(request))
        raise PermissionDenied
    frame = {**site.admin_site.each_context(request), "opts": site.opts, "title": title, "tab": ""}
    context = {**frame, "back_url": reverse("admin:requests_app_views"), **context}
    return TemplateResponse(request, f"{TEMPLATES}/{template}.html", context)


def overview(request: HttpRequest, site: DisclosureRequestAdmin) -> HttpResponse:
    """Every view that the person may use, with what it shows."""
    user = staff_of(request)
    chosen = FirstView.objects.filter(user=user).values_list("view_id", flat=True).first()
    rows = [
        {
            "view": view,
            "address": address_of(view),
            "lines": in_words(view.parameters),
            "own": view.owner_id == user.pk,
            "first": view.pk == chosen,
        }
        for view in SavedView.objects.usable_by(user)
    ]
    return _page(request, site, "views", pgettext("複数", "保存した一覧"), rows=rows)


def save(request: HttpRequest, site: DisclosureRequestAdmin) -> HttpResponse:
    """Keep the list that was open: under a new name, or in place of one's own."""
    parameters = saved_views.kept(request.GET.dict())
    own = SavedView.objects.filter(owner=staff_of(request)).order_by("name")
    form = SavedViewForm(request.POST or None)
    if request.method == "POST" and "replace" in request.POST:
        chosen = _own(request, _uuid(request.POST["replace"]))
        saved_views.save(
            actor=staff_of(request),
            name=chosen.name,
            shared=chosen.shared,
            parameters=parameters,
            view=chosen,
            now=timezone.now(),
        )
        notices.success(request, str(_("一覧の条件を置き換えました。")))
        return HttpResponseRedirect(address_of(chosen))
    if request.method == "POST" and form.is_valid() and (view := _saved(request, site, form, parameters, None)):
        notices.success(request, str(_("一覧を保存しました。")))
        return HttpResponseRedirect(address_of(view))
    return _page(
        request,
        site,
        "view_form",
        _("この一覧を保存する"),
        form=form,
        lines=in_words(parameters),
        own=own,
        back_url=f"{_list_address()}?{urlencode(parameters)}",
    )


def edit(request: HttpRequest, site: DisclosureRequestAdmin, view_id: UUID) -> HttpResponse:
    """Its name, who sees it, and whether it opens first."""
    view = _own(request, view_id)
    is_first = FirstView.objects.filter(user=staff_of(request), view=view).exists()
    initial = {"name": view.name, "shared": view.shared, "first": is_first}
    form = SavedViewForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid() and _saved(request, site, form, None, view):
        notices.success(request, str(_("一覧を保存しました。")))
        return HttpResponseRedirect(reverse("admin:requests_app_views"))
    return _page(request, site, "view_form", _("保存した一覧を変える"), form=form, lines=in_words(view.parameters))


def _saved(
    request: HttpRequest,
    site: DisclosureRequestAdmin,
    form: SavedViewForm,
    parameters: dict[str, str] | None,
    view: SavedView | None,
) -> SavedView | None:
    if not site.has_view_permission(request):
        audit.record(action="admin.denied", actor=staff_of(request))
        raise PermissionDenied
    user, values = staff_of(request), form.cleaned_data
    was_first = view is not None and FirstView.objects.filter(user=user, view=view).exists()
    try:
        view = saved_views.save(
            actor=user,
            name=values["name"],
            shared=values["shared"],
            parameters=parameters,
            view=view,
            now=timezone.now(),
        )
    except NameTaken as error:
        form.add_error("name", str(error))
        return None
    if values["first"] or was_first:
        saved_views.open_first(actor=user, view=view if values["first"] else None)
    return view


def delete(request: HttpRequest, site: DisclosureRequestAdmin, view_id: UUID) -> HttpResponse:
    """After being asked once more."""
    view = _own(request, view_id)
    if request.method != "POST":
        return _page(request, site, "view_delete", _("一覧を消す"), view=view, lines=in_words(view.parameters))
    saved_views.delete(actor=staff_of(request), view=view)
    notices.success(request, str(_("一覧を消しました。請求はそのままです。")))
    return HttpResponseRedirect(reverse("admin:requests_app_views"))


@require_POST
def first(request: HttpRequest, site: DisclosureRequestAdmin, view_id: UUID) -> HttpResponse:
    """Let the queue open with this one, or no longer."""
    user = staff_of(request)
    view = SavedView.objects.usable_by(user).filter(pk=view_id).first()
    if view is None:
        raise Http404
    saved_views.open_first(actor=user, view=None if "never" in request.POST else view)
    notices.success(request, str(_("最初に開く一覧を変えました。")))
    return HttpResponseRedirect(reverse("admin:requests_app_views"))


def _own(request: HttpRequest, view_id: UUID | None) -> SavedView:
    view = SavedView.objects.filter(owner=staff_of(request), pk=view_id).first() if view_id else None
    if view is None:
        raise Http404
    return view


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def in_words(parameters: dict[str, str]) -> list[tuple[Any, Any]]:
    """What a view shows, line by line: the filter and the choice."""
    from .cases import QUEUES

    assigned = parameters.get("assigned", "")
    key = _uuid(assigned)
    named = {str(user.pk): user for user in User.objects.filter(pk=key)} if key else {}
    choices: dict[str, tuple[Any, dict[str, Any]]] = {
        "queue": (_("仕事"), {"open": _("進行中のすべて"), **QUEUES}),
        "type": (_("種類"), {code: entry.name for code, entry in REQUEST_TYPES.items()}),
        "status": (_("状態"), dict(Status.choices)),
        "due": (_("社内目標"), DUE),
        "waits": (_("待っている相手"), WAITS),
        "channel": (_("受付方法"), dict(DisclosureRequest.Channel.choices)),
        "assigned": (_("担当者"), {ME: _("見ている人"), NOBODY: _("担当者未定"), **named}),
    }
    lines = [
        (title, words[parameters[name]]) for name, (title, words) in choices.items() if parameters.get(name) in words
    ]
    return [*lines, (_("並び順"), _("見出しで選んだ順"))] if parameters.get("o") else lines
