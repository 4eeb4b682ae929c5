"""How the body of an upload is received."""

import io
import tempfile
from typing import Any

import pytest
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.test import Client, override_settings
from django.urls import include, path
from django.utils import translation
from pytest_django import Settings

from privacy_portal import urls as product
from tests.factories.core import StaffFactory, UserFactory


def receive(request: HttpRequest) -> HttpResponse:
    """Tells what came."""
    uploads = [one for name in request.FILES for one in request.FILES.getlist(name)]
    return JsonResponse({"files": [described(one) for one in uploads], "text": request.POST.get("text", "")})


def described(upload: UploadedFile) -> dict[str, Any]:
    content = upload.read()
    named = isinstance(getattr(upload.file, "name", None), str)
    return {
        "name": upload.name,
        "size": upload.size,
        "read": len(content),
        "end": content[-4:].decode(),
        "named": named,
    }


handler400 = product.handler400
urlpatterns = [path("receive/", receive), path("", include(product.urlpatterns))]
pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.core.test_upload_handlers")]
MEGABYTE = 1024 * 1024


def file_of(size: int, name: str = "写真.jpg") -> io.BytesIO:
    content = io.BytesIO(b"x" * (size - 4) + b"last")
    content.name = name
    return content


@pytest.mark.parametrize("size", [4, 100_000, 3 * MEGABYTE])
def test_small_and_large_files_come_whole(client: Client, size: int) -> None:
    came = client.post("/receive/", {"text": "本文", "file": file_of(size)}).json()
    assert came["text"] == "本文"
    assert came["files"] == [{"name": "写真.jpg", "size": size, "read": size, "end": "last", "named": False}]


def test_nothing_lies_on_the_disk_under_a_name(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any, **kwargs: Any) -> None:
        pytest.fail("a named file")

    monkeypatch.setattr(tempfile, "NamedTemporaryFile", refuse)
    assert client.post("/receive/", {"file": file_of(5 * MEGABYTE)}).json()["files"][0]["read"] == 5 * MEGABYTE


def test_a_name_with_a_path_and_an_empty_file(client: Client) -> None:
    empty = io.BytesIO(b"")
    empty.name = "empty.png"
    came = client.post("/receive/", {"one": file_of(4, "../../etc/passwd"), "two": empty}).json()["files"]
    assert [(one["name"], one["read"]) for one in came] == [("passwd", 4), ("empty.png", 0)]


@pytest.mark.parametrize(("language", "words"), [("ja", "ファイルは1つ1MBまで"), ("en", "1 MB")])
def test_a_body_that_no_form_takes_has_a_clear_page(
    client: Client, settings: Settings, language: str, words: str
) -> None:
    settings.UPLOAD_MAX_MB = 1
    client.force_login(UserFactory(language=language))
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    with translation.override(language):
        response = client.post("/receive/", {"file": file_of(7 * MEGABYTE)})
    assert response.status_code == 413
    assert words in response.content.decode()
    assert client.post("/receive/", {"file": file_of(5 * MEGABYTE)}).status_code == 200


def test_an_endless_body_is_not_read(client: Client, settings: Settings) -> None:
    settings.UPLOAD_MAX_MB = 1
    kind = "multipart/form-data; boundary=x"
    # Whoever reads more than these three bytes fails.
    response = client.generic("POST", "/receive/", b"--x", content_type=kind, CONTENT_LENGTH=str(10**12))
    assert response.status_code == 413


def test_staff_import_larger_files(client: Client, settings: Settings) -> None:
    settings.UPLOAD_MAX_MB = 1
    client.force_login(StaffFactory())
    assert client.post("/receive/", {"file": file_of(8 * MEGABYTE)}).json()["files"][0]["size"] == 8 * MEGABYTE


def test_too_many_files(client: Client) -> None:
    response = client.post("/receive/", {f"file{number}": file_of(4) for number in range(21)})
    assert response.status_code == 413


@override_settings(DEBUG=False)
def test_another_bad_request_keeps_its_page(client: Client) -> None:
    response = client.post("/receive/", b"--x", content_type="multipart/form-data; boundary=" + "x" * 500)
    assert response.status_code == 400
    assert "リクエストを受け取れませんでした" in response.content.decode()
