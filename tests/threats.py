"""Who may want what, what stands against it, and which test shows it: the table behind ``docs/security.md``."""

from dataclasses import dataclass

_CORE = "tests/core/"
_REQUESTS = "tests/requests_app/"
_CONSENT = "tests/consent_app/"


@dataclass(frozen=True, slots=True)
class Threat:
    """``modules`` are files of the control; ``tests`` are node ids without parameters; ``left`` is what remains."""

    who: str
    wants: str
    control: str
    modules: tuple[str, ...]
    tests: tuple[str, ...]
    left: str = ""


THREATS: tuple[Threat, ...] = (
    Threat(
        "A stranger",
        "to learn whether somebody is a customer",
        "Pages, mails and statements are the same for known and unknown addresses; the account is made when the code was right",
        ("privacy_portal/core/services/sign_in.py", "requests_app/services/identity.py"),
        (
            f"{_CORE}portal/test_sign_in.py::test_known_and_unknown_address_get_the_same_answer_and_the_same_work",
            f"{_REQUESTS}services/test_identity.py::test_the_person_cannot_tell_why_they_did_not_pass",
        ),
        "An answer by law says whether anything is held; it goes only to whom the identity check found.",
    ),
    Threat(
        "A stranger",
        "to guess a code",
        "Eight digits, ten minutes, five tries that are counted before anything is compared, twenty mails an hour to an address",
        ("privacy_portal/core/services/codes.py", "privacy_portal/core/ratelimit.py"),
        (
            f"{_CORE}services/test_codes.py::test_forty_parallel_wrong_guesses_get_five_comparisons",
            f"{_CORE}test_ratelimit.py::test_parallel_tries_do_not_slip_through",
        ),
    ),
    Threat(
        "A stranger",
        "to look at somebody else's request by its address",
        "A request of another person does not exist; every page of the portal has a row in a test against everybody else",
        ("requests_app/portal/case.py",),
        (
            f"{_REQUESTS}test_portal_access.py::test_every_page_has_a_row",
            f"{_REQUESTS}test_portal_access.py::test_somebody_elses_request_does_not_exist",
            f"{_REQUESTS}test_portal_access.py::test_somebody_elses_and_nobodys_number_cannot_be_told_apart",
        ),
    ),
    Threat(
        "A jealous partner who reads the mailbox",
        "the answer of the other",
        "Mails carry no personal data. Control of a mailbox alone never passes the comparison of facts; an answer needs a fresh code, "
        "its link works once, for ten minutes, in that session",
        ("requests_app/services/access.py", "requests_app/services/identity.py"),
        (
            f"{_REQUESTS}services/test_identity.py::TestPassing::test_with_one_fact_beside_the_name",
            f"{_REQUESTS}test_access.py::test_a_link_is_of_no_use_to_another_account",
            f"{_REQUESTS}test_portal_answer.py::TestCode::test_a_code_of_another_session_opens_nothing_here",
        ),
        "Who lives in the same household knows name, address and telephone and reads the mail. Against them only a higher level helps: "
        "documents, a code by registered post, a call-back; the manager chooses it for a type or a case.",
    ),
    Threat(
        "Whoever reads a mailbox",
        "to learn whether its owner is a customer here",
        "From the sign-in to the withdrawal of a request, and on the page that opens registered information, everything is the same for a "
        "customer, a recipient, somebody who was erased and nobody: pages, headers, cookies, mails, statements, work in Redis",
        ("requests_app/services/registered.py", "requests_app/services/identity.py"),
        (
            f"{_REQUESTS}test_indistinguishable.py::test_nobody_can_tell_who_is_known_here",
            f"{_REQUESTS}test_portal_registered.py::TestGettingIn::test_whether_somebody_is_registered_shows_nowhere",
        ),
        "The page of consents opens for customers only, to whoever reads the mailbox, since withdrawing has to be as easy as giving.",
    ),
    Threat(
        "Whoever took over a mailbox",
        "to be called on a telephone of their own",
        "Only the registered number is called, and none that changed within 30 days; three calls, at least two facts and all of them "
        "right; the person is told the same whether or not anybody is registered, and staff see the number by a look that is recorded",
        ("requests_app/services/call_backs.py", "requests_app/domain/call_backs.py"),
        (
            f"{_REQUESTS}services/test_call_backs.py::TestAnnouncing::test_not_at_a_number_that_was_put_there_lately",
            f"{_REQUESTS}services/test_call_backs.py::TestAnnouncing::test_the_same_is_seen_where_nobody_is_registered",
            f"{_REQUESTS}services/test_call_backs.py::TestTheNumber::test_it_is_the_registered_one_and_the_look_is_recorded",
            f"{_REQUESTS}services/test_call_backs.py::TestCalling::test_a_record_that_cannot_be",
        ),
        "What staff say on the telephone is theirs; the page tells them what not to say.",
    ),
    Threat(
        "A gift sender or a gift recipient",
        "to learn about the other",
        "Recipients are persons of their own: each gets what is held of them and nothing of the other",
        ("requests_app/services/package_gifts.py",),
        (
            f"{_REQUESTS}test_gifts.py::test_the_recipient_gets_what_is_held_of_them_and_nothing_of_the_sender",
            f"{_REQUESTS}test_gifts.py::test_nobody_else_can_be_linked_by_a_key_that_was_posted",
            f"{_REQUESTS}test_gifts.py::test_the_sender_never_reads_what_the_recipient_had_corrected",
            f"{_REQUESTS}test_gifts.py::test_gifts_of_others_are_offered_for_a_customer_and_never_linked_by_themselves",
        ),
    ),
    Threat(
        "A false agent",
        "data by a forged mandate",
        "Documents of person and agent, checked one by one by staff; without all of them nobody is confirmed",
        ("requests_app/services/evidence.py",),
        (f"{_REQUESTS}admin/test_evidence.py::test_an_agent_is_confirmed_only_when_everything_was_checked",),
        "A forgery that staff cannot see is not seen.",
    ),
    Threat(
        "A former employee",
        "to go on reading",
        "Accounts are switched off at once, with their sessions; a new start takes all factors away; the admin wants a second factor in "
        "this session",
        ("privacy_portal/core/staff/second_factor.py", "privacy_portal/core/services/staff_accounts.py"),
        (
            f"{_CORE}staff/test_second_factor.py::test_disabled_staff_is_refused",
            f"{_CORE}staff/test_second_factor.py::test_every_admin_page_is_closed_without_a_second_factor",
            f"{_CORE}services/test_staff_accounts.py::test_reset_gives_a_new_password_removes_factors_and_ends_sessions",
        ),
        "Somebody has to switch the account off.",
    ),
    Threat(
        "A curious clerk",
        "to read about a neighbour",
        "Permissions by action, masked lists that cannot be probed, evidence shown with a mark of who looks; a customer is shown to "
        "whoever said why, and each look is recorded",
        (
            "requests_app/services/permissions.py",
            "privacy_portal/core/admin/lookups.py",
            "consent_app/services/looks.py",
        ),
        (
            f"{_CONSENT}admin/test_looks.py::test_without_a_reason_no_page_shows_anything",
            f"{_REQUESTS}services/test_permissions.py::test_every_verb_refuses_a_stranger_and_the_attempt_stays",
            f"{_CORE}test_admin_lookups.py::test_no_list_takes_a_lookup_that_it_does_not_offer",
            f"{_REQUESTS}admin/test_evidence.py::test_each_look_is_recorded_and_marked",
        ),
        "Whoever may handle cases may open them; the record deters and shows, it does not prevent.",
    ),
    Threat(
        "Staff under pressure",
        "to refuse or erase alone what needs two",
        "A second look that the operator chooses per kind of decision, never by the same person, held by the database too",
        ("requests_app/services/second_look.py",),
        (
            f"{_REQUESTS}services/test_second_look.py::TestApprove::test_never_the_same_person",
            f"{_REQUESTS}services/test_second_look.py::TestApprove::test_the_database_refuses_it_too",
        ),
    ),
    Threat(
        "A clerk who leaves",
        "to take every customer along in one file",
        "A file with many persons needs the leave of a second person, counted together over a day, for who asked only, three times, for "
        "two days",
        ("consent_app/services/exports.py", "consent_app/services/export_files.py"),
        (
            f"{_CONSENT}services/test_exports.py::test_a_large_file_does_not_leave_by_itself",
            f"{_CONSENT}services/test_exports.py::test_a_large_file_in_pieces_is_a_large_file",
            f"{_CONSENT}services/test_exports.py::test_nobody_approves_their_own",
            f"{_CONSENT}services/test_exports.py::test_nobody_but_who_asked_downloads_it",
        ),
        "Two who agree, a photograph of the screen, and a shop that sets the limit to 0 are not held back.",
    ),
    Threat(
        "A subcontractor",
        "more than the task needs, or to keep it",
        "Files hold chosen items of chosen persons, leave encrypted, are recorded and gone after a week; a link in an instruction shows "
        "nothing without a code",
        ("consent_app/services/entrusting.py", "requests_app/portal/instruction.py"),
        (
            f"{_CONSENT}services/test_entrusting.py::test_only_the_chosen_items_leave",
            f"{_CONSENT}services/test_entrusting.py::test_the_file_is_gone_after_a_week",
            f"{_REQUESTS}test_portal_instruction.py::test_the_link_alone_shows_nothing_about_anybody",
        ),
        "What was handed over is in their hands: contract and supervision, not software.",
    ),
    Threat(
        "A thief of a backup or a disk",
        "free text, documents, answers",
        "Sealed with keys from the environment, each value bound to its row; files with a key each; mails emptied",
        ("privacy_portal/core/crypto.py", "privacy_portal/core/fields.py", "privacy_portal/encrypted_places.py"),
        (
            f"{_CORE}test_files.py::TestRoundTrip::test_nothing_of_the_content_lies_on_the_disk_and_only_the_owner_may_read",
            f"{_CORE}test_crypto.py::TestField::test_column_holds_ciphertext_and_the_instance_text",
            f"{_CORE}services/test_key_rotation.py::TestTable::test_everything_that_is_encrypted_is_listed",
        ),
        "Names, addresses and orders of customers are searched and compared in the database and lie there readable: encrypt disk and "
        "backup as well.",
    ),
    Threat(
        "An insider with the database",
        "to change what happened, or to swap values",
        "The trail is a chain whose head can be kept elsewhere; evidence has triggers; a value moved to another row does not open",
        ("privacy_portal/core/services/audit.py", "privacy_portal/core/append_only.py"),
        (
            f"{_CORE}test_audit.py::TestTampering::test_chain_that_was_built_again_is_found_against_a_head_kept_elsewhere",
            f"{_CORE}test_append_only.py::test_update_is_refused",
            f"{_CORE}test_crypto.py::TestField::test_values_swapped_between_rows_or_columns_do_not_open",
        ),
        "The owner of the tables can switch triggers off; the chain then shows it, if somebody kept a head.",
    ),
    Threat(
        "The sender of a hostile upload",
        "to run something, or to stop the server",
        "Kind by content, a process without keys, with little memory and time; the picture or PDF is made anew; nothing is shown inline "
        "from a name",
        ("privacy_portal/core/cleaning/child.py", "privacy_portal/core/services/uploads.py"),
        (
            f"{_CORE}services/test_uploads.py::test_the_process_is_confined",
            f"{_CORE}services/test_uploads.py::test_the_process_knows_no_key",
            f"{_CORE}cleaning/test_pdf.py::test_a_few_bytes_that_unpack_to_gigabytes",
            f"{_CORE}cleaning/test_images.py::test_a_picture_that_says_it_is_huge",
            f"{_CORE}test_every_address.py::test_every_field_for_a_file_cleans_it",
        ),
    ),
    Threat(
        "The sender of hostile text",
        "a spreadsheet that computes, a page that runs, a mail with another recipient",
        "Cells are text, pages escape, headers refuse line breaks, templates are files",
        ("consent_app/domain/normalise.py", "privacy_portal/core/services/outbox.py"),
        (
            f"{_REQUESTS}test_packages.py::test_formulas_are_text_in_csv_and_markup_is_text_in_html",
            f"{_CORE}test_outbox.py::TestEnqueue::test_no_header_can_be_smuggled_in_through_the_subject",
            f"{_CORE}test_web.py::test_pages_have_nothing_inline",
        ),
    ),
    Threat(
        "A spammer",
        "to send mail through the shop, or to flood it",
        "Mail goes only to whom a page of ours says; narrow limits per address and client, a wide one on every post of a stranger",
        ("privacy_portal/core/middleware.py", "privacy_portal/core/ratelimit.py"),
        (
            f"{_CORE}test_every_address.py::test_no_address_takes_any_number_of_posts_from_a_stranger",
            f"{_CORE}test_ratelimit.py::test_the_promised_wait_is_enough_and_refused_tries_do_not_prolong_it",
            f"{_CORE}services/test_codes.py::test_one_address_gets_twenty_mails_an_hour_from_everybody",
        ),
        "Twenty mails an hour to a stranger's victim are twenty too many, but without them nobody could sign in.",
    ),
    Threat(
        "Another site in the same browser",
        "to post in somebody's name, to frame a page, to lead away after the sign-in",
        "Tokens on every form, no framing, no foreign address after a sign-in, cookies out of reach",
        ("privacy_portal/core/portal/views.py", "privacy_portal/settings/production.py"),
        (
            f"{_CORE}portal/test_sign_in.py::test_forms_need_the_csrf_token",
            f"{_CORE}portal/test_sign_in.py::test_goes_on_only_to_this_host",
            f"{_CORE}test_web.py::test_protecting_headers",
            "tests/test_production.py::test_cookies_and_transport",
            f"{_CORE}test_redirects.py::test_no_page_leads_to_another_host",
            f"{_CORE}test_every_address.py::test_no_address_leads_to_another_host_nor_is_a_page_of_somebody_kept",
            f"{_CORE}test_every_address.py::test_a_host_that_is_not_ours_opens_no_address",
        ),
    ),
    Threat(
        "Whoever finds a session that was left open elsewhere",
        "to go on as its owner",
        "Sessions end without a click and after twelve hours; the owner sees each with browser and times, without any network address, "
        "and ends one or all others; a new password or factor ends them too",
        ("privacy_portal/core/services/own_sessions.py", "privacy_portal/core/session_end.py"),
        (
            f"{_CORE}test_own_sessions.py::TestCustomers::test_the_other_browser_is_listed_and_ended",
            f"{_CORE}test_own_sessions.py::TestCustomers::test_it_stays_ended_when_the_cache_forgot_or_kept_too_much",
            f"{_CORE}test_own_sessions.py::TestStaff::test_a_new_factor_ends_the_others",
            f"{_CORE}test_session_end.py::test_staff_who_were_away_sign_in_again",
        ),
    ),
    Threat(
        "Whoever uses the same computer next",
        "the page of the one before",
        "Personal pages are stored nowhere; the answer closes after ten minutes and with the sign-out",
        ("privacy_portal/core/middleware.py",),
        (
            f"{_REQUESTS}test_portal_access.py::test_personal_pages_are_kept_out_of_every_cache",
            f"{_REQUESTS}test_portal_answer.py::TestFiles::test_ten_minutes_after_the_code_the_list_is_closed",
            f"{_REQUESTS}test_portal_answer.py::TestFiles::test_signing_out_closes_it",
        ),
        "What was downloaded lies on that computer.",
    ),
    Threat(
        "Whoever reads the logs",
        "who asks for what",
        "Log, broker, addresses and error pages hold no value of a person; messages of errors are left out",
        ("privacy_portal/core/logs.py", "privacy_portal/core/request_id.py"),
        (
            "tests/test_nothing_leaks.py::test_no_personal_data_in_logs_broker_addresses_and_errors",
            f"{_CORE}test_logs.py::test_the_web_server_withholds_what_errors_say",
        ),
    ),
    Threat(
        "A reader of statistics",
        "to single somebody out",
        "Small numbers are left out, the rest is rounded; two releases tell nothing of the one in between",
        ("consent_app/services/statistics.py",),
        (f"{_CONSENT}services/test_statistics.py::test_two_releases_never_tell_of_one_person_in_between",),
    ),
    Threat(
        "Somebody in a hurry",
        "two answers, two erasures, one click too many",
        "Locks, revisions, single use; a page that is no longer true says so",
        ("requests_app/services/lifecycle.py",),
        (
            f"{_REQUESTS}test_access.py::test_twenty_clicks_at_once_open_it_once",
            f"{_REQUESTS}services/test_identity.py::test_two_workers_at_once_compare_once",
        ),
    ),
)
