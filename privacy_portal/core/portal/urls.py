"""The kernel's part of the portal; the composition root puts it into the namespace ``portal``."""

from django.urls import path

from .. import session_pages
from ..probes import healthz, metrics, readyz
from . import security_txt, views

urlpatterns = [
    path("sign-in/", views.sign_in, name="sign_in"),
    path("sign-in/code/", views.sign_in_code, name="sign_in_code"),
    path("sign-out/", views.sign_out, name="sign_out"),
    path("sessions/", session_pages.sessions, name="sessions"),
    path("language/", views.set_language, name="set_language"),
    path(".well-known/security.txt", security_txt.security_txt, name="security_txt"),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
]
