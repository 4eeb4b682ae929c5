"""Addresses under `/dev/`, included only with DEBUG."""

from django.urls import path

from . import views

app_name = "development"

urlpatterns = [
    path("mail/", views.mail_list, name="mail_list"),
    path("mail/<slug:name>/", views.mail_detail, name="mail_detail"),
    path("mail/<slug:name>/html/", views.mail_html, name="mail_html"),
    path("mail/<slug:name>/source/", views.mail_source, name="mail_source"),
]
