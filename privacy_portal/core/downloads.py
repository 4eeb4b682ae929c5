"""Files that somebody sent go out as downloads: nothing of a stranger's is shown inside of our pages."""

from collections.abc import Iterable

from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header


def attachment(content: Iterable[bytes], *, name: str, content_type: str) -> StreamingHttpResponse:
    """The content to be saved, whatever it is, and no copy of it anywhere on the way.

    Args:
        name: of the file; may hold any characters.
    """
    response = StreamingHttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "no-store"
    return response
