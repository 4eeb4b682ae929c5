"""Every promise of the five operators, and what shows that it is kept: the one table behind ``docs/promises.md``.

A row names tests, and pages of the portal (opened by a customer who is signed in) or of the admin (opened by the
manager). What is not kept yet stands in ``missing``, in words that a manager understands; whoever builds it empties the
field.
"""

from dataclasses import dataclass

OPERATORS = {
    "rokusho": "optic-salon ROKUSHO",
    "kloset": "Shop Kloset Inc.",
    "quipearl": "qui pearl project",
    "cleng": "cleng",
    "agreement": "The handling agreement",
}


@dataclass(frozen=True, slots=True)
class Promise:
    """One clause. ``tests`` are node ids; one without parameters stands for all of its parameters."""

    code: str
    profile: str
    words: str
    tests: tuple[str, ...] = ()
    pages: tuple[str, ...] = ()
    missing: str = ""

    @property
    def state(self) -> str:
        """``shown``, ``in part`` or ``not yet``."""
        if not self.missing:
            return "shown"
        return "in part" if self.tests or self.pages else "not yet"


_PROFILE = "tests/consent_app/portal/test_every_profile.py::"
_PAGES = "tests/consent_app/portal/test_pages.py::"
_CONSENTS = "tests/consent_app/portal/test_consents.py::"
_POLICY_PAGES = "tests/consent_app/portal/test_policies.py::"
_POLICIES = "tests/consent_app/services/test_policies.py::"
_BROADCASTS = "tests/consent_app/services/test_broadcasts.py::"
_GATE_RULES = "tests/consent_app/domain/test_gate.py::"
_GATE = "tests/consent_app/services/test_gate.py::"
_POINTS = "tests/consent_app/services/test_collection.py::"
_OFF_PURPOSE = "tests/consent_app/services/test_off_purpose.py::"
_ENTRUSTING = "tests/consent_app/services/test_entrusting.py::"
_SUPERVISION = "tests/consent_app/services/test_supervision.py::"
_JOINT_PAGE = "tests/consent_app/portal/test_joint_uses.py::"
_PROVISIONS = "tests/consent_app/services/test_provisions.py::"
_REFERABLE = "tests/consent_app/services/test_referable.py::"
_TRACKERS = "tests/consent_app/portal/test_trackers.py::"
_FEES = "tests/requests_app/services/test_fees.py::"
_JOINT = "tests/consent_app/services/test_joint_uses.py::"
_SECURITY = "tests/consent_app/services/test_security.py::"
_SECURITY_ADMIN = "tests/consent_app/admin/test_security.py::"
_STATISTICS = "tests/consent_app/services/test_statistics.py::"
_MARKS = "tests/consent_app/admin/test_published.py::"
_TYPES = "tests/requests_app/domain/test_request_types.py::"
_RIGHTS = "tests/requests_app/services/test_every_right.py::"
_CHANGES = "tests/requests_app/services/test_changes.py::"
_DECISIONS = "tests/requests_app/services/test_decisions.py::"
_IDENTITY = "tests/requests_app/services/test_identity.py::"
_LETTERS = "tests/requests_app/test_letters.py::"
_FORM = "tests/requests_app/test_portal_form.py::"
_FORMS = "tests/requests_app/test_portal_every_type.py::"
_REGISTERED = "tests/requests_app/test_portal_registered.py::"
_PROVISION_ANSWERS = "tests/requests_app/services/test_provision_answers.py::"
_PACKAGES = "tests/requests_app/test_packages.py::"

_SUPERVISED = (
    _SUPERVISION + "test_a_selection_keeps_the_words_that_were_asked",
    _SUPERVISION + "test_the_clauses_that_are_missing_have_names",
    _SUPERVISION + "test_a_review_has_its_next_day_and_a_finding_its_end",
    _ENTRUSTING + "test_nothing_goes_to_one_without_contract",
)
_ERASURE = "tests/requests_app/services/test_erasure.py::"
_ERASED = (
    _ERASURE + "test_what_may_go_is_erased_and_the_notice_says_what_goes_later",
    "tests/consent_app/services/test_erasure.py::TestEverything::test_what_is_not_held_by_law_is_gone",
    "tests/consent_app/services/test_erasure.py::TestImports::test_the_row_is_listed_and_not_imported",
)
_REGISTERING = "tests/requests_app/admin/test_registering.py::"

PROMISES = (
    # optic-salon ROKUSHO
    Promise(
        "R1",
        "rokusho",
        "Two purposes; anything else only by law or prior consent",
        (
            _PROFILE + "test_the_policy_says_what_the_registers_say[ja-rokusho]",
            _PROFILE + "test_number_of_purposes[rokusho-2]",
            _CONSENTS + "TestButtons::test_giving_and_withdrawing",
            _GATE_RULES + "test_use",
            _GATE + "test_the_newest_event_counts_and_later_ones_do_not",
        ),
        ("/purposes/", "/consents/"),
    ),
    Promise(
        "R2",
        "rokusho",
        "Which data is collected; all voluntary, and what follows without it",
        (
            _PAGES + "test_purposes_with_items_and_what_follows",
            _POINTS + "test_the_page_shows_the_exact_text_and_earlier_ones",
        ),
        ("/purposes/", "/purposes/collection/"),
    ),
    Promise(
        "R3",
        "rokusho",
        "Security measures, put right promptly after an audit, an incident or a customer's request",
        (
            _SECURITY + "test_every_operator_publishes_measures_in_both_languages",
            _SECURITY + "test_a_correction_has_exactly_one_of_three_sources",
            _SECURITY_ADMIN + "test_a_correction_from_finding_to_reopening",
        ),
        ("/admin/consent_app/measure/", "/admin/consent_app/correctiveaction/", "/matters/"),
    ),
    Promise(
        "R4",
        "rokusho",
        "Six cases of giving data to third parties; two are no exception in the law and need consent or another ground",
        (
            "tests/consent_app/services/test_profiles.py::test_what_falls_short_of_the_law_is_told",
            _PROFILE + "test_the_policy_says_what_the_registers_say[ja-rokusho]",
            _GATE_RULES + "test_provision",
            "tests/consent_app/admin/test_registers.py::test_what_is_no_statutory_basis_warns",
            _PROVISIONS + "TestBeforeItIsMade::test_a_case_that_is_no_exception_is_carried_by_one_of_the_law",
        ),
        ("/policy/", "/admin/consent_app/provisionbasis/", "/admin/consent_app/provision/"),
    ),
    Promise(
        "R5",
        "rokusho",
        "Subcontractors chosen and supervised, listed in public with the only data that they get",
        (
            _PAGES + "test_subcontractors_that_are_published",
            _ENTRUSTING + "test_only_the_chosen_items_leave",
            *_SUPERVISED,
        ),
        ("/subcontractors/", "/admin/consent_app/subcontractor/"),
    ),
    Promise(
        "R6",
        "rokusho",
        "Correction or suspension asked for on the site, answered once identity is confirmed",
        (
            _FORMS + "test_the_form_of_a_type",
            _CHANGES + "test_the_new_values_are_registered_with_history_and_stand_in_the_notice",
            _RIGHTS + "test_use_is_stopped_for_the_chosen_purposes_and_no_others",
            _IDENTITY + "TestPassing::test_with_one_fact_beside_the_name",
            _IDENTITY + "TestUnclear::test_goes_to_the_manager_with_the_candidate",
        ),
        ("/", "/requests/new/correction/", "/requests/new/stop_use/"),
    ),
    Promise(
        "R7",
        "rokusho",
        "A page to confirm and change registered information",
        (
            _REGISTERED + "TestWhatIsShown::test_each_item_with_its_origin_and_uses",
            _REGISTERED + "TestChanging::test_form_check_save",
            _REGISTERED + "TestHistory::test_before_and_after_and_by_whom",
        ),
        ("/registered/",),
    ),
    Promise(
        "R8",
        "rokusho",
        "Disclosure in the manner agreed on; a refusal has reasons; a fee is told in advance",
        (
            _PACKAGES + "test_package_holds_everything_in_three_forms",
            _DECISIONS + "TestDecide::test_keeps_ground_and_reason",
            _LETTERS + "test_partial_letter_names_ground_reason_and_items",
            _PROFILE + "test_a_fee_only_where_the_law_and_the_policy_name_one[rokusho]",
            _FEES + "TestAsking::test_a_quote_is_an_amount_that_can_be",
            _FEES + "TestMoney::test_nobody_pays_for_a_refusal",
            "tests/requests_app/test_portal_fee.py::test_the_person_sees_amount_way_and_reference_and_accepts",
        ),
        ("/requests/new/disclosure/", "/procedure/"),
    ),
    Promise(
        "R9",
        "rokusho",
        "Notice of purposes; a refusal has reasons; a fee is told in advance",
        (
            _RIGHTS + "test_the_notice_of_purposes_names_those_of_what_is_held",
            _TYPES + "test_every_answer_that_is_no_grant_is_notified_under_the_right_article",
            _PROFILE + "test_a_fee_only_where_the_law_and_the_policy_name_one[rokusho]",
            _FEES + "TestAsking::test_a_quote_is_an_amount_that_can_be",
            "tests/requests_app/test_portal_fee.py::test_declining_withdraws",
        ),
        ("/requests/new/purpose_notice/", "/procedure/"),
    ),
    Promise(
        "R10",
        "rokusho",
        "What is not true is looked into, corrected and notified with the new content",
        (
            _CHANGES + "test_nothing_can_be_decided_before_every_item_was_looked_at",
            _CHANGES + "test_a_finding_is_written_down",
            _CHANGES + "test_the_new_values_are_registered_with_history_and_stand_in_the_notice",
            _CHANGES + "test_a_deletion_takes_the_value_away",
            _CHANGES + "test_staff_investigate_in_the_admin",
        ),
        ("/requests/new/correction/", "/requests/new/addition/", "/requests/new/deletion/"),
    ),
    Promise(
        "R11",
        "rokusho",
        "Use beyond the purposes or wrongful: stopped, erased or met in another way, and notified",
        (
            _RIGHTS + "test_use_is_stopped_for_the_chosen_purposes_and_no_others",
            _RIGHTS + "test_another_measure_is_described_and_stops_nothing",
            _TYPES + "test_another_measure_exists_only_for_article_35",
            *_ERASED,
        ),
        ("/requests/new/stop_use/",),
    ),
    Promise(
        "R12",
        "rokusho",
        "Provision without consent is stopped, and notified",
        (
            _RIGHTS + "test_a_stop_of_provision_closes_the_gate_for_third_parties",
            _GATE + "test_a_suspension_wins_from_its_begin_to_its_end",
        ),
        ("/requests/new/stop_provision/",),
    ),
    Promise(
        "R13",
        "rokusho",
        "The Personal Information Manager handles all and may ask for identification; complaints by letter or e-mail",
        (
            "tests/requests_app/admin/test_manager_group.py::test_every_page_of_the_days_work_opens",
            _IDENTITY + "TestConfirm::test_needs_the_permission",
            _RIGHTS + "test_a_complaint_goes_to_staff_without_a_check_of_identity",
            _REGISTERING + "test_from_the_queue_to_the_case",
            _REGISTERING + "test_every_type_has_its_form",
            _PAGES + "test_contact_names_the_ways_and_the_hours",
        ),
        ("/contact/", "/requests/new/complaint/"),
    ),
    Promise(
        "R14",
        "rokusho",
        "Date of the last update, and prominent notice before a material change",
        (
            _POLICY_PAGES + "test_the_page_has_the_text_its_date_the_coming_one_and_the_archive",
            _POLICY_PAGES + "test_the_banner_stands_on_every_page_until_the_change_takes_effect",
            _POLICIES + "test_a_material_change_needs_its_notice_period",
            _BROADCASTS + "test_two_thousand_with_a_worker_that_dies_twice",
        ),
        ("/policy/", "/admin/consent_app/policyversion/"),
    ),
    Promise(
        "R15",
        "rokusho",
        "Contact, from 12:00 to 18:00",
        (_PAGES + "test_contact_names_the_ways_and_the_hours", _PAGES + "test_contact_in_english"),
        ("/contact/", "/procedure/"),
    ),
    # Shop Kloset Inc.
    Promise(
        "K1",
        "kloset",
        "Thirteen purposes; newsletter and advertising can be stopped one by one",
        (
            _PROFILE + "test_number_of_purposes[kloset-13]",
            _PROFILE + "test_the_policy_says_what_the_registers_say[ja-kloset]",
            _CONSENTS + "TestButtons::test_giving_and_withdrawing",
            _RIGHTS + "test_use_is_stopped_for_the_chosen_purposes_and_no_others",
        ),
        ("/purposes/", "/consents/"),
    ),
    Promise(
        "K2",
        "kloset",
        "Subcontractors examined, bound to confidentiality and supervised",
        (*_SUPERVISED, "tests/consent_app/services/test_care.py::test_each_stage_is_mailed_once"),
        ("/subcontractors/", "/admin/consent_app/subcontractor/"),
    ),
    Promise(
        "K3",
        "kloset",
        "Seven cases of giving data to third parties; a breach of terms alone is no exception in the law",
        (
            _PROFILE + "test_cases_that_are_no_exception_in_the_law_warn[kloset-bases0]",
            _PROFILE + "test_the_policy_says_what_the_registers_say[ja-kloset]",
            _GATE_RULES + "test_provision",
            _PROVISIONS + "TestBeforeItIsMade::test_a_case_that_is_no_exception_is_carried_by_one_of_the_law",
        ),
        ("/policy/", "/admin/consent_app/provisionbasis/"),
    ),
    Promise(
        "K4",
        "kloset",
        "Joint use is announced beforehand: items, users, purpose, responsible party",
        (
            _JOINT + "test_it_cannot_begin_before_it_was_announced",
            _JOINT + "test_what_is_missing_is_named_exactly",
            "tests/consent_app/models/test_joint_use.py::test_an_announcement_that_lacks_something_is_refused",
            _JOINT_PAGE + "test_nothing_is_said_of_a_draft",
            _JOINT_PAGE + "test_every_matter_of_the_law_is_there",
        ),
        ("/joint-use/", "/admin/consent_app/jointuse/"),
    ),
    Promise(
        "K5",
        "kloset",
        "Purpose notice, disclosure, correction, suspension, erasure, stop of provision, by the designated procedure",
        (
            _PAGES + "test_procedure_tells_cost_time_check_and_refusals",
            _FORMS + "test_the_form_of_a_type",
            _CHANGES + "test_the_new_values_are_registered_with_history_and_stand_in_the_notice",
            _TYPES + "test_a_type_says_what_the_law_says",
            *_ERASED,
        ),
        ("/procedure/", "/", "/requests/new/correction/"),
    ),
    Promise(
        "K6",
        "kloset",
        "1,100 yen for each disclosure, transfer fee borne by the person; nothing else costs anything",
        (
            _PROFILE + "test_a_fee_only_where_the_law_and_the_policy_name_one[kloset]",
            _PROFILE + "test_kloset_tells_its_fee_with_the_amount",
            _TYPES + "test_a_fee_is_possible_only_where_the_profile_allows_it_too",
            _FEES + "TestAsking::test_a_fixed_fee_is_what_the_profile_says",
            _FEES + "TestMoney::test_the_whole_amount_lets_the_request_go_on",
            _FEES + "TestLaw::test_the_database_refuses_every_other_fee",
            "tests/requests_app/test_portal_fee.py::test_the_person_sees_amount_way_and_reference_and_accepts",
        ),
        ("/procedure/", "/"),
    ),
    Promise(
        "K7",
        "kloset",
        "Not responsible for what users make public themselves",
        (
            _MARKS + "test_an_item_is_marked_and_unmarked_with_its_history",
            _MARKS + "test_a_record_is_marked",
            _PACKAGES + "test_what_the_person_made_public_is_named_as_such",
        ),
        ("/policy/",),
    ),
    Promise(
        "K8",
        "kloset",
        "Statistics that identify nobody may be used",
        (
            _STATISTICS + "test_release_leaves_out_what_is_small_and_rounds_the_rest",
            _STATISTICS + "test_two_releases_never_tell_of_one_person_in_between",
            _STATISTICS + "test_export_is_what_was_released_and_is_recorded",
        ),
        ("/admin/consent_app/statisticsrelease/",),
    ),
    Promise(
        "K9",
        "kloset",
        "Cookies, logs, history, device and attributes; they may go to advertisers",
        (
            _TRACKERS + "test_what_the_policies_promise",
            _TRACKERS + "test_the_signal_is_honoured",
            "tests/consent_app/domain/test_trackers.py::test_the_table",
            _REFERABLE + "test_without_a_record_there_is_no_provision",
        ),
        ("/trackers/", "/admin/consent_app/tracker/"),
    ),
    Promise(
        "K10",
        "kloset",
        "Laws observed, policy reviewed periodically, inquiries answered",
        (
            _SECURITY + "test_kloset_reviews_its_policy_regularly",
            _FORMS + "test_the_form_of_a_type",
            _PROFILE + "test_every_public_page_in_one_language[ja-kloset]",
        ),
        ("/contact/", "/requests/new/inquiry/", "/admin/consent_app/reviewevent/"),
    ),
    # qui pearl project
    Promise(
        "Q1",
        "quipearl",
        "Data collected at purchase, account opening and inquiry; purpose shown and consent confirmed first",
        (
            _POINTS + "TestProfiles::test_each_says_where_it_collects",
            _POINTS + "test_the_page_shows_the_exact_text_and_earlier_ones",
            _POINTS + "TestConsentAtAPoint::test_the_consent_names_point_and_version",
            _POINTS + "TestProfiles::test_an_item_that_no_purpose_of_the_point_uses",
        ),
        ("/purposes/collection/",),
    ),
    Promise(
        "Q2",
        "quipearl",
        "Fourteen purposes, recruitment among them",
        (
            _PROFILE + "test_number_of_purposes[quipearl-15]",
            _PROFILE + "test_the_policy_says_what_the_registers_say[ja-quipearl]",
            _POINTS + "TestProfiles::test_qui_pearl_has_candidates_too",
        ),
        ("/purposes/",),
    ),
    Promise(
        "Q3",
        "quipearl",
        "Use beyond the purposes only by law, for life, health or property, or for a duty of the state",
        (
            _OFF_PURPOSE + "TestGate::test_as_recorded",
            _OFF_PURPOSE + "TestGate::test_not_for_somebody_else_and_not_without_record",
            _OFF_PURPOSE + "test_the_database_keeps_it_as_it_was",
            "tests/consent_app/admin/test_off_purpose.py::test_from_the_record_to_the_person",
        ),
        ("/policy/", "/admin/consent_app/offpurposeuse/"),
    ),
    Promise(
        "Q4",
        "quipearl",
        "Five cases of giving data to third parties; inquiries and payment checks need consent or entrustment",
        (
            _PROFILE + "test_cases_that_are_no_exception_in_the_law_warn[quipearl-bases1]",
            _PROFILE + "test_the_policy_says_what_the_registers_say[ja-quipearl]",
            _GATE_RULES + "test_provision",
            _PROVISIONS + "TestBeforeItIsMade::test_a_case_that_is_no_exception_is_carried_by_one_of_the_law",
        ),
        ("/policy/", "/admin/consent_app/provisionbasis/"),
    ),
    Promise(
        "Q5",
        "quipearl",
        "Disclosure, change, suspension and deletion by the form; the person names the data; identity is checked",
        (
            _FORM + "TestAnswers::test_nobody_is_forced_to_narrow_but_some_means_some",
            _FORMS + "test_the_form_of_a_type",
            _CHANGES + "test_a_deletion_takes_the_value_away",
            _IDENTITY + "TestPassing::test_with_one_fact_beside_the_name",
            *_ERASED,
        ),
        ("/requests/new/disclosure/", "/requests/new/correction/", "/requests/new/stop_use/"),
    ),
    Promise(
        "Q6",
        "quipearl",
        "Five grounds of refusal; public morals only together with one that the law knows",
        (
            _PROFILE + "test_public_morals_need_a_ground_of_the_law_beside_them",
            _PROFILE + "test_the_policy_of_quipearl_names_its_grounds_of_refusal",
            _PAGES + "test_a_ground_that_is_not_statutory_says_what_it_needs",
        ),
        ("/procedure/", "/policy/"),
    ),
    Promise(
        "Q7",
        "quipearl",
        "No fee",
        (_PROFILE + "test_a_fee_only_where_the_law_and_the_policy_name_one[quipearl]",),
        ("/procedure/", "/"),
    ),
    Promise(
        "Q8",
        "quipearl",
        "Details of gift recipients are used for shipping only",
        (
            _PROFILE + "test_gift_recipients_of_quipearl_are_used_for_shipping_only",
            _GATE + "test_gift_recipients_are_for_shipping_only",
            _ENTRUSTING + "test_a_gift_of_somebody_else_is_not_smuggled_in",
            "tests/requests_app/test_gifts.py::test_a_stop_holds_at_the_gate_and_after_an_import[stop_use]",
            "tests/requests_app/admin/test_cases.py::test_somebody_who_may_be_the_recipient_of_a_gift_is_shown_as_such",
        ),
        ("/purposes/",),
    ),
    Promise(
        "Q9",
        "quipearl",
        "Subcontractors supervised; security against leakage, loss and alteration",
        (
            *_SUPERVISED,
            _SECURITY + "test_every_operator_publishes_measures_in_both_languages",
        ),
        ("/subcontractors/", "/admin/consent_app/measure/", "/matters/"),
    ),
    Promise(
        "Q10",
        "quipearl",
        "Cookies for analysis and advertising; access logs never joined to personal data",
        (
            "tests/core/test_logs.py::test_the_web_server_withholds_what_errors_say",
            _TRACKERS + "test_what_the_policies_promise",
            _TRACKERS + "test_recipient_country_and_ways_to_refuse",
        ),
        ("/trackers/",),
    ),
    Promise(
        "Q11",
        "quipearl",
        "Changes of the policy; contact by form, mail and telephone",
        (
            _POLICY_PAGES + "test_what_changed_line_by_line",
            _PROFILE + "test_every_public_page_in_one_language[ja-quipearl]",
        ),
        ("/policy/", "/contact/"),
    ),
    # cleng
    Promise(
        "C1",
        "cleng",
        "Seven purposes; My Numbers are refused and never stored",
        (
            _PROFILE + "test_number_of_purposes[cleng-8]",
            _PROFILE + "test_the_policy_says_what_the_registers_say[ja-cleng]",
            _FORM + "test_a_my_number_is_refused_beside_its_field_and_not_kept",
            "tests/requests_app/domain/test_answers.py::test_a_my_number_is_refused_in_every_text",
            "tests/consent_app/test_formats.py::test_my_numbers_are_not_kept",
        ),
        ("/purposes/",),
    ),
    Promise(
        "C2",
        "cleng",
        "Data goes only to subcontractors under a confidentiality agreement; inquiries may be forwarded to them",
        (
            _ENTRUSTING + "test_nothing_goes_to_one_without_contract",
            _ENTRUSTING + "test_an_inquiry_is_forwarded_and_recorded",
            _GATE_RULES + "test_entrusting",
        ),
        ("/subcontractors/",),
    ),
    Promise(
        "C3",
        "cleng",
        "Joint use of registration data and purchases within the group",
        (
            _JOINT + "test_what_is_missing_is_named_exactly",
            _JOINT + "test_what_was_announced_is_allowed_and_nothing_else",
            _JOINT_PAGE + "test_every_matter_of_the_law_is_there",
        ),
        ("/joint-use/", "/admin/consent_app/jointuse/"),
    ),
    Promise(
        "C4",
        "cleng",
        "Disclosure also of the records of giving data to third parties",
        (
            _PROVISION_ANSWERS + "test_the_letter_and_the_package_have_the_statutory_items_and_not_the_proof",
            _PROVISION_ANSWERS + "test_another_persons_records_are_in_no_part_of_it",
            _PACKAGES + "test_package_holds_everything_in_three_forms",
        ),
        ("/requests/new/provision_records/",),
    ),
    Promise(
        "C5",
        "cleng",
        "Suspension also where rights or legitimate interests are likely harmed",
        (
            _RIGHTS + "test_a_stop_must_name_its_ground",
            _RIGHTS + "test_a_refusal_under_the_newer_grounds_cannot_use_the_older_ones",
            _PROFILE + "test_newer_grounds_can_be_met_in_another_way[cleng]",
        ),
        ("/requests/new/stop_use/", "/requests/new/stop_provision/"),
    ),
    Promise(
        "C6",
        "cleng",
        "Complaints; identity checked; what a requester gives serves the request and nothing else",
        (
            _RIGHTS + "test_a_complaint_goes_to_staff_without_a_check_of_identity",
            _IDENTITY + "test_findings_and_audit_hold_no_values",
            "tests/requests_app/test_purpose_lock.py::test_nothing_of_a_request_changes_what_is_held",
            "tests/requests_app/services/test_retention.py::TestStages::test_nothing_of_what_was_given_is_left_anywhere",
        ),
        ("/requests/new/complaint/", "/purposes/"),
    ),
    Promise(
        "C7",
        "cleng",
        "Four cases of giving data to third parties, with records",
        (
            _PROFILE + "test_cases_that_are_no_exception_in_the_law_warn[cleng-bases2]",
            _PROFILE + "test_the_policy_says_what_the_registers_say[ja-cleng]",
            _GATE_RULES + "test_provision",
            _PROVISIONS + "TestBeforeItIsMade::test_recorded_with_the_items_of_rule_20_and_the_consent",
            "tests/consent_app/services/test_ledger_retention.py::test_the_last_day_still_counts",
        ),
        ("/policy/", "/admin/consent_app/provisionbasis/", "/admin/consent_app/provision/"),
    ),
    Promise(
        "C8",
        "cleng",
        "Information that identifies nobody by itself goes to or comes from third parties only with consent",
        (
            _REFERABLE + "test_without_a_record_there_is_no_provision",
            _REFERABLE + "test_recorded_on_its_confirmation_and_kept_three_years",
            "tests/consent_app/services/test_received.py::test_history_data_is_tied_to_a_person_only_with_consent",
        ),
        ("/trackers/",),
    ),
    Promise(
        "C9",
        "cleng",
        "Policy, rules, organization, people, premises and technology; a manager in each department",
        (_SECURITY + "test_cleng_keeps_its_promises_c9_and_c10",),
        ("/admin/consent_app/measure/", "/admin/consent_app/department/", "/matters/"),
    ),
    Promise(
        "C10",
        "cleng",
        "Regular audits, steady improvement",
        (
            _SECURITY + "test_cleng_keeps_its_promises_c9_and_c10",
            _SECURITY_ADMIN + "test_an_audit_from_plan_to_finding_and_the_next_plan",
        ),
        ("/admin/consent_app/securityaudit/",),
    ),
    # The handling agreement
    Promise(
        "A1",
        "agreement",
        "Seven purposes, one of them accepted case by case; changes announced on the site",
        (
            _PROFILE + "test_number_of_purposes[agreement-7]",
            _PROFILE + "test_the_policy_says_what_the_registers_say[ja-agreement]",
            "tests/consent_app/services/test_added_purposes.py::test_from_draft_to_consent_to_end",
            _CONSENTS + "TestButtons::test_giving_and_withdrawing",
            _POLICY_PAGES + "test_the_banner_stands_on_every_page_until_the_change_takes_effect",
        ),
        ("/purposes/", "/consents/", "/policy/"),
    ),
    Promise(
        "A2",
        "agreement",
        "Five cases of giving data to third parties, who must prevent leaks; other services need consent",
        (
            _PROFILE + "test_cases_that_are_no_exception_in_the_law_warn[agreement-bases3]",
            _GATE_RULES + "test_provision",
            _SUPERVISION + "test_a_recipient_has_to_promise_to_prevent_leaks",
            _PROVISIONS + "TestBeforeItIsMade::test_other_services_is_blocked_without_consent",
        ),
        ("/policy/", "/admin/consent_app/provisionbasis/"),
    ),
    Promise(
        "A3",
        "agreement",
        "Outsourcing protected by contract or education",
        (
            _GATE + "test_training_takes_the_place_of_a_contract_only_where_it_is_promised",
            _SUPERVISION + "test_training_needs_the_promise_that_allows_it",
        ),
        ("/subcontractors/",),
    ),
    Promise(
        "A4",
        "agreement",
        "Revised when needed",
        (
            "tests/consent_app/admin/test_policies.py::test_from_draft_to_everybody_told",
            _POLICY_PAGES + "test_what_changed_line_by_line",
        ),
        ("/policy/", "/admin/consent_app/policyversion/"),
    ),
    Promise(
        "A5",
        "agreement",
        "Not responsible for what follows when customers make data public at their own discretion",
        (
            _MARKS + "test_an_item_is_marked_and_unmarked_with_its_history",
            _PACKAGES + "test_what_the_person_made_public_is_named_as_such",
        ),
        ("/policy/",),
    ),
)
