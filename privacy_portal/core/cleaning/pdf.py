"""A PDF is built anew from what its pages draw; what acts, hides or tells about its author is not carried over."""

import io
import zlib
from collections.abc import Iterator
from typing import Any, Final

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, ObjectStreamMode, Page, Pdf, Stream, StreamDecodeLevel

from .embedded import jpeg2000_without_extras, jpeg_without_extras
from .kinds import Limits, Refused

# All that a page needs to be drawn (ISO 32000-2, table 31).
OF_PAGE: Final = ("/MediaBox", "/CropBox", "/Rotate", "/UserUnit", "/Resources", "/Contents", "/Group")
# What is drawn needs none of these: actions, files, what describes, what points elsewhere.
UNWANTED: Final = (
    *("/A", "/AA", "/OpenAction", "/JS", "/JavaScript", "/Next", "/Launch", "/URI"),
    *("/AF", "/EF", "/EmbeddedFiles", "/RF", "/FS", "/Ref", "/OPI", "/Alternates"),
    *("/Metadata", "/PieceInfo", "/LastModified", "/Info", "/Measure", "/PtData", "/OC", "/Usage"),
    *("/StructParent", "/StructParents", "/Parent", "/P", "/Annots", "/AcroForm", "/Names"),
)
# In these dictionaries the keys are names that the author chose.
OF_NAMES: Final = {
    *("/Font", "/XObject", "/ExtGState", "/ColorSpace", "/Pattern", "/Shading", "/Properties"),
    *("/CharProcs", "/Colorants"),
}
ACTIONS: Final = {
    *("/JavaScript", "/Launch", "/GoToR", "/GoToE", "/URI", "/SubmitForm", "/ImportData", "/ResetForm", "/Rendition"),
    *("/Movie", "/Sound", "/RichMediaExecute", "/Thread", "/Named", "/Hide", "/SetOCGState", "/Trans"),
}
CLEANERS: Final = {"/DCTDecode": jpeg_without_extras, "/JPXDecode": jpeg2000_without_extras}
SHORT_NAMES: Final = {"/Fl": "/FlateDecode", "/DCT": "/DCTDecode"}
OBJECTS: Final = 500_000
ANCESTORS: Final = 50
UNPACKED: Final = 400 * 1024 * 1024


def clean_pdf(content: bytes, limits: Limits) -> tuple[bytes, int]:
    """The pages of the PDF in a new one, and how many there are.

    Scripts, actions, embedded files, links, forms, layers, structure, metadata and the history of the file are gone;
    what a form or a note shows is drawn into its page first. Pictures inside lose their Exif data.

    Raises:
        Refused: ``encrypted``, ``broken``, ``pages``, ``pixels``, ``unsafe`` or ``form`` (what was typed is lost).
    """
    try:
        source = pikepdf.open(io.BytesIO(content), attempt_recovery=False, suppress_warnings=True)
    except pikepdf.PasswordError as error:
        raise Refused("encrypted") from error
    except (pikepdf.PdfError, RuntimeError) as error:
        raise Refused("broken") from error
    with source, pikepdf.new() as target:
        if source.is_encrypted:
            raise Refused("encrypted")
        try:
            _copy(source, target, limits)
            cleaned = _saved(target)
        except (pikepdf.PdfError, RuntimeError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise Refused("broken") from error
        return cleaned, len(target.pages)


def _copy(source: Pdf, target: Pdf, limits: Limits) -> None:
    if not source.pages:
        raise Refused("broken")
    if len(source.pages) > limits.pages:
        raise Refused("pages")
    _require_drawn_forms(source)
    source.flatten_annotations("all")
    for page in source.pages:
        entries = {key: value for key in OF_PAGE if (value := _inherited(page.obj, key)) is not None}
        # A new page in the old document: only what it names is copied.
        bare = source.make_indirect(Dictionary(Type=Name.Page, **{key[1:]: value for key, value in entries.items()}))
        target.pages.append(Page(bare))
    unpacked = 0
    for thing, named in _within(target):
        if isinstance(thing, Stream):
            unpacked += _clean_stream(thing, limits, UNPACKED - unpacked)
        elif isinstance(thing, Dictionary) and not named:
            _remove_unwanted(thing)
    for thing, _named in _within(target):
        if isinstance(thing, Dictionary) and str(thing.get("/S", "")) in ACTIONS:
            raise Refused("unsafe")


def _inherited(page: Object, key: str) -> Any:
    for _ in range(ANCESTORS):
        if key in page:
            return page[key]
        if "/Parent" not in page:
            return None
        page = page["/Parent"]
    raise Refused("broken")


def _require_drawn_forms(source: Pdf) -> None:
    """Refuse a form that only a program with scripts can draw: what the person typed would vanish."""
    form = source.Root.get("/AcroForm")
    if isinstance(form, Dictionary) and "/XFA" in form:
        raise Refused("form")
    for page in source.pages:
        annotations = page.obj.get("/Annots")
        for annotation in annotations if isinstance(annotations, Array) else ():
            is_field = isinstance(annotation, Dictionary) and annotation.get("/Subtype") == Name.Widget
            if is_field and "/AP" not in annotation and str(_inherited(annotation, "/V") or "") not in ("", "/Off"):
                raise Refused("form")


def _within(target: Pdf) -> Iterator[tuple[Object, bool]]:
    """Everything that the pages reach, each once, with whether the keys of a dictionary are freely chosen names.

    Raises:
        Refused: ``unsafe``, more than anybody's document has.
    """
    seen: set[tuple[int, int]] = set()
    waiting: list[tuple[Object, bool]] = [(page.obj, False) for page in target.pages]
    count = 0
    while waiting:
        thing, named = waiting.pop()
        if thing.is_indirect:
            if thing.objgen in seen:
                continue
            seen.add(thing.objgen)
        count += 1
        if count > OBJECTS:
            raise Refused("unsafe")
        yield thing, named
        if isinstance(thing, Array):
            waiting.extend((part, False) for part in _parts(thing))
        elif isinstance(thing, Dictionary | Stream):
            for key in list(thing.keys()):
                # The way up leads back to all pages; they are in the list already.
                if key == "/Parent" and thing.get("/Type") == Name.Page:
                    continue
                part = thing[key]
                if isinstance(part, Array | Dictionary | Stream):
                    waiting.append((part, not named and key in OF_NAMES))


def _parts(array: Array) -> list[Object]:
    return [part for part in array if isinstance(part, Array | Dictionary | Stream)]


def _remove_unwanted(thing: Dictionary | Stream) -> None:
    is_page = thing.get("/Type") == Name.Page
    for key in UNWANTED:
        if key in thing and not (is_page and key == "/Parent"):
            del thing[key]


def _clean_stream(stream: Stream, limits: Limits, room: int) -> int:
    """Take from a stream what does not belong, and say how large it is unpacked, in bytes."""
    # Content that lies in another file.
    if "/F" in stream or "/FFilter" in stream:
        raise Refused("unsafe")
    subtype = stream.get("/Subtype")
    if stream.get("/Type") == Name.EmbeddedFile or subtype == Name.PS:
        raise Refused("unsafe")
    _remove_unwanted(stream)
    if subtype == Name.Image and int(stream.get("/Width", 0)) * int(stream.get("/Height", 0)) > limits.pixels:
        raise Refused("pixels")
    return _clean_data(stream, room)


def _clean_data(stream: Stream, room: int) -> int:
    filters, parameters = _filters(stream), _parameters(stream)
    raw = stream.read_raw_bytes()
    packed = filters[:1] == ["/FlateDecode"]
    size = len(raw)
    if packed:
        unpacked = _inflated(raw, room)
        size = len(unpacked)
    if not filters or filters[-1] not in CLEANERS:
        return size
    if packed and parameters[0] is None:
        raw, filters, parameters = unpacked, filters[1:], parameters[1:]
    if len(filters) > 1:
        # A picture packed in a way that nobody's scanner uses.
        raise Refused("unsafe")
    stream.write(CLEANERS[filters[0]](raw), filter=Name(filters[0]), decode_parms=parameters[0])
    return size


def _filters(stream: Stream) -> list[str]:
    filters = stream.get("/Filter")
    if filters is None:
        return []
    names = [str(filters)] if isinstance(filters, Name) else [str(one) for one in filters]
    return [SHORT_NAMES.get(name, name) for name in names]


def _parameters(stream: Stream) -> list[Dictionary | None]:
    """What each filter is told, as many as there are filters."""
    given = stream.get("/DecodeParms")
    listed = list(given) if isinstance(given, Array) else [given]
    count = len(_filters(stream))
    return [*(one if isinstance(one, Dictionary) else None for one in listed), *[None] * count][:count]


def _inflated(raw: bytes, room: int) -> bytes:
    """Unpacked, up to what there is room for: a few kilobytes may stand for gigabytes.

    Raises:
        Refused: ``unsafe``, no room left. A stream with damage is left to the program that draws it.
    """
    unpacker = zlib.decompressobj()
    try:
        unpacked = unpacker.decompress(raw, room + 1)
    except zlib.error:
        return b""
    if len(unpacked) > room:
        raise Refused("unsafe")
    return unpacked


def _saved(target: Pdf) -> bytes:
    buffer = io.BytesIO()
    target.save(
        buffer,
        min_version="1.7",
        fix_metadata_version=False,
        compress_streams=False,
        stream_decode_level=StreamDecodeLevel.none,
        object_stream_mode=ObjectStreamMode.disable,
        # No time and no name of a file in it.
        deterministic_id=True,
    )
    return buffer.getvalue()
