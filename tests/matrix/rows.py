"""Who may open which address of the admin and of the staff pages. The portal's rows are ``test_portal_access.ROWS``.

A permission stands here by name; which role has it says ``privacy_portal/core/roles.py``. ``""``: everybody whose
session passed the second factor; ``SUPERUSER``: nobody else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from consent_app import models as consent
from privacy_portal.core import models as core
from requests_app import models as requests

SUPERUSER = "superuser"
VIEW_CUSTOMER = "consent_app.view_customer"

Arguments = Callable[[], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Row:
    """One address.

    Args:
        needs: all of these permissions; names joined by ``|`` are alternatives.
        arguments: those of the address.
        posts: it is posted to, and does nothing when it is opened.
        to_post: what posting needs besides.
    """

    needs: tuple[str, ...]
    arguments: Arguments
    posts: bool = False
    to_post: tuple[str, ...] = ()


def nothing() -> dict[str, Any]:
    """No arguments."""
    return {}


def key(model: Any, name: str = "pk", /, **filters: Any) -> Arguments:
    """The newest object."""
    return lambda: {name: model.objects.filter(**filters).latest("pk").pk}


def of_case(part: str = "", model: Any = None, /, **status: Any) -> Arguments:
    """A case, and, with ``part``, something that belongs to it."""

    def arguments() -> dict[str, Any]:
        if model is None:
            return {"object_id": requests.DisclosureRequest.objects.filter(**status).latest("received_at").pk}
        found = model.objects.filter(**status).latest("pk")
        return {"object_id": found.request_id, part: found.pk}

    return arguments


def of_evidence(*parts: str) -> Arguments:
    """A document, or one page of it."""

    def arguments() -> dict[str, Any]:
        page = requests.EvidencePage.objects.latest("pk")
        values = {"evidence_id": page.evidence_id, "page_id": page.pk}
        return {"object_id": page.evidence.request_id, **{part: values[part] for part in parts}}

    return arguments


def of_registered(**more: Any) -> Arguments:
    """A case that came by letter."""

    def arguments() -> dict[str, Any]:
        return {**of_case(channel="letter")(), **more}

    return arguments


def of_instruction() -> dict[str, Any]:
    """Something that a department or a subcontractor was asked."""
    row = requests.Instruction.objects.latest("pk")
    return {"object_id": row.request_id, "number": row.number}


def of_finding(*parts: str) -> Arguments:
    """A finding of a case, or a file of it that goes into the answer."""

    def arguments() -> dict[str, Any]:
        content = requests.FoundContent.objects.exclude(file=None).latest("pk")
        values = {"finding_id": content.finding_id, "content_id": content.pk}
        return {"object_id": content.finding.request_id, **{part: values[part] for part in parts}}

    return arguments


def of_customer(**more: Any) -> Arguments:
    """A customer."""
    return lambda: {"pk": consent.Consent.objects.latest("pk").customer_id, **more}


def may(*permissions: str, posts: bool = False, to_post: tuple[str, ...] = ()) -> Callable[[Arguments], Row]:
    """A row without its arguments; names without an app are those of the registers."""
    whole = tuple(_whole(one) for one in permissions)
    return lambda arguments: Row(whole, arguments, posts, tuple(_whole(one) for one in to_post))


def _whole(names: str) -> str:
    return "|".join(one if "." in one or one in ("", SUPERUSER) else f"consent_app.{one}" for one in names.split("|"))


CASE = "requests_app.view_disclosurerequest"
WORK = "requests_app.change_disclosurerequest"
IDENTITY = "requests_app.check_identity"
DECIDE = "requests_app.decide_request"
REGISTER = "requests_app.register_request"
LIST = f"{CASE}|requests_app.list_requests"


def _case(*needs: str, at: Arguments | None = None, posts: bool = False) -> Row:
    return Row((CASE, *needs), at or of_case(status="in_review"), posts)


CASES: dict[str, Row] = {
    "identity": _case(IDENTITY, VIEW_CUSTOMER, at=of_case(status="identity_review")),
    "reconsider": _case(IDENTITY),
    "decide": _case(DECIDE),
    "block": _case(DECIDE, posts=True),
    "second_look": _case("requests_app.approve_decision"),
    "second_look_letter": _case("requests_app.approve_decision", posts=True),
    "letter": _case(DECIDE, posts=True),
    "examine": _case(DECIDE, VIEW_CUSTOMER, at=of_case(status="in_review", request_type="correction")),
    "examine_one": _case(DECIDE, VIEW_CUSTOMER, at=of_case("change_id", requests.RequestedChange)),
    "take_back": _case(DECIDE, VIEW_CUSTOMER, at=of_case("change_id", requests.RequestedChange)),
    "end_stop": _case(DECIDE, VIEW_CUSTOMER, at=of_case("stop_id", requests.RequestedChange)),
    "fee": _case(DECIDE),
    "fee_accepted": _case(DECIDE, at=of_case(channel="letter")),
    "fee_declined": _case(DECIDE, at=of_case(channel="letter")),
    "money": _case(DECIDE),
    "waive": _case(DECIDE),
    "fee_cancel": _case(DECIDE),
    "receipt": _case(),
    "hold": _case(DECIDE),
    "unhold": _case(DECIDE),
    "gifts": _case(IDENTITY),
    "documents": _case(IDENTITY, at=of_case(status="identity_review")),
    "evidence_add": _case(IDENTITY, at=of_case(status="identity_review")),
    "evidence": _case(IDENTITY, at=of_evidence("evidence_id")),
    "evidence_judge": _case(IDENTITY, at=of_evidence("evidence_id"), posts=True),
    "evidence_page": _case(IDENTITY, at=of_evidence("evidence_id", "page_id")),
    "evidence_cover": _case(IDENTITY, at=of_evidence("evidence_id", "page_id"), posts=True),
    "print": _case(DECIDE, posts=True),
    "code_letter": _case(IDENTITY, VIEW_CUSTOMER, at=of_case(status="identity_review")),
    "call_back": _case(IDENTITY, VIEW_CUSTOMER, at=of_case(status="identity_review")),
    "counter": _case(IDENTITY, VIEW_CUSTOMER, at=of_case(status="identity_review")),
    "code_told": _case(IDENTITY, at=of_case(status="identity_review")),
    "extend": _case(DECIDE),
    "ask": _case(WORK),
    "correct": _case(REGISTER, at=of_case(channel="letter")),
    "retype": _case(REGISTER, at=of_case(channel="letter")),
    "retype_to": _case(REGISTER, at=of_registered(request_type="purpose_notice")),
    "type_letter": _case(REGISTER, posts=True, at=of_case("correction_id", requests.Correction)),
    "arrival": _case(REGISTER, at=of_case(channel="letter")),
    "scans": _case(REGISTER, at=of_case(channel="letter")),
    "answered": _case(WORK, at=of_case(channel="letter")),
    "remind": _case(WORK, at=of_case(channel="letter")),
    "question_letter": _case(posts=True, at=of_case("message_id", requests.Message)),
    "message": _case(WORK, posts=True),
    "message_file": _case(at=of_case("file_id", requests.MessageFile), posts=True),
    "instruct": _case(WORK),
    "forward": _case(DECIDE),
    "instruction": Row((CASE,), of_instruction, to_post=(DECIDE,)),
    "note": _case(WORK),
    "finding": _case(WORK),
    "found": Row((CASE,), of_finding("finding_id"), to_post=(WORK,)),
    "found_file": _case(at=of_finding("content_id"), posts=True),
    "assign": _case(WORK),
    "posted": _case(DECIDE),
    "close": _case(DECIDE),
    "withdrawn": _case(DECIDE),
    "reopen": _case(DECIDE),
    "answer_mail": _case(DECIDE, posts=True),
    "file": _case(DECIDE, VIEW_CUSTOMER, at=of_case("file_id", requests.AnswerFile, kind="package"), posts=True),
    "received": _case(f"{REGISTER}|{IDENTITY}|{DECIDE}", at=of_case("file_id", requests.ReceivedFile), posts=True),
}

_REGISTERS: dict[str, Row] = {
    "addedpurpose_announce": may("change_addedpurpose")(key(consent.AddedPurpose)),
    "addedpurpose_close": may("change_addedpurpose")(key(consent.AddedPurpose)),
    "collectionpoint_start": may("change_collectionpoint")(key(consent.CollectionPoint)),
    "provision_reverse": may("change_provision")(key(consent.Provision)),
    "receivedprovision_reverse": may("change_receivedprovision")(key(consent.ReceivedProvision)),
    "customer_published_item": may("view_customer", to_post=("add_selfdisclosure",))(of_customer(item="address")),
    "customer_published_record": may("view_customer", to_post=("add_selfdisclosure",))(
        lambda: {
            "pk": consent.Recipient.objects.latest("pk").record.customer_id,
            "record": consent.Recipient.objects.latest("pk").record_id,
        }
    ),
    "entrustment_hand_over": may("add_entrustment")(key(consent.Subcontractor)),
    "entrustment_file": may("add_entrustment", posts=True)(key(consent.Entrustment)),
    "exportorder_ask": may("add_entrustment")(
        lambda: {"kind": "entrustment", "key": consent.Entrustment.objects.latest("pk").pk}
    ),
    "exportorder_decide": may("approve_exportorder", posts=True)(key(consent.ExportOrder)),
    "exportorder_withdraw": may("view_exportorder", posts=True)(key(consent.ExportOrder)),
    "exportorder_take": may("view_exportorder", posts=True)(key(consent.ExportOrder)),
    "erasurerecord_marks": may("view_erasuremark")(nothing),
    "erasurerecord_lift": may("change_erasuremark", posts=True)(nothing),
    "importbatch_start": may("add_importbatch", posts=True)(key(consent.ImportBatch)),
    "importbatch_give-up": may("add_importbatch", posts=True)(key(consent.ImportBatch)),
    "importbatch_report": may("add_importbatch")(key(consent.ImportBatch)),
    "incidentnotice_send": may("notify_affected")(key(consent.IncidentNotice)),
    "incidentnotice_discard": may("notify_affected", posts=True)(key(consent.IncidentNotice)),
    "incidentnotice_pause": may("notify_affected", posts=True)(key(consent.IncidentNotice)),
    "incidentnotice_resume": may("notify_affected", posts=True)(key(consent.IncidentNotice)),
    "incident_report": may("report_incident")(key(consent.Incident)),
    "incident_sheet": may("view_incident")(key(consent.Incident)),
    "incident_close": may("change_incident", posts=True)(key(consent.Incident)),
    "incident_reopen": may("change_incident", posts=True)(key(consent.Incident)),
    "incident_choose": may("choose_affected")(key(consent.Incident)),
    "incident_persons": may("view_incident", to_post=("notify_affected",))(key(consent.Incident)),
    "incident_addresses": may("notify_affected", posts=True)(key(consent.Incident)),
    "jointuse_publish": may("publish_jointuse")(key(consent.JointUse)),
    "jointuse_end": may("end_jointuse")(key(consent.JointUse)),
    "consent_record": may("add_consent", "view_customer")(
        lambda: {"customer": consent.Customer.objects.latest("pk").pk}
    ),
    "consent_record_for": may("add_consent", "view_customer")(
        lambda: {
            "customer": consent.Customer.objects.latest("pk").pk,
            "purpose": consent.Purpose.objects.filter(needs_consent=True).latest("pk").pk,
        }
    ),
    "mattersversion_publish": may("add_mattersversion")(nothing),
    "offpurposeuse_persons": may("add_offpurposeuse", "view_customer", posts=True)(key(consent.OffPurposeUse)),
    "offpurposeuse_person": may("add_offpurposeuse", "view_customer", posts=True)(key(consent.OffPurposeUse)),
    "offpurposeuse_void": may("add_offpurposeuse")(key(consent.OffPurposeUse)),
    "policyversion_preview": may("view_policyversion")(key(consent.PolicyVersion, published_at=None)),
    "policyversion_difference": may("view_policyversion")(key(consent.PolicyVersion, published_at=None)),
    "policyversion_publish": may("change_policyversion")(key(consent.PolicyVersion, published_at=None)),
    "policyversion_pause": may("change_policyversion", posts=True)(key(consent.PolicyVersion, published_at=None)),
    "policyversion_resume": may("change_policyversion", posts=True)(key(consent.PolicyVersion, published_at=None)),
    "provisionrun_start": may("add_provisionrun", posts=True)(key(consent.ProvisionRun)),
    "provisionrun_give-up": may("add_provisionrun", posts=True)(key(consent.ProvisionRun)),
    "provisionrun_take": may("add_provisionrun", "export_provisionrun", posts=True)(key(consent.ProvisionRun)),
    "provisionrun_report": may("add_provisionrun")(key(consent.ProvisionRun)),
    "referableconfirmation_end": may("change_referableconfirmation", posts=True)(key(consent.ReferableConfirmation)),
    "purpose_judge": may("change_purposeversion")(lambda: {**key(consent.Purpose)(), "number": 1}),
    "subcontractorcontract_scan": may("view_subcontractorcontract")(key(consent.SubcontractorContract)),
    "statisticsrelease_make": may("add_statisticsrelease", posts=True)(lambda: {"table": "prefecture"}),
    "statisticsrelease_csv": may("view_statisticsrelease")(key(consent.StatisticsRelease)),
    "subcontractor_select": may("add_subcontractorselection")(key(consent.Subcontractor)),
    "suspension_begin": may("add_suspension", "view_customer")(
        lambda: {"customer": consent.Customer.objects.latest("pk").pk}
    ),
    "suspension_end": may("change_suspension")(key(consent.Suspension)),
}

ROWS: dict[str, Row] = {
    # What every member of staff has.
    "admin:index": Row(("",), nothing),
    "admin:search": Row(("",), nothing),
    "admin:password_change": Row(("",), nothing),
    "admin:password_change_done": Row(("",), nothing),
    "admin:jsi18n": Row(("",), nothing),
    "staff_sessions": Row(("",), nothing),
    "mfa_index": Row(("",), nothing),
    "mfa_activate_totp": Row(("",), nothing),
    "mfa_deactivate_totp": Row(("",), nothing),
    "mfa_view_recovery_codes": Row(("",), nothing),
    "mfa_generate_recovery_codes": Row(("",), nothing),
    "mfa_download_recovery_codes": Row(("",), nothing),
    "mfa_list_webauthn": Row(("",), nothing),
    "mfa_add_webauthn": Row(("",), nothing),
    "mfa_reauthenticate": Row(("",), nothing),
    "mfa_reauthenticate_webauthn": Row(("",), nothing),
    "account_reauthenticate": Row(("",), nothing),
    # The kernel.
    "admin:core_outgoingmail_retry": may("core.change_outgoingmail", posts=True)(key(core.OutgoingMail)),
    "admin:core_user_reset": may(SUPERUSER, posts=True)(key(core.User, is_superuser=True, is_staff=True)),
    **{f"admin:consent_app_{name}": row for name, row in _REGISTERS.items()},
    # Requests. The list with masked names is more widely open than a case.
    "admin:requests_app_disclosurerequest_changelist": Row((LIST,), nothing),
    "admin:requests_app_views": Row((LIST,), nothing),
    "admin:requests_app_view_save": Row((LIST,), nothing),
    "admin:requests_app_register": Row((REGISTER,), nothing),
    "admin:requests_app_register_type": Row((REGISTER,), lambda: {"request_type": "disclosure"}),
    "admin:requests_app_retention_change": may("change_retentionrule")(nothing),
    **{f"admin:requests_app_case_{name}": row for name, row in CASES.items()},
}

# Open to everybody, or to nobody by its own nature; each with why.
OTHERWISE: dict[str, str] = {
    "account_login": "where everybody signs in",
    "account_logout": "ends whatever session there is",
    "account_inactive": "says that an account is switched off, whoever asks",
    "mfa_authenticate": "the second step of signing in; without the first one it goes back there",
    "mfa_edit_webauthn": "a passkey of one's own; another account's does not exist (tests/core/staff)",
    "mfa_remove_webauthn": "a passkey of one's own; another account's does not exist (tests/core/staff)",
    "admin:login": "where everybody signs in",
    "admin:logout": "ends whatever session there is",
    "admin:autocomplete": "asks the model's own permission, and no model offers it",
    "admin:view_on_site": "goes to a page of the portal, which asks by itself; no model has one",
    "admin:app_list": "lists what the role may see, app by app",
    "admin:requests_app_view": "a list that one has saved oneself (tests/requests_app/admin/test_queue.py)",
    "admin:requests_app_view_delete": "a list that one has saved oneself (tests/requests_app/admin/test_queue.py)",
    "admin:requests_app_view_first": "a list that one has saved oneself (tests/requests_app/admin/test_queue.py)",
}

# Nothing is there to be shown in the world of this test; whoever lacks the permission must not learn even that.
ABSENT = {
    "mfa_view_recovery_codes",
    "mfa_download_recovery_codes",
    *(f"admin:consent_app_{name}" for name in ("importbatch_report", "incidentnotice_pause", "incidentnotice_resume")),
    *(f"admin:consent_app_{name}" for name in ("policyversion_pause", "policyversion_resume", "offpurposeuse_person")),
    *(f"admin:consent_app_{name}" for name in ("provisionrun_take", "provisionrun_report", "purpose_judge")),
    "admin:consent_app_subcontractorcontract_scan",
    *(f"admin:requests_app_case_{name}" for name in ("take_back", "end_stop", "receipt", "question_letter")),
}

# Posting to the page of one object shows it again and changes nothing.
SHOWN_AGAIN = {
    "consent_app.importbatch",
    "consent_app.mattersversion",
    "consent_app.provisionrun",
    "consent_app.statisticsrelease",
    "requests_app.disclosurerequest",
}

# What the pages of each model offer at all: (v)iew, (a)dd, (c)hange, (d)elete. Who gets it is a matter of the role's
# permissions for the model. "S": superusers only.
MODELS: dict[str, str] = {
    "consent_app.addedpurpose": "vac",
    "consent_app.checklistquestion": "vac",
    "consent_app.collectionpoint": "vac",
    "consent_app.consent": "v",
    "consent_app.correctiveaction": "vac",
    "consent_app.customer": "v",
    "consent_app.dataitem": "v",
    "consent_app.department": "vac",
    "consent_app.entrustment": "v",
    "consent_app.erasurerecord": "v",
    "consent_app.exportorder": "v",
    "consent_app.foreignarrangement": "vac",
    "consent_app.importbatch": "va",
    "consent_app.incident": "vac",
    "consent_app.incidentnotice": "vac",
    "consent_app.jointuse": "vac",
    "consent_app.mattersversion": "v",
    "consent_app.measure": "vac",
    "consent_app.offpurposeuse": "va",
    "consent_app.operator": "v",
    "consent_app.policyversion": "vacd",
    "consent_app.provision": "v",
    "consent_app.provisionbasis": "v",
    "consent_app.provisionrun": "va",
    "consent_app.purpose": "v",
    "consent_app.reasonblock": "vac",
    "consent_app.receivedprovision": "v",
    "consent_app.recipientduty": "vac",
    "consent_app.reentrustment": "vac",
    "consent_app.referableconfirmation": "va",
    "consent_app.referableprovision": "va",
    "consent_app.refusalground": "v",
    "consent_app.refusedprovision": "v",
    "consent_app.requestrule": "v",
    "consent_app.retentionrule": "vc",
    "consent_app.reviewevent": "vac",
    "consent_app.secondlookrule": "vc",
    "consent_app.securityaudit": "vac",
    "consent_app.statisticsrelease": "v",
    "consent_app.subcontractor": "v",
    "consent_app.subcontractorcontract": "vac",
    "consent_app.subcontractorreview": "vac",
    "consent_app.subcontractorselection": "v",
    "consent_app.suspension": "v",
    "consent_app.tracker": "vac",
    "core.auditentry": "v",
    "core.doctorreport": "v",
    "core.job": "v",
    "core.outgoingmail": "v",
    "core.user": "Svac",
    "requests_app.disclosurerequest": "v",
    "requests_app.instructioncontact": "vac",
}

# Which one of a model's objects is opened, where not every one can be changed.
CHOSEN: dict[str, dict[str, Any]] = {
    "core.user": {"is_staff": True},
    "consent_app.policyversion": {"published_at": None},
    "consent_app.addedpurpose": {"announced_at": None},
    "requests_app.disclosurerequest": {"status": "in_review"},
}
