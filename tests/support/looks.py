"""Staff who say why they look at a customer, as they do when they are asked."""

from typing import Any

from django.http import HttpResponse
from django.test import Client

ASKED = b'name="look-reason"'
ANSWER = {"look-reason": "other", "look-note": "電話への返事"}


def is_asked(response: HttpResponse) -> bool:
    """Whether the page asks for the reason."""
    return not response.streaming and ASKED in response.content


class ClientWithReasons(Client):
    """Gives a reason when a page asks for it, and goes on to the page."""

    def get(self, path: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().get(path, *args, **kwargs)
        if not is_asked(response):
            return response
        super().post(path, ANSWER, headers=kwargs.get("headers"))
        return super().get(path, *args, **kwargs)

    def post(self, path: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().post(path, *args, **kwargs)
        if not is_asked(response):
            return response
        super().post(path, ANSWER, headers=kwargs.get("headers"))
        return super().post(path, *args, **kwargs)
