"""The admin's menu, in the order of the day's work rather than of the code."""

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

# Group -> models with their icon. A model without a registered admin, or without the right to see it, is left out.
MENU: tuple[tuple[Any, tuple[tuple[str, str], ...]], ...] = (
    (pgettext_lazy("複数", "請求"), (("requests_app.disclosurerequest", "inbox"),)),
    (
        _("本人とデータ"),
        (
            ("consent_app.customer", "group"),
            ("consent_app.consent", "how_to_reg"),
            ("consent_app.suspension", "pause_circle"),
            ("consent_app.importbatch", "upload_file"),
            ("consent_app.exportorder", "move_to_inbox"),
            ("consent_app.erasurerecord", "delete_sweep"),
        ),
    ),
    (
        _("台帳"),
        (
            ("consent_app.operator", "storefront"),
            ("consent_app.policyversion", "policy"),
            ("consent_app.mattersversion", "public"),
            ("consent_app.requestrule", "rule"),
            ("consent_app.retentionrule", "auto_delete"),
            ("consent_app.secondlookrule", "supervised_user_circle"),
            ("consent_app.reasonblock", "text_snippet"),
            ("consent_app.dataitem", "list_alt"),
            ("consent_app.purpose", "flag"),
            ("consent_app.addedpurpose", "add_task"),
            ("consent_app.collectionpoint", "input"),
            ("consent_app.offpurposeuse", "report"),
            ("consent_app.provisionbasis", "gavel"),
            ("consent_app.jointuse", "hub"),
            ("consent_app.tracker", "cookie"),
            ("consent_app.provision", "send"),
            ("consent_app.provisionrun", "playlist_add_check"),
            ("consent_app.receivedprovision", "call_received"),
            ("consent_app.refusedprovision", "block"),
            ("consent_app.referableconfirmation", "cookie"),
            ("consent_app.referableprovision", "ads_click"),
            ("consent_app.recipientduty", "handshake"),
            ("consent_app.statisticsrelease", "bar_chart"),
        ),
    ),
    (
        _("委託"),
        (
            ("consent_app.subcontractor", "local_shipping"),
            ("consent_app.subcontractorcontract", "contract"),
            ("consent_app.subcontractorreview", "fact_check"),
            ("consent_app.reentrustment", "account_tree"),
            ("consent_app.entrustment", "outbox"),
            ("consent_app.checklistquestion", "checklist"),
            ("requests_app.instructioncontact", "contact_mail"),
        ),
    ),
    (
        _("安全管理"),
        (
            ("consent_app.measure", "shield"),
            ("consent_app.department", "groups"),
            ("consent_app.securityaudit", "fact_check"),
            ("consent_app.correctiveaction", "build"),
            ("consent_app.reviewevent", "event_repeat"),
            ("consent_app.incident", "crisis_alert"),
        ),
    ),
    (
        _("システム"),
        (
            ("core.outgoingmail", "outgoing_mail"),
            ("core.job", "progress_activity"),
            ("core.doctorreport", "health_and_safety"),
            ("core.auditentry", "history"),
            ("core.user", "person"),
        ),
    ),
)


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Unfold's ``SIDEBAR.navigation`` for this member of staff."""
    groups: list[dict[str, Any]] = [
        {"items": [{"title": _("今日の仕事"), "icon": "today", "link": reverse("admin:index")}]},
    ]
    for title, models in MENU:
        items = []
        for label, icon in models:
            app_label, name = label.split(".")
            if name not in apps.all_models[app_label]:
                continue
            model = apps.get_model(label)
            if admin.site.is_registered(model) and admin.site.get_model_admin(model).has_view_permission(request):
                link = reverse(f"admin:{app_label}_{name}_changelist")
                items.append({"title": model._meta.verbose_name_plural, "icon": icon, "link": link})
        if items:
            groups.append({"title": title, "separator": True, "items": items})
    return groups
