"""The addresses of the product: the portal at the root, staff sign-in, the admin."""

from django.conf import settings
from django.contrib import admin
from django.templatetags.static import static
from django.urls import URLPattern, URLResolver, include, path
from django.utils.functional import lazy
from django.views.generic import RedirectView

from consent_app.portal.urls import urlpatterns as consent_urls
from privacy_portal.core.portal.urls import urlpatterns as core_urls
from requests_app.portal.urls import urlpatterns as requests_urls

handler400 = "privacy_portal.core.portal.errors.bad_request"
handler429 = "privacy_portal.core.portal.errors.too_many_requests"
handler500 = "privacy_portal.core.portal.errors.server_error"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include(([*core_urls, *consent_urls, *requests_urls], "portal"))),
    path("staff/", include("privacy_portal.core.staff.urls")),
    path("admin/", admin.site.urls),
    # Browsers ask for it whatever the page says.
    path("favicon.ico", RedirectView.as_view(url=lazy(static, str)("portal/favicon.svg"))),
]

if settings.DEBUG:
    from privacy_portal import dev_views

    urlpatterns += [
        path("dev/components/", dev_views.components),
        path("dev/", include("privacy_portal.development.urls")),
    ]
