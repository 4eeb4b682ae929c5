"""THE table of what is encrypted at rest, and why.

``manage.py check`` fails for an encrypted column or a link to an encrypted file that is not here, and docs/retention.md
has the table (``python -m privacy_portal.development.encrypted_places`` prints it). Registered data and what the
parties of a request stated are ordinary columns where they are searched and compared.
"""

from __future__ import annotations

from collections.abc import Mapping

_MAIL = "a mail tells to whom and about what"
_PERSON = "names a person beside what is registered"
_HISTORY = "values of a person, before and after a change"
_TYPED = "free text of a person, who may write anything about anybody"
_STAFF = "free text of staff about a person"
_RECORDS = "records of many persons in one file"

# "<app>.<model>.<field>" -> why.
PLACES: Mapping[str, str] = {
    "core.outgoingmail.recipient": _MAIL,
    "core.outgoingmail.subject": _MAIL,
    "core.outgoingmail.body_text": _MAIL,
    "core.outgoingmail.body_html": _MAIL,
    "consent_app.customerchange.before_text": _HISTORY,
    "consent_app.customerchange.after_text": _HISTORY,
    "consent_app.customerchange.reason": _STAFF,
    "consent_app.recipientchange.before_text": _HISTORY,
    "consent_app.recipientchange.after_text": _HISTORY,
    "consent_app.recipientchange.reason": _STAFF,
    "consent_app.emailchange.old_address": _HISTORY,
    "consent_app.emailchange.new_address": _HISTORY,
    "consent_app.consentagent.name": _PERSON,
    "consent_app.entrustment.file": _RECORDS,
    "consent_app.exportorder.file": _RECORDS,
    "consent_app.importbatch.upload": _RECORDS,
    "consent_app.importbatch.report": _RECORDS,
    "consent_app.offpurposeuse.reason": _STAFF,
    "consent_app.provisionrun.upload": _RECORDS,
    "consent_app.provisionrun.report": _RECORDS,
    "consent_app.provisionrun.output": _RECORDS,
    "consent_app.provision.principal": _PERSON,
    "consent_app.receivedprovision.principal": _PERSON,
    "consent_app.subcontractorcontract.scan": "a scan of a contract, with names and seals",
    "requests_app.disclosurerequest.wanted_note": _TYPED,
    "requests_app.disclosurerequest.answer_method_note": _TYPED,
    "requests_app.party.birth_date": "serves to find the data and is not searched",
    "requests_app.decisionproposal.reason": _STAFF,
    "requests_app.decisionproposal.measure": _STAFF,
    "requests_app.decisionproposal.remark": _STAFF,
    "requests_app.decision.reason": _STAFF,
    "requests_app.decision.measure": _STAFF,
    "requests_app.answerfile.file": "everything that is held about a person",
    "requests_app.requestedchange.present": _TYPED,
    "requests_app.requestedchange.wanted": _TYPED,
    "requests_app.requestedchange.why": _TYPED,
    "requests_app.requestedchange.finding": _STAFF,
    "requests_app.requestedchange.values_text": _HISTORY,
    "requests_app.targetextension.reason": _STAFF,
    "requests_app.requestdraft.answers": "everything that a person typed into a form",
    "requests_app.instruction.identifier": _PERSON,
    "requests_app.instruction.text": _STAFF,
    "requests_app.instructionentry.text": _STAFF,
    "requests_app.message.body": _TYPED,
    "requests_app.messagefile.file": "a photo or PDF that was sent with a message",
    "requests_app.messagefile.name": _TYPED,
    "requests_app.casenote.body": _STAFF,
    "requests_app.casefinding.place": _STAFF,
    "requests_app.casefinding.note": _STAFF,
    "requests_app.foundcontent.text": "what is held about somebody outside of the database, copied for the answer",
    "requests_app.foundcontent.file": "the same as a file",
    "requests_app.handover.note": _STAFF,
    "requests_app.evidencepage.file": "a page of somebody's identity document",
    "requests_app.evidencejudgement.note": _STAFF,
    "requests_app.evidencerequest.note": _STAFF,
    "requests_app.answermail.passphrase": "opens the file that was mailed",
    "requests_app.correction.before": _HISTORY,
    "requests_app.correction.after": _HISTORY,
    "requests_app.correction.reason": _STAFF,
    "requests_app.receivedfile.file": "the scan of a letter",
    "requests_app.retentionhold.reason": _STAFF,
    "requests_app.retentionhold.end_reason": _STAFF,
}

# What is sealed without a column of its own.
ELSEWHERE: Mapping[str, str] = {
    "core.encryptedfile.sealed_key": "the key of each encrypted file",
    "mfa.authenticator.data": "secrets of second factors",
    "session data": "an address that is being signed in, and what staff searched for; at most 12 hours",
}
