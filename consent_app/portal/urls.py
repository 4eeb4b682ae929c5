"""Pages of the registers, public and personal; the composition root puts them into the namespace ``portal``."""

from django.urls import URLPattern, path

from . import consents, joint_uses, matters, pages, policies, trackers

urlpatterns: list[URLPattern] = [
    path("contact/", pages.contact, name="contact"),
    path("policy/", policies.policy, name="policy"),
    path("policy/<int:number>/", policies.policy_version, name="policy_version"),
    path("policy/<int:number>/changes/", policies.policy_changes, name="policy_changes"),
    path("matters/", matters.matters, name="matters"),
    path("purposes/", pages.purposes, name="purposes"),
    path("purposes/collection/", pages.collection_points, name="collection_points"),
    path("subcontractors/", pages.subcontractors, name="subcontractors"),
    path("joint-use/", joint_uses.joint_use_page, name="joint_use"),
    path("joint-use/<slug:code>/<int:number>/", joint_uses.joint_use_version, name="joint_use_version"),
    path("trackers/", trackers.trackers_page, name="trackers"),
    path("trackers/refuse/", trackers.trackers_refuse, name="trackers_refuse"),
    path(".well-known/gpc.json", trackers.gpc_support, name="gpc_support"),
    path("consents/", consents.consents_page, name="consents"),
    path("consents/<slug:purpose>/", consents.consent_change, name="consent_change"),
    path("consents/<slug:purpose>/receipt.json", consents.consent_receipt, name="consent_receipt"),
    path("operator.css", pages.operator_css, name="operator_css"),
    path("operator.svg", pages.operator_logo, name="operator_logo"),
]
