"""Portal pages of requests; the composition root puts them into the namespace ``portal``.

A request is named by its receipt number, never by an id of a person. A new page needs a row in
``tests/requests_app/test_portal_access.py``, which proves that nobody else can reach it.
"""

from django.urls import URLPattern, path

from . import (
    again,
    answer,
    case,
    code,
    documents,
    fee,
    form_pages,
    home,
    instruction,
    listing,
    procedure,
    registered,
    registered_email,
    thread,
)

urlpatterns: list[URLPattern] = [
    path("", home.home, name="home"),
    path("help/", home.help_to_choose, name="help"),
    path("procedure/", procedure.procedure, name="procedure"),
    path("procedure/mandate.pdf", documents.mandate_blank, name="mandate_blank"),
    path("registered/", registered.registered, name="registered"),
    path("registered/open/", registered.registered_open, name="registered_open"),
    path("registered/history/", registered.registered_history, name="registered_history"),
    path("registered/email/", registered_email.registered_email, name="registered_email"),
    path("registered/email/new/", registered_email.registered_email_new, name="registered_email_new"),
    path("registered/email/old/", registered_email.registered_email_old, name="registered_email_old"),
    path("registered/email/undo/<str:token>/", registered_email.registered_email_undo, name="registered_email_undo"),
    path("registered/<slug:item>/", registered.registered_change, name="registered_change"),
    path("instructions/<str:token>/", instruction.instruction, name="instruction"),
    path("requests/", listing.requests, name="requests"),
    path("requests/new/<slug:request_type>/", form_pages.request_new, name="request_new"),
    path("requests/new/<slug:request_type>/check/", form_pages.request_review, name="request_review"),
    path("requests/new/<slug:request_type>/discard/", form_pages.request_discard, name="request_discard"),
    path("requests/new/<slug:request_type>/<slug:step>/", form_pages.request_step, name="request_step"),
    path("requests/<slug:receipt>/", case.request_detail, name="request_detail"),
    path("requests/<slug:receipt>/received/", case.request_done, name="request_done"),
    path("requests/<slug:receipt>/again/", again.request_again, name="request_again"),
    path("requests/<slug:receipt>/code/", code.request_code, name="request_code"),
    path("requests/<slug:receipt>/documents/", documents.request_documents, name="request_documents"),
    path("requests/<slug:receipt>/documents/mandate.pdf", documents.request_mandate, name="request_mandate"),
    path(
        "requests/<slug:receipt>/documents/add/<slug:proof>/",
        documents.request_document_add,
        name="request_document_add",
    ),
    path(
        "requests/<slug:receipt>/documents/<uuid:evidence_id>/remove/",
        documents.request_document_remove,
        name="request_document_remove",
    ),
    path(
        "requests/<slug:receipt>/documents/page/<uuid:page_id>/",
        documents.request_document_page,
        name="request_document_page",
    ),
    path("requests/<slug:receipt>/messages/", thread.request_message, name="request_message"),
    path("requests/<slug:receipt>/messages/files/<uuid:key>/", thread.message_file, name="message_file"),
    path("requests/<slug:receipt>/fee/", fee.request_fee, name="request_fee"),
    path("requests/<slug:receipt>/fee/receipt.pdf", fee.fee_receipt, name="fee_receipt"),
    path("requests/<slug:receipt>/withdraw/", case.request_withdraw, name="request_withdraw"),
    path("requests/<slug:receipt>/answer/", answer.answer_code, name="answer_code"),
    path("requests/<slug:receipt>/answer/files/", answer.answer_files, name="answer_files"),
    path("requests/<slug:receipt>/answer/<uuid:grant>/", answer.answer_download, name="answer_download"),
]
