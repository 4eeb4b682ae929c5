"""Public pages of the registers; the composition root puts them into the namespace ``portal``."""

from django.urls import URLPattern, path

from . import pages

urlpatterns: list[URLPattern] = [
    path("contact/", pages.contact, name="contact"),
    path("purposes/", pages.purposes, name="purposes"),
    path("subcontractors/", pages.subcontractors, name="subcontractors"),
    path("procedure/", pages.procedure, name="procedure"),
    path("operator.css", pages.operator_css, name="operator_css"),
]
