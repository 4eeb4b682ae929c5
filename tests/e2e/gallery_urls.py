"""The product's addresses with the component gallery, which tests do not have because they run without DEBUG."""

from django.urls import path

from privacy_portal import dev_views
from privacy_portal.urls import handler429
from privacy_portal.urls import urlpatterns as product_urls

__all__ = ["handler429", "urlpatterns"]

urlpatterns = [*product_urls, path("dev/components/", dev_views.components)]
