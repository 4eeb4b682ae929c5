"""Whom an incident affects: choosing, looking through, telling in other ways than by mail."""

from __future__ import annotations

import hashlib
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from privacy_portal.core.models import OutgoingMail
from privacy_portal.core.services import audit

from ..domain.affected import Criteria
from ..domain.masking import masked_name
from ..models import AffectedPerson, Incident
from ..services import affected, exports, incidents
from .base import link_to_customer
from .exports import second_person
from .incident_forms import CriteriaForm, ToldForm
from .persons import staff

PER_PAGE = 50
MOST_NOT_FOUND = 100
SHOWN = {
    "all": _("全員"),
    "untold": _("まだ知らせていない人"),
    "otherwise": _("メールで知らせられない人"),
    "told": _("知らせた人"),
}


class PersonViews:
    """The pages about persons, for :class:`.incidents.IncidentAdmin`."""

    found: Any
    page: Any

    def choose_view(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Criteria, then how many they mean, then, confirmed, the rows."""
        incident: Incident = self.found(request, pk, "choose_affected")
        posted = request.method == "POST"
        form = CriteriaForm(request.POST if posted else None, request.FILES if posted else None)
        context: dict[str, Any] = {"title": _("影響を受ける人を選ぶ"), "form": form}
        if form.is_valid():
            criteria = form.criteria()
            counted = affected.preview(incident=incident, criteria=criteria)
            # Yes to exactly what was counted: with other criteria, or another number by now, it is counted again.
            seen = _token(criteria, counted.fresh)
            if request.POST.get("counted") == seen:
                try:
                    selection = affected.choose(
                        incident=incident,
                        criteria=criteria,
                        actor=request.user,  # type: ignore[arg-type]
                        now=timezone.now(),
                    )
                except incidents.IncidentError as error:
                    messages.error(request, str(error))
                else:
                    messages.success(request, gettext("%(count)s人を加えました。") % {"count": selection.added})
                return redirect(reverse("admin:consent_app_incident_persons", args=[incident.pk]))
            context |= {"counted": counted, "seen": seen}
            if criteria.numbers:
                # A file is not sent a second time by a browser: what was read goes on as text.
                data = request.POST.copy()
                data["numbers"] = "\n".join(criteria.numbers)
                form.data = data
                unknown = affected.numbers_not_found(criteria.numbers)
                context |= {
                    "not_found": unknown[:MOST_NOT_FOUND],
                    "more_not_found": max(len(unknown) - MOST_NOT_FOUND, 0),
                }
        return self.page(request, incident, "choose", **context)

    def persons_view(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """The list, masked; each look is recorded. Posting takes persons off it, or says how they were told."""
        incident: Incident = self.found(request, pk)
        shown = request.GET.get("show", "all")
        shown = shown if shown in SHOWN else "all"
        if request.method == "POST":
            return self._change_persons(request, incident, shown)
        rows = _rows(incident, shown)
        page = Paginator(
            rows.select_related("customer", "recipient", "mail", "selection").order_by("pk"), PER_PAGE
        ).get_page(request.GET.get("p"))
        audit.record(
            action="incident.persons_viewed",
            actor=request.user,
            obj=incident,
            detail={"persons": len(page.object_list)},
        )
        return self.page(
            request,
            incident,
            "persons",
            title=_("影響を受ける人"),
            shown=shown,
            views=[
                {"code": code, "name": name, "count": _rows(incident, code).count()} for code, name in SHOWN.items()
            ],
            page=page,
            people=[_line(row) for row in page],
            told_form=ToldForm(initial={"told_on": timezone.localdate()}),
            may_choose=request.user.has_perm("consent_app.choose_affected") and not incident.closed_on,
            may_notify=request.user.has_perm("consent_app.notify_affected") and not incident.closed_on,
        )

    def _change_persons(self, request: HttpRequest, incident: Incident, shown: str) -> HttpResponse:
        again = redirect(f"{reverse('admin:consent_app_incident_persons', args=[incident.pk])}?show={shown}")
        removing = "remove" in request.POST
        self.found(request, incident.pk, "choose_affected" if removing else "notify_affected")
        keys = [int(key) for key in request.POST.getlist("persons") if key.isdecimal()]
        if not removing and request.POST.get("everybody") and shown == "otherwise":
            keys = list(_rows(incident, shown).values_list("pk", flat=True))
        if not keys:
            messages.error(request, gettext("一覧から人を選んでください。"))
            return again
        try:
            if removing:
                count = affected.remove(incident=incident, persons=keys, actor=request.user)  # type: ignore[arg-type]
                messages.success(request, gettext("%(count)s人を一覧から外しました。") % {"count": count})
            else:
                self._told(request, incident, keys)
        except incidents.IncidentError as error:
            messages.error(request, str(error))
        return again

    def _told(self, request: HttpRequest, incident: Incident, keys: list[int]) -> None:
        form = ToldForm(request.POST)
        if not form.is_valid():
            raise incidents.IncidentError(gettext("知らせた方法と日を入れてください。"))
        count = affected.tell_otherwise(
            incident=incident,
            persons=keys,
            way=AffectedPerson.Way(form.cleaned_data["way"]),
            told_on=form.cleaned_data["told_on"],
            actor=request.user,  # type: ignore[arg-type]
            now=timezone.now(),
        )
        messages.success(request, gettext("%(count)s人に知らせたことを記録しました。") % {"count": count})

    def addresses_view(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Addresses for letters to those whom a mail does not reach; the export is recorded."""
        incident: Incident = self.found(request, pk, "notify_affected")
        try:
            content = affected.addresses(incident=incident, actor=staff(request), now=timezone.now())
        except exports.NeedsSecondPerson as needed:
            return second_person(request, needed)
        response = HttpResponse(content, content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = 'attachment; filename="addresses.csv"'
        response["Cache-Control"] = "no-store"
        return response


def _token(criteria: Criteria, fresh: int) -> str:
    return f"{fresh}-{hashlib.sha256(repr(criteria).encode()).hexdigest()[:16]}"


def _rows(incident: Incident, shown: str) -> QuerySet[AffectedPerson]:
    rows = AffectedPerson.objects.filter(incident=incident)
    if shown == "untold":
        return rows.filter(told_at=None)
    if shown == "otherwise":
        return affected.to_be_told_otherwise(incident)
    if shown == "told":
        return rows.exclude(told_at=None)
    return rows


def _line(row: AffectedPerson) -> dict[str, Any]:
    """One person, masked."""
    if row.customer:
        name: Any = link_to_customer(row.customer)
    elif row.recipient:
        recipient = row.recipient
        whole = "　".join(part for part in (recipient.family_name, recipient.given_name) if part)
        name = gettext("%(name)s（贈り先）") % {"name": masked_name(whole) or "—"}
    else:
        name = gettext("（データは消去済み）")
    failed = row.mail is not None and row.mail.state == OutgoingMail.State.FAILED
    return {"row": row, "name": name, "failed": failed and row.way == AffectedPerson.Way.MAIL}
