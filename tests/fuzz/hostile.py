"""What nobody types by accident, and what people do type: whole requests, made from a seed.

Hypothesis chooses the seeds and runs the inputs. That it drew each character itself took longer than many a page, and
nothing is shrunk here: an input is shown as it was sent.
"""

import datetime
import gzip
import io
import json
import struct
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final
from urllib.parse import quote_from_bytes

from pikepdf import Name

from tests.support import hostile_files

from .pages import Control, Form

LONG: Final = "あ" * 20_000
TEXTS: Final = (
    *("", " ", "　", "a\x00b", "\x00", "\x1b[31m", "\ufeff", "\ud800", "\udfff", "\ufffe", "👨‍👩‍👧‍👦🏳️‍🌈", "\u202egnp.exe", "العربية", "e\u0301" * 300),
    *("ＡＢＣ", "１２３４", "²", "٣", "〇", "①", "百", "½", "-", "−", "ー", "・", "髙﨑", "神", "𠮷野"),
    *("2026-02-30", "0000-00-00", "0001-01-01", "9999-12-31", "10000-01-01", "令和99年13月40日", "明治0年0月0日", "2026-1-1", "２０２６－０１－０１"),
    *("2026-11-22T25:61", "2026-11-22 00:00+99:00", "24:00", "9999-12-31T23:59", "0001-01-01T00:00", "1970-01-01"),
    *("0", "-1", "-0", "1e400", "1e5", "NaN", "Infinity", "-Infinity", "0x10", "1_000", "+5", "2147483648", "9223372036854775808", "-9223372036854775809", "9" * 5000, "1" + "0" * 30),
    *("True", "None", "null", "on", "[]", "{}", "[[]]", '{"a": 1}', '{"id": "\\ud800", "rawId": 5, "response": []}', "undefined"),
    *("00000000-0000-0000-0000-000000000000", "not-a-uuid", "{00000000000000000000000000000000}", "urn:uuid:0", "1,2,3", "1;2", "../../etc/passwd", "..\\..\\x"),
    *("<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "javascript:alert(1)", "{{ 7*7 }}", "{% load x %}", "#import \"x\"", "$x$ #eval(\"1\")", "%s%n%(x)s", "{0.__class__}", "\\0\\", "'; DROP TABLE x; --"),
    *("=cmd|' /C calc'!A0", "+1", "@SUM(A1)", "\t=1", "a\r\nBcc: x@evil.example", "x@y", "x@evil.example\nBcc: y", "a" * 300 + "@mail.example", "x@" + "例" * 70 + ".jp", "//evil.example", "https:evil", "http://[", "////", "/\\evil.example"),
    *("090-1234-5678", "+81 90 1234 5678", "＋８１", "000-0000", "〒1000001", "0" * 100),
    LONG,
)  # fmt: skip
# Names that no form has, or only another one; the last ones make pages of lists.
NAMES: Final = (
    *("is_staff", "is_superuser", "status", "id", "pk", "user", "applicant", "customer", "actor", "\x00", "あ", "a" * 500, "", "[]", "__class__"),
    *("_save", "_addanother", "_continue", "_saveasnew", "_popup", "_to_field", "action", "_selected_action", "select_across", "index", "next"),
    *("form-TOTAL_FORMS", "form-INITIAL_FORMS", "form-0-id", "words", "page", "p", "q", "o", "all", "e", "_facets", "found", "undo", "edit", "save", "seen"),
)  # fmt: skip
QUERY_NAMES: Final = ("p", "page", "o", "q", "all", "e", "found", "next", "undo", "_popup", "_to_field", "_changelist_filters", "id__in", "pk", "status", "user__email__startswith", "a\x00", "view", "sort")  # fmt: skip
GARBAGE: Final = (b"", b"\x00", b"x", b"%PDF-1.7\n", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"PK\x03\x04", b"GIF89a", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", b"a,b\r\n=1,2\r\n", b"\xff\xfea\x00", b"\xef\xbb\xbf\"", b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>", "氏名,電話\n髙橋,１".encode("cp932"), b"a" * 200_000)  # fmt: skip
FILE_NAMES: Final = ("photo.jpg", "a.pdf", "", "../../x.png", "a\x00.png", "あ" * 300 + ".jpg", "x.svg", "x.exe", "\u202egnp.pdf", 'a"\r\nX: y.pdf', "=1.csv", "customers.csv", ".")  # fmt: skip
BODIES: Final = (
    ("application/json", b"{"),
    ("application/json", json.dumps({"a": ["\ud800", 1e308]}).encode()),
    ("multipart/form-data", b"--x\r\n"),
    ("multipart/form-data; boundary=x", b"--y\r\n\r\n--y--"),
    ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\n"),
    ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="a"; filename="\xff"\r\nContent-Transfer-Encoding: base64\r\n\r\n!\r\n--x--\r\n'),
    ("multipart/form-data; boundary=" + "x" * 300, b"x"),
    ("application/x-www-form-urlencoded", b"&&&==;=%%%zz%ff=%00"),
    ("application/x-www-form-urlencoded", b"&".join(b"a%d=1" % number for number in range(1200))),
    ("application/x-www-form-urlencoded", b"a=" + b"x" * 2_700_000),
    ("application/x-www-form-urlencoded; charset=utf-16", b"a=%00"),
    ("application/x-www-form-urlencoded; charset=no-such", b"a=1"),
    ("text/plain\x00", b"a=1"),
    ("", b"a=1"),
)  # fmt: skip
HEADERS: Final = (
    {"accept-language": "x" * 3000},
    {"accept-language": "en;q=9e999,\x00"},
    {"referer": "http://[::1/\x00"},
    {"host": "evil.example"},
    {"host": "testserver:99999999"},
    {"x-forwarded-for": "1, x, ::::, " + "9" * 400},
    {"x-forwarded-host": "evil.example"},
    {"cookie": "sessionid=\x01; messages=[[; django_language=../../x; known_device=a:b:c"},
    {"sec-gpc": "2"},
    {"range": "bytes=5-1,-"},
    {"if-modified-since": "Sun, 99 Foo 99999 99:99:99 GMT"},
    {"content-length": "-1"},
)
# A day, a time, a number and a code that have the form that is asked for.
USUAL: Final = {"date": "2026-11-22", "datetime-local": "2026-11-22T09:00", "time": "09:00", "number": "1", "email": "x@mail.example", "checkbox": "on", "code": "12345678"}  # fmt: skip


@dataclass
class Sent:
    """One request, as its bytes are made."""

    method: str
    query: list[tuple[str, str]] = field(default_factory=list)
    fields: list[tuple[str, str]] = field(default_factory=list)
    files: list[tuple[str, str, bytes]] = field(default_factory=list)
    raw: tuple[str, bytes] | None = None
    headers: dict[str, str] = field(default_factory=dict)
    multipart: bool = False

    def body(self) -> tuple[str, bytes]:
        """Content type and body."""
        if self.raw is not None:
            return self.raw
        if not (self.multipart or self.files):
            return "application/x-www-form-urlencoded", encoded(self.fields)
        parts = [_part(name, value.encode("utf-8", "surrogatepass")) for name, value in self.fields]
        parts += [_part(name, content, called) for name, called, content in self.files]
        return "multipart/form-data; boundary=bOuNdArY", b"".join(parts) + b"--bOuNdArY--\r\n"

    def __str__(self) -> str:
        shown = {name: value for name, value in vars(self).items() if value}
        return repr(shown)[:1500]


def _part(name: str, content: bytes, called: str | None = None) -> bytes:
    def quoted(text: str) -> bytes:
        return text.replace('"', "%22").replace("\r", "").replace("\n", "").encode("utf-8", "surrogatepass")

    head = b'--bOuNdArY\r\nContent-Disposition: form-data; name="' + quoted(name) + b'"'
    if called is not None:
        head += b'; filename="' + quoted(called) + b'"\r\nContent-Type: application/octet-stream'
    return head + b"\r\n\r\n" + content + b"\r\n"


def encoded(pairs: list[tuple[str, str]]) -> bytes:
    """As a form or a query string; what UTF-8 has no form for goes as the bytes that it would have."""

    def one(text: str) -> str:
        return quote_from_bytes(text.encode("utf-8", "surrogatepass"), safe="")

    return "&".join(f"{one(name)}={one(value)}" for name, value in pairs).encode()


# Honest files, made once.
_HONEST: Final = (hostile_files.png(), hostile_files.pdf())
# Where characters come from: ASCII and controls, Latin, Japanese, other planes, halves of pairs.
_RANGES: Final = ((0, 0x7F), (0x80, 0x24F), (0x3000, 0x30FF), (0x4E00, 0x9FFF), (0x1F300, 0x1F64F), (0xD800, 0xDFFF))


class Chance(Random):
    """Random choices that are the same for the same seed."""

    def text(self, most: int) -> str:
        """A few characters of any kind."""
        return "".join(chr(self.randint(*self.choice(_RANGES))) for _one in range(self.randint(0, most)))

    def value(self) -> str:
        """Mostly what has broken programs before."""
        how = self.randrange(6)
        if how < 2:
            return self.choice(TEXTS)
        if how == 2:
            return self.text(12)
        if how == 3:
            return str(self.randint(-(2 ** self.randrange(1, 70)), 2 ** self.randrange(1, 70)))
        if how == 4:
            return str(datetime.date.fromordinal(self.randint(1, datetime.date.max.toordinal())))
        return self.choice(TEXTS) + self.text(3)

    def file(self) -> tuple[str, bytes]:
        """A name and what is in it; rarely something that has to be opened, which takes a process of its own."""
        how = self.randrange(14)
        content = self.choice(_HONEST) if how == 0 else self.randbytes(self.randrange(40)) if how == 1 else None
        return self.choice(FILE_NAMES), self.choice(GARBAGE) if content is None else content

    def query(self, known: Sequence[str]) -> list[tuple[str, str]]:
        """A few parameters, mostly such as the page knows."""
        names = (*known, *known, *QUERY_NAMES)
        return [(self.choice(names), self.value()) for _one in range(self.randint(1, 3))]


def _honest(chance: Chance, control: Control) -> str | None:
    """What somebody who means well would send; None: nothing."""
    if control.kind in ("checkbox", "radio"):
        return control.value if control.chosen or chance.randrange(3) == 0 else None
    if control.kind == "select":
        return chance.choice(control.options) if control.options else None
    if control.kind == "hidden":
        return control.value
    return control.value or USUAL.get(control.name) or USUAL.get(control.kind, "例の言葉")


def post(chance: Chance, form: Form) -> Sent:
    """A form filled in with some answers that are not what was asked for."""
    sent = Sent("POST", multipart=form.has_files)
    # Of the buttons one is pressed.
    buttons = [control for control in form.controls if control.kind in ("submit", "image")]
    pressed = chance.choice([None, *buttons])
    filled = [control for control in form.controls if control not in buttons]
    wrong = {chance.randrange(len(filled)) for _one in range(chance.randrange(5))} if filled else set()
    every = chance.randrange(10) == 0
    for position, control in enumerate(filled):
        if control.kind == "file":
            if chance.randrange(3):
                sent.files.append((control.name, *chance.file()))
            continue
        answer = chance.value() if every or position in wrong else _honest(chance, control)
        if answer is not None:
            sent.fields.append((control.name, answer))
    if pressed is not None:
        sent.fields.append((pressed.name, pressed.value))
    _bend(chance, sent)
    return sent


def _packed_picture() -> bytes:
    """A few hundred bytes that say they are 60,000 pixels wide and high."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(99))) + chunk(b"IEND", b"")
    )


def _packed_archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("customers.csv", bytes(50_000_000))
    return out.getvalue()


# Small files that become large when they are opened, and a table that is one endless cell.
BOMBS: Final = {
    "huge.png": _packed_picture(),
    "huge.pdf": hostile_files.pdf(1, hostile_files.with_picture(zlib.compress(bytes(50_000_000), 1), Name.FlateDecode)),
    "archive.pdf": _packed_archive(),
    "archive.csv": _packed_archive(),
    "packed.csv": gzip.compress(bytes(50_000_000), 1),
    "cell.csv": b'"' + b"a" * 2_000_000,
    "lines.csv": b"=1,2\n" * 200_000,
}


def armed(chance: Chance, form: Form, called: str) -> Sent:
    """A form as somebody who means well fills it in, with one of :data:`BOMBS` for every file."""
    sent = Sent("POST", multipart=True)
    for control in form.controls:
        if control.kind == "file":
            sent.files.append((control.name, called, BOMBS[called]))
        elif control.kind not in ("submit", "image") and (answer := _honest(chance, control)) is not None:
            sent.fields.append((control.name, answer))
    return sent


def _bend(chance: Chance, sent: Sent) -> None:
    """What a program sends rather than a browser."""
    how = chance.randrange(20)
    names = [name for name, _value in sent.fields]
    if how == 0 and names:
        gone = chance.choice(names)
        sent.fields = [pair for pair in sent.fields if pair[0] != gone]
    elif how == 1 and names:
        sent.fields += [(chance.choice(names), chance.value()) for _twice in range(2)]
    elif how in (2, 3):
        sent.fields += [(chance.choice(NAMES), chance.value()) for _extra in range(3)]
    elif how == 4 and names:
        sent.files.append((chance.choice(names), *chance.file()))
    elif how == 5:
        sent.files, sent.fields = [], [*sent.fields, *((name, "text") for name, *_rest in sent.files)]
    elif how == 6:
        sent.raw = chance.choice(BODIES)
    elif how == 7:
        sent.headers = chance.choice(HEADERS)
    elif how == 8:
        sent.fields = []
    elif how == 9:
        sent.query = chance.query(())


def get(chance: Chance, known: Sequence[str]) -> Sent:
    """A page opened with a query string of names that it knows, and of others."""
    sent = Sent("GET", query=chance.query(known))
    if chance.randrange(10) == 0:
        sent.headers = chance.choice(HEADERS)
    return sent


def anything(chance: Chance) -> Sent:
    """Sent to a page that has no form."""
    if chance.randrange(2):
        return get(chance, ())
    sent = Sent("POST", fields=[(chance.choice(NAMES), chance.value()) for _one in range(chance.randrange(4))])
    _bend(chance, sent)
    return sent
