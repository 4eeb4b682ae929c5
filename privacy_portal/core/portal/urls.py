"""The kernel's part of the portal; the composition root puts it into the namespace ``portal``."""

from django.urls import path

from . import security_txt, views

urlpatterns = [
    path("sign-in/", views.sign_in, name="sign_in"),
    path("sign-in/code/", views.sign_in_code, name="sign_in_code"),
    path("sign-out/", views.sign_out, name="sign_out"),
    path("language/", views.set_language, name="set_language"),
    path(".well-known/security.txt", security_txt.security_txt, name="security_txt"),
]
