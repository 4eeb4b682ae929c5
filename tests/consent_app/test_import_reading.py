"""A large file is read in a process of its own: the same rows, nothing of a broken file, and no process left behind."""

import functools
import io
import threading
from datetime import date
from pathlib import Path

import pytest

from consent_app.domain.formats import Problem, detect, read_rows, scan
from consent_app.models import Customer
from consent_app.services import import_reading, import_work, imports
from privacy_portal.core.models import Job

DATA = Path(__file__).parents[1] / "data"
SAMPLES = ("shopify_customers.csv", "eccube_customers.csv", "base_orders.csv")
TODAY = date(2026, 11, 22)
HEAD = "会員ID,お名前(姓),お名前(名),メールアドレス,TEL\n"


@pytest.fixture(autouse=True)
def _always_apart(monkeypatch):
    monkeypatch.setattr(import_reading, "FROM_RECORDS", 1)


@pytest.fixture
def started(monkeypatch):
    """The processes that were started."""
    found = []

    class Noted(import_reading.subprocess.Popen):
        def __init__(self, *args, **options):
            super().__init__(*args, **options)
            found.append(self)

    monkeypatch.setattr(import_reading.subprocess, "Popen", Noted)
    return found


def opener(content):
    return functools.partial(io.BytesIO, content)


def members(number):
    return (HEAD + "".join(f"{n},高橋,花子{n},h{n}@x.example,0{n}\n" for n in range(number))).encode()


def apart(source):
    layout = detect(source)
    return import_reading.read_rows(source, layout, scan(source, layout), today=TODAY, secret=b"s")


def here(source):
    layout = detect(source)
    return read_rows(source, layout, scan(source, layout), today=TODAY, secret=b"s")


def nothing_is_left(started):
    return all(one.returncode is not None and one.stdout.closed for one in started) and not any(
        thread.name == "import-feeder" for thread in threading.enumerate()
    )


@pytest.mark.parametrize("name", SAMPLES)
def test_the_rows_are_the_same(name, started):
    source = opener((DATA / name).read_bytes())
    assert list(apart(source)) == list(here(source))
    assert len(started) == 1
    assert nothing_is_left(started)


def test_bad_rows_are_the_same():
    rows = [
        "1,高橋,花子,h@x.example,1".encode("cp932"),
        b"\x81\x20\xff,\xff,x,y,z",  # not to be decoded, its id neither
        '2,高橋,"花\n子",,'.encode("cp932"),
        "1,高橋,また,h@x.example,".encode("cp932"),
        '3,"高橋,花子,,'.encode("cp932"),
        "4,高橋,花子".encode("cp932"),
        ",高橋,花子,,".encode("cp932"),
        b"5,,,,",
        "6,高橋,花子,,090-1234-5678".encode("cp932"),
    ]
    content = HEAD.encode("cp932") + b"\n".join(rows) + b"\n"
    found = list(apart(opener(content)))
    assert found == list(here(opener(content)))
    assert sum(isinstance(one, Problem) for one in found) == 6


def test_a_small_file_needs_no_process(monkeypatch, started):
    monkeypatch.setattr(import_reading, "FROM_RECORDS", 4)
    assert len(list(apart(opener(members(3))))) == 3
    assert started == []
    assert len(list(apart(opener(members(4))))) == 4
    assert len(started) == 1


def test_the_process_has_none_of_the_products_secrets(monkeypatch):
    program = 'import json, os; print(json.dumps([[1, "", " ".join(sorted(os.environ))]])); print("null")'
    monkeypatch.setattr(import_reading, "_START", program)
    monkeypatch.setenv("SECRET_KEY", "a secret")
    (row,) = apart(opener(members(3)))
    assert set(row.code.split()) <= {"PATH", "LD_LIBRARY_PATH", "LC_CTYPE"}


@pytest.mark.parametrize("answer", ["", "[[7,", '[[7,"","x"]]', "null"])
def test_a_process_that_ends_too_soon_is_told_from_the_end_of_the_file(monkeypatch, started, answer):
    """A whole line before it counts; half of one does not, nor one without an end."""
    program = f'import sys; print(\'[[6,"","x"]]\'); sys.stdout.write({answer!r})'
    monkeypatch.setattr(import_reading, "_START", program)
    rows = apart(opener(members(200_000)))  # more than a pipe holds: the feeder has to notice, too
    assert next(rows).line == 6
    with pytest.raises(import_reading.ReaderLost):
        next(rows)
    assert nothing_is_left(started)


def test_a_source_that_breaks_breaks_the_reading_and_nothing_cut_off_is_read(started):
    content = members(3000)
    cut = content.index(b"h2999@") + 3

    class Cut(io.BytesIO):
        def read(self, size=-1):
            piece = super().read(min(size, cut - self.tell()) if cut > self.tell() else 0)
            if not piece:
                raise OSError("the storage is away")
            return piece

    layout = detect(opener(content))
    found = scan(opener(content), layout)
    rows = import_reading.read_rows(lambda: Cut(content), layout, found, today=TODAY, secret=b"s")
    seen = []
    with pytest.raises(OSError, match="the storage is away"):
        seen.extend(rows)
    assert all(row.person.email == f"h{row.external_id}@x.example" for row in seen)
    assert nothing_is_left(started)


def test_whoever_stops_reading_leaves_no_process(started):
    rows = apart(opener(members(50_000)))
    next(rows)
    rows.close()
    assert nothing_is_left(started)


@pytest.mark.django_db
class TestImport:
    def load(self, content):
        return imports.import_file(source=opener(content), trial=False, actor="command", on_progress=lambda job: None)

    def test_a_whole_file(self, started):
        outcome = self.load(members(5000))
        assert outcome.counts["created"] == Customer.objects.count() == 5000
        assert len(started) == 1

    def test_a_lost_process_leaves_whole_chunks_and_the_same_file_goes_on_from_there(self, monkeypatch, started):
        advance = import_work.jobs.advance

        def killing(**values):
            advance(**values)
            started[0].kill()

        content = members(30_000)
        with monkeypatch.context() as patched:
            patched.setattr(import_work.jobs, "advance", killing)
            with pytest.raises(import_reading.ReaderLost):
                self.load(content)
        job = Job.objects.get()
        assert (job.state, job.error) == (Job.State.FAILED, "ReaderLost")
        assert 0 < job.done == Customer.objects.count() < 30_000
        assert job.done % import_work.CHUNK == 0

        outcome = self.load(content)
        assert outcome.counts["unchanged"] == job.done
        assert outcome.counts["created"] == 30_000 - job.done
