"""Files that are encrypted at rest."""

import datetime
import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db import transaction
from django.utils import timezone
from pytest_django import Settings

from privacy_portal.core.crypto import DecryptionError
from privacy_portal.core.models import AuditEntry, EncryptedFile
from privacy_portal.core.services import files
from tests.core.test_crypto import key
from tests.support.files import path_of

pytestmark = pytest.mark.django_db

CHUNK = files.CHUNK
SEALED_CHUNK = CHUNK + files.TAG


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, settings: Settings) -> None:
    settings.MEDIA_ROOT = tmp_path


def store(content: bytes) -> EncryptedFile:
    with files.create(name="answer.bin", content_type="application/octet-stream") as writer:
        writer.write(content)
    return EncryptedFile.objects.get(pk=writer.file.pk)


def read(file: EncryptedFile) -> bytes:
    return b"".join(files.open_stream(file))


def everything(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


class TestRoundTrip:
    @pytest.mark.parametrize(
        "size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 1, 10 * CHUNK - 1], ids=str
    )
    def test_content_of_any_size(self, size: int) -> None:
        content = os.urandom(size)
        file = store(content)
        assert file.size == size
        assert read(file) == content
        chunks = max(1, -(-size // CHUNK))
        assert path_of(file).stat().st_size == len(files.MAGIC) + size + chunks * files.TAG

    @pytest.mark.parametrize("piece", [1, 7, CHUNK - 1, CHUNK, CHUNK + 1, 5 * CHUNK])
    def test_written_in_pieces_of_any_size(self, piece: int) -> None:
        content = os.urandom(3 * CHUNK + 5 if piece > 1 else 1000)
        with files.create(name="a", content_type="b") as writer:
            for start in range(0, len(content), piece):
                assert writer.write(memoryview(content)[start : start + piece]) == len(content[start : start + piece])
        assert read(writer.file) == content

    def test_zip_archive_streams_into_it(self) -> None:
        with (
            files.create(name="answer.zip", content_type="application/zip") as writer,
            zipfile.ZipFile(writer, "w", zipfile.ZIP_DEFLATED) as archive,
        ):
            archive.writestr("データ.json", '{"氏名": "山田"}')
            with archive.open("big.csv", "w") as member:
                for _ in range(100):
                    member.write(b"1,2,3\n" * 1000)
        with zipfile.ZipFile(io.BytesIO(read(writer.file))) as archive:
            assert archive.testzip() is None
            assert archive.read("データ.json").decode() == '{"氏名": "山田"}'
            assert len(archive.read("big.csv")) == 600_000

    def test_nothing_of_the_content_lies_on_the_disk_and_only_the_owner_may_read(self, tmp_path: Path) -> None:
        file = store("山田太郎".encode() * 10_000)
        (path,) = everything(tmp_path)
        assert path == path_of(file)
        assert "山田".encode() not in path.read_bytes()
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.parent.stat().st_mode & 0o777 == 0o700

    def test_same_content_never_looks_the_same(self) -> None:
        one, two = store(b"x" * 1000), store(b"x" * 1000)
        assert path_of(one).read_bytes() != path_of(two).read_bytes()

    def test_key_rotation_rewrites_the_row_and_not_the_file(self, settings: Settings) -> None:
        settings.FIELD_ENCRYPTION_KEYS = [key(1)]
        file = store(b"x")
        settings.FIELD_ENCRYPTION_KEYS = [key(2), key(1)]
        assert read(file) == b"x"
        settings.FIELD_ENCRYPTION_KEYS = [key(2)]
        with pytest.raises(DecryptionError):
            files.open_stream(file)


class TestTampering:
    @pytest.fixture
    def file(self) -> EncryptedFile:
        return store(os.urandom(3 * CHUNK + 100))

    def rewrite(self, file: EncryptedFile, content: bytes) -> None:
        path_of(file).write_bytes(content)

    def refused(self, file: EncryptedFile) -> None:
        with pytest.raises(DecryptionError):
            read(file)

    @pytest.mark.parametrize("position", [0, 4, 5 + CHUNK, 4 + SEALED_CHUNK, -1])
    def test_changed_byte(self, file: EncryptedFile, position: int) -> None:
        content = bytearray(path_of(file).read_bytes())
        content[position] ^= 1
        self.rewrite(file, bytes(content))
        self.refused(file)

    def test_nothing_after_the_changed_chunk_comes_out(self, file: EncryptedFile) -> None:
        content = bytearray(path_of(file).read_bytes())
        content[4 + SEALED_CHUNK] ^= 1
        self.rewrite(file, bytes(content))
        stream = files.open_stream(file)
        assert len(next(stream)) == CHUNK
        with pytest.raises(DecryptionError):
            next(stream)

    @pytest.mark.parametrize(
        "length", [0, 3, 4, 10, 4 + SEALED_CHUNK, 4 + 2 * SEALED_CHUNK, 4 + 3 * SEALED_CHUNK, 5 + 3 * SEALED_CHUNK]
    )
    def test_cut_off_anywhere_also_between_chunks(self, file: EncryptedFile, length: int) -> None:
        self.rewrite(file, path_of(file).read_bytes()[:length])
        self.refused(file)

    def test_longer(self, file: EncryptedFile) -> None:
        self.rewrite(file, path_of(file).read_bytes() + b"x")
        self.refused(file)

    @pytest.mark.parametrize("order", [(1, 0, 2, 3), (0, 2, 1, 3), (0, 1, 3), (0, 0, 1, 2, 3), (1, 2, 3), (3,)])
    def test_chunks_moved_left_out_or_repeated(self, file: EncryptedFile, order: tuple[int, ...]) -> None:
        content = path_of(file).read_bytes()
        chunks = [content[4 + n * SEALED_CHUNK : 4 + (n + 1) * SEALED_CHUNK] for n in range(4)]
        self.rewrite(file, content[:4] + b"".join(chunks[n] for n in order))
        self.refused(file)

    def test_swapped_with_another_file(self, file: EncryptedFile) -> None:
        other = store(os.urandom(file.size))
        self.rewrite(file, path_of(other).read_bytes())
        self.refused(file)

    def test_swapped_with_another_file_and_its_key(self, file: EncryptedFile) -> None:
        other = store(os.urandom(file.size))
        self.rewrite(file, path_of(other).read_bytes())
        EncryptedFile.objects.filter(pk=file.pk).update(sealed_key=other.sealed_key)
        self.refused(EncryptedFile.objects.get(pk=file.pk))

    def test_size_in_the_row_is_checked(self, file: EncryptedFile) -> None:
        file.size += 1
        self.refused(file)

    def test_lost_file_is_not_an_empty_one(self, file: EncryptedFile) -> None:
        path_of(file).unlink()
        with pytest.raises(FileNotFoundError):
            read(file)


def names(paths: list[Path]) -> list[str]:
    """As the storage calls them, in its order."""
    return sorted(path.relative_to(django_settings.MEDIA_ROOT).as_posix() for path in paths)


class TestFailure:
    def test_error_while_writing_leaves_nothing(self, tmp_path: Path) -> None:
        writer = files.create(name="a", content_type="b")
        writer.write(os.urandom(200_000))
        with pytest.raises(TypeError), writer:
            writer.write("text instead of bytes")
        assert everything(tmp_path) == []
        assert not EncryptedFile.objects.exists()

    def test_row_comes_after_the_file(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A crash between them leaves a file without a row, never a row without a file."""

        def crash(self: EncryptedFile, **options: object) -> None:
            assert everything(tmp_path) == [path_of(self)]
            raise KeyboardInterrupt

        monkeypatch.setattr(EncryptedFile, "save", crash)
        with pytest.raises(KeyboardInterrupt), files.create(name="a", content_type="b") as writer:
            writer.write(b"x")
        assert list(files.orphans(now=timezone.now() + datetime.timedelta(days=2))) == names(everything(tmp_path))

    def test_closed_writer_takes_nothing(self) -> None:
        with files.create(name="a", content_type="b") as writer:
            pass
        with pytest.raises(ValueError, match="closed"):
            writer.write(b"x")


class TestErasing:
    @pytest.mark.django_db(transaction=True)
    def test_key_and_file_are_gone_and_it_is_recorded_once(self) -> None:
        file = store(b"x")
        files.erase(file=file, actor="worker")
        files.erase(file=file, actor="worker")
        assert not path_of(file).exists()
        for erased in (file, EncryptedFile.objects.get()):
            assert erased.sealed_key is None
            assert erased.erased_at is not None
            with pytest.raises(files.FileErased):
                files.open_stream(erased)
        entry = AuditEntry.objects.get()
        assert (entry.action, entry.actor, entry.object_id) == ("file.erased", "worker", str(file.pk))

    @pytest.mark.django_db(transaction=True)
    def test_rolled_back_erasure_keeps_the_file(self) -> None:
        file = store(b"x")
        with transaction.atomic():
            files.erase(file=file, actor="worker")
            assert path_of(file).exists()
            transaction.set_rollback(True)
        assert read(EncryptedFile.objects.get()) == b"x"


class TestErrors:
    def test_files_made_before_an_error_go_with_the_transaction(self) -> None:
        kept, made = store(b"before"), []

        def fail() -> None:
            made.append(store(b"inside"))
            assert path_of(made[0]).exists()
            raise KeyError

        with pytest.raises(KeyError), files.removed_on_error(), transaction.atomic():
            fail()
        assert not path_of(made[0]).exists()
        assert path_of(kept).exists()

    def test_files_of_what_went_well_stay(self) -> None:
        with files.removed_on_error(), transaction.atomic():
            made = store(b"inside")
        assert path_of(made).exists()


class TestOrphans:
    later = datetime.timedelta(days=1, minutes=1)

    @pytest.mark.django_db(transaction=True)
    def test_only_files_that_no_row_needs_are_removed_and_not_before_a_day(self, tmp_path: Path) -> None:
        kept, erased = store(b"kept"), store(b"erased")
        EncryptedFile.objects.filter(pk=erased.pk).update(sealed_key=None, erased_at=timezone.now())
        with transaction.atomic():
            rolled_back = store(b"rolled back")
            transaction.set_rollback(True)
        crashed = files.create(name="a", content_type="b")
        crashed._target.close()
        found = everything(tmp_path)
        assert len(found) == 4
        assert list(files.orphans(now=timezone.now())) == []
        expected = names([path_of(erased), path_of(rolled_back), crashed._partial])
        assert list(files.orphans(now=timezone.now() + self.later)) == expected
        assert files.remove_orphans(now=timezone.now() + self.later) == 3
        assert everything(tmp_path) == [path_of(kept)]

    def test_no_folder_yet(self) -> None:
        assert files.remove_orphans(now=timezone.now()) == 0


MEMORY = """
import resource, sys, django
django.setup()
from privacy_portal.core.models import EncryptedFile
from privacy_portal.core.services import files
EncryptedFile.save = lambda self, **options: None
piece = bytes(1024 * 1024)
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
def run(megabytes):
    with files.create(name="a", content_type="b") as writer:
        for _ in range(megabytes):
            writer.write(piece)
    assert sum(map(len, files.open_stream(writer.file))) == megabytes * len(piece)
run(2)
before = peak()
run(50)
print(peak() - before)
"""


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-c", MEMORY],
        env={**os.environ, "MEDIA_ROOT": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert int(result.stdout) < 4096, "KiB more for 50 MB than for 2 MB"
