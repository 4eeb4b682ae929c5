"""Portal pages of this application; the composition root puts them into the namespace ``portal``."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
