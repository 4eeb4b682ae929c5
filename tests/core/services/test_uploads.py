"""Files that somebody sends."""

import io
import os
import subprocess
import sys
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from privacy_portal.core.cleaning import child
from privacy_portal.core.cleaning.kinds import ENDINGS, JPEG, PDF, PNG, Limits
from privacy_portal.core.models import EncryptedFile
from privacy_portal.core.services import files, uploads
from tests.support.files import path_of
from tests.support.hostile_files import SECRET, form_with_lost_text, jpeg, pdf, png, webp


def refusal(content: bytes, name: str = "", **options: Any) -> str:
    with pytest.raises(ValidationError) as refused:
        uploads.clean(io.BytesIO(content), name=name, **options)
    return refused.value.code


@pytest.mark.parametrize(
    ("content", "name", "kind", "kept"),
    [
        (jpeg(), "写真.JPG", JPEG, "写真.jpg"),
        (jpeg(), "IMG_0001", JPEG, "IMG_0001.jpg"),
        (png(), "a.png", PNG, "a.png"),
        (png(), "renamed.jpeg", PNG, "renamed.png"),
        (webp(), "a.webp", JPEG, "a.jpg"),
        (pdf(), "No.5", PDF, "No.5.pdf"),
        (pdf(), "委任状.pdf", PDF, "委任状.pdf"),
    ],
)
def test_what_is_taken(content: bytes, name: str, kind: str, kept: str) -> None:
    clean = uploads.clean(io.BytesIO(content), name=name)
    assert (clean.content_type, clean.name) == (kind, kept)
    assert SECRET.encode() not in clean.content
    assert uploads.clean(io.BytesIO(clean.content), name="").content_type == kind


def test_neither_name_nor_content_is_shown_by_chance() -> None:
    clean = uploads.clean(io.BytesIO(png()), name="佐藤花子.png")
    assert "佐藤" not in repr(clean)
    assert "IHDR" not in repr(clean)


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b"", "a.jpg", "empty"),
        (b"<html><script>alert(1)</script></html>", "a.jpg", "kind"),
        (b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "a.svg", "kind"),
        (b"GIF89a" + b"\0" * 20, "a.gif", "kind"),
        (b"GIF89a/*" + pdf(), "a.pdf", "kind"),
        (b"PK\x03\x04" + pdf(), "a.pdf", "kind"),
        (b"\0\0\0\x18ftypheic" + b"\0" * 20, "a.heic", "heic"),
        (jpeg(), "a.pdf", "name"),
        (jpeg(), "a.pdf.exe", "name"),
        (pdf(), "a.png", "name"),
        (pdf(), "a.html", "name"),
        (jpeg()[:200], "a.jpg", "broken"),
        (b"%PDF-1.7 <script>", "a.pdf", "broken"),
        (form_with_lost_text(), "a.pdf", "form"),
    ],
)
def test_what_is_refused(content: bytes, name: str, code: str) -> None:
    assert refusal(content, name) == code


def test_limits(settings: Settings) -> None:
    assert refusal(png(), most=Limits(size=50)) == "size"
    assert refusal(png(), most=Limits(pixels=10)) == "pixels"
    assert refusal(pdf(2), most=Limits(pages=1)) == "pages"
    settings.UPLOAD_MAX_MB = 1
    assert refusal(png() + bytes(1024 * 1024)) == "size"


def test_the_size_that_was_counted_is_believed_although_the_content_is_not_there() -> None:
    upload = SimpleUploadedFile("a.png", png())
    upload.size = 10**12
    with pytest.raises(ValidationError, match="大きすぎます"):
        uploads.clean(upload, name="a.png")  # type: ignore[arg-type]


def test_kinds_that_are_not_wanted_here() -> None:
    assert refusal(pdf(), kinds=(JPEG, PNG)) == "kind"


@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_refusal_has_words(language: str) -> None:
    with translation.override(language):
        for code in uploads.WORDS:
            error = uploads._refusal(code, Limits(), kind="PDF")
            assert error.code == code
            assert "%" not in error.messages[0]


def test_a_file_that_ends_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "_START", "import os; os.abort()")
    assert refusal(png()) == "unsafe"
    monkeypatch.setattr(uploads, "_START", "pass")
    assert refusal(png()) == "unsafe"


def test_a_file_that_keeps_the_process_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "PATIENCE", 0.3)
    monkeypatch.setattr(uploads, "_START", "import time; time.sleep(60)")
    assert refusal(png()) == "unsafe"


def test_the_process_knows_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "FIELD_ENCRYPTION_KEYS" in os.environ
    write = 'import os, sys; sys.stdout.write(\'{"kind": "image/png", "pages": 1}\\n\' + \' \'.join(os.environ))'
    monkeypatch.setattr(uploads, "_START", write)
    known = uploads.clean(io.BytesIO(png()), name="").content.decode().split()
    assert not {"FIELD_ENCRYPTION_KEYS", "SECRET_KEY", "DATABASE_URL"} & set(known)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not limit the address space")
@pytest.mark.parametrize("work", ["bytearray(2 * 1024 ** 3)", "open('x', 'w').write('x' * 100_000)"])
def test_the_process_is_confined(work: str, tmp_path: Path) -> None:
    start = f"import sys; sys.path.append(sys.argv[1]); from cleaning.child import confine; confine(); {work}"
    command = [sys.executable, "-I", "-c", start, uploads._FOLDER]
    assert subprocess.run(command, check=False, capture_output=True, cwd=tmp_path).returncode != 0
    confined = start.replace("confine();", "")
    free = [*command[:3], confined, command[4]]
    assert subprocess.run(free, check=False, capture_output=True, cwd=tmp_path).returncode == 0
    assert child.SECONDS < uploads.PATIENCE


def test_own_papers_stay_as_they_are() -> None:
    signed = b"%PDF-1.7 with a signature"
    assert uploads.examined(io.BytesIO(signed), name="agreement.pdf").content == signed
    for content, name, code in ((b"MZ", "a.pdf", "document"), (signed, "a.png", "name"), (b"", "", "empty")):
        with pytest.raises(ValidationError) as refused:
            uploads.examined(io.BytesIO(content), name=name)
        assert refused.value.code == code


@pytest.mark.django_db
def test_kept_encrypted() -> None:
    clean = uploads.clean(io.BytesIO(png()), name="佐藤.png")
    kept = EncryptedFile.objects.get(pk=uploads.store(clean, name="attachment").pk)
    assert (kept.name, kept.content_type) == ("attachment.png", PNG)
    assert b"".join(files.open_stream(kept)) == clean.content
    assert b"IHDR" not in path_of(kept).read_bytes()


@pytest.mark.parametrize(
    ("claimed", "shown"),
    [
        ("../../etc/passwd", "passwd.png"),
        ("C:\\temp\\a.png", "a.png"),
        ("photo\u202egnp.exe", "photognp.exe.png"),
        ("a\r\nSet-Cookie: x.png", "a Set-Cookie_ x.png"),
        ("a\0b\x7f.png", "ab.png"),
        ('"quoted".png', "_quoted_.png"),
        ("", "file.png"),
        (".png", "file.png"),
        ("...", "file.png"),
        ("日本語\u3000名.PNG", "日本語 名.png"),
        ("か\u3099.png", "が.png"),
        ("a" * 300 + ".png", "a" * 75 + ".png"),
        ("a.pdf", "a.pdf.png"),
    ],
)
def test_names(claimed: str, shown: str) -> None:
    assert uploads.safe_name(claimed, PNG) == shown


@given(claimed=st.text(max_size=300), kind=st.sampled_from(sorted(ENDINGS)))
def test_any_name_becomes_one_that_can_be_shown(claimed: str, kind: str) -> None:
    name = uploads.safe_name(claimed, kind)
    assert 5 <= len(name) <= uploads.NAME_LENGTH
    assert name.endswith("." + ENDINGS[kind])
    assert not set(name) & set('/\\<>:"|?*')
    assert all(unicodedata.category(one)[0] != "C" for one in name)
    assert not name.startswith(".")
    assert uploads.safe_name(name, kind) == name
