"""PDFs are built anew from what their pages draw."""

import io
import zlib
from collections.abc import Callable

import pikepdf
import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pikepdf import Array, Dictionary, Name, Pdf, Stream, String

from privacy_portal.core.cleaning import child
from privacy_portal.core.cleaning.kinds import PDF, Limits, Refused
from privacy_portal.core.cleaning.pdf import clean_pdf
from tests.support.hostile_files import SECRET, action, annotation, jpeg, pdf, script, with_picture

Change = Callable[[Pdf], None]


def text(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)


def refusal(content: bytes, **limits: int) -> str:
    with pytest.raises(Refused) as refused:
        clean_pdf(content, Limits(**limits))
    return refused.value.code


def opens_with_a_script(document: Pdf) -> None:
    document.Root.OpenAction = script()


def names_a_script(document: Pdf) -> None:
    names = Array([String("x"), script()])
    document.Root.Names = Dictionary(JavaScript=Dictionary(Names=names))


def acts_when_a_page_opens(document: Pdf) -> None:
    document.pages[0].obj.AA = Dictionary(O=action("Launch", F=String(f"/bin/{SECRET}")))


def acts_when_the_document_closes(document: Pdf) -> None:
    document.Root.AA = Dictionary(WC=script())


def carries_a_file(document: Pdf) -> None:
    document.attachments["evil.exe"] = b"MZ" + SECRET.encode()


def has_an_associated_file(document: Pdf) -> None:
    content = Stream(document, SECRET.encode(), Type=Name.EmbeddedFile)
    document.pages[0].obj.AF = Array([Dictionary(Type=Name.Filespec, EF=Dictionary(F=content))])


def has_notes_with_files(document: Pdf) -> None:
    content = Stream(document, SECRET.encode(), Type=Name.EmbeddedFile)
    note = annotation("FileAttachment", FS=Dictionary(Type=Name.Filespec, EF=Dictionary(F=content)))
    document.pages[0].obj.Annots = Array([document.make_indirect(note)])


def has_links(document: Pdf) -> None:
    links = [
        annotation("Link", A=action("URI", URI=String(f"https://{SECRET}.example"))),
        annotation("Link", A=action("GoToR", F=String(SECRET))),
        annotation("Screen", A=action("Rendition", JS=String(SECRET))),
        annotation("Link", PA=action("SubmitForm", F=String(SECRET))),
    ]
    document.pages[0].obj.Annots = Array([document.make_indirect(one) for one in links])


def tells_its_author(document: Pdf) -> None:
    document.docinfo["/Author"] = String(SECRET)
    with document.open_metadata() as metadata:
        metadata["dc:creator"] = [SECRET]


def tells_in_its_pages(document: Pdf) -> None:
    page = document.pages[0].obj
    page.PieceInfo = Dictionary(App=Dictionary(Private=String(SECRET)))
    page.Metadata = Stream(document, SECRET.encode())
    page.Thumb = Stream(document, SECRET.encode())
    page.Resources.Font.A.Metadata = Stream(document, SECRET.encode())


def has_an_outline(document: Pdf) -> None:
    item = document.make_indirect(Dictionary(Title=String(SECRET), A=script()))
    document.Root.Outlines = document.make_indirect(Dictionary(First=item, Last=item, Count=1))


def has_layers(document: Pdf) -> None:
    layer = document.make_indirect(
        Dictionary(Type=Name.OCG, Name=String("x"), Usage=Dictionary(Creator=String(SECRET)))
    )
    document.Root.OCProperties = Dictionary(OCGs=Array([layer]), D=Dictionary(OFF=Array([layer])))
    document.pages[0].obj.Resources.Properties = Dictionary(MC0=layer)


def forgets_an_old_page(document: Pdf) -> None:
    """What was deleted in an editor still lies in many files."""
    document.Root.Old = Stream(document, SECRET.encode())


NASTY = [
    opens_with_a_script,
    names_a_script,
    acts_when_a_page_opens,
    acts_when_the_document_closes,
    carries_a_file,
    has_an_associated_file,
    has_notes_with_files,
    has_links,
    tells_its_author,
    tells_in_its_pages,
    has_an_outline,
    has_layers,
    forgets_an_old_page,
]
TRACES = (
    *("JavaScript", "/JS", "/Launch", "/URI", "/GoToR", "/SubmitForm", "/Rendition", "/OpenAction", "/AA"),
    *("/EmbeddedFile", "/EF", "/Filespec", "/Annots", "/Outlines", "/Metadata", "/Author", "/Info", "/PieceInfo"),
)


@pytest.mark.parametrize("change", NASTY, ids=lambda change: change.__name__)
def test_what_acts_or_tells_is_gone_and_what_is_written_stays(change: Change) -> None:
    source = pdf(2, change, compress_streams=False, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    assert SECRET.encode() in source
    cleaned, pages = clean_pdf(source + b"\n" + SECRET.encode(), Limits())
    assert pages == 2
    for trace in (SECRET, *TRACES):
        assert trace.encode() not in cleaned, trace
    assert text(cleaned).split() == ["Page", "1", "Page", "2"]
    with pikepdf.open(io.BytesIO(cleaned)) as again:
        assert set(again.Root.keys()) == {"/Type", "/Pages"}
        assert "/Info" not in again.trailer
        assert not again.check_pdf_syntax()


def test_a_cleaned_file_stays_as_it_is() -> None:
    once, _pages = clean_pdf(pdf(3), Limits())
    assert clean_pdf(once, Limits()) == (once, 3)


def test_what_pages_inherit_is_kept() -> None:
    def change(document: Pdf) -> None:
        page = document.pages[0].obj
        for key in ("/MediaBox", "/Resources"):
            document.Root.Pages[key] = page[key]
            del page[key]
        document.Root.Pages.Rotate = 90

    cleaned, _pages = clean_pdf(pdf(1, change), Limits())
    page = pypdf.PdfReader(io.BytesIO(cleaned)).pages[0]
    assert (page.mediabox.width, page.rotation) == (200, 90)
    assert "Page 1" in text(cleaned)


def drawn(document: Pdf, words: str) -> Stream:
    look = Stream(document, f"BT /A 9 Tf 2 4 Td ({words}) Tj ET".encode(), Type=Name.XObject, Subtype=Name.Form)
    look.BBox = Array([0, 0, 50, 20])
    look.Resources = Dictionary(Font=Dictionary(A=document.pages[0].obj.Resources.Font.A))
    return look


def form(*, look: bool, value: str = "typed", **extras: object) -> Change:
    def change(document: Pdf) -> None:
        shown = {"AP": Dictionary(N=drawn(document, "typed"))} if look else {}
        field = document.make_indirect(
            annotation("Widget", FT=Name.Tx, T=String("name"), V=String(value), AA=Dictionary(K=script()), **shown)
        )
        document.pages[0].obj.Annots = Array([field])
        document.Root.AcroForm = Dictionary(Fields=Array([field]), **extras)

    return change


def test_what_was_typed_into_a_form_is_drawn_into_the_page() -> None:
    cleaned, _pages = clean_pdf(pdf(1, form(look=True)), Limits())
    assert "typed" in text(cleaned)
    assert b"/AcroForm" not in cleaned
    assert b"/Widget" not in cleaned


def test_a_form_that_would_lose_what_was_typed() -> None:
    assert refusal(pdf(1, form(look=False))) == "form"
    assert refusal(pdf(1, form(look=True, XFA=String("<xdp/>")))) == "form"
    assert clean_pdf(pdf(1, form(look=False, value="")), Limits())


def test_a_field_that_has_its_value_from_above() -> None:
    def change(document: Pdf) -> None:
        form(look=False)(document)
        field = document.pages[0].obj.Annots[0]
        parent = document.make_indirect(Dictionary(V=String("typed"), Kids=Array([field])))
        del field.V
        field.Parent = parent

    assert refusal(pdf(1, change)) == "form"


@pytest.mark.parametrize("passwords", [("user", "owner"), ("", "owner")])
def test_a_protected_document(passwords: tuple[str, str]) -> None:
    protection = pikepdf.Encryption(user=passwords[0], owner=passwords[1])
    assert refusal(pdf(1, encryption=protection)) == "encrypted"


def test_pictures_lose_what_they_tell() -> None:
    for content in (jpeg(), jpeg(progressive=True)):
        cleaned, _pages = clean_pdf(pdf(1, with_picture(content + SECRET.encode())), Limits())
        assert SECRET.encode() not in cleaned
        assert b"Exif" not in cleaned
        image = pypdf.PdfReader(io.BytesIO(cleaned)).pages[0].images[0].image
        assert image is not None
        image.load()
        assert image.size == (40, 20)


def test_a_picture_packed_twice() -> None:
    filters = Array([Name.FlateDecode, Name.DCTDecode])
    cleaned, _pages = clean_pdf(pdf(1, with_picture(zlib.compress(jpeg()), filters)), Limits())
    assert SECRET.encode() not in cleaned
    image = pypdf.PdfReader(io.BytesIO(cleaned)).pages[0].images[0].image
    assert image is not None
    assert image.size == (40, 20)
    strange = Array([Name.ASCIIHexDecode, Name.DCTDecode])
    assert refusal(pdf(1, with_picture(jpeg().hex().encode() + b">", strange))) == "unsafe"


def test_jpeg_2000() -> None:
    mark = b"\0\0\0\x0cjP  \r\n\x87\n"
    box = (8 + len(SECRET)).to_bytes(4, "big") + b"xml " + SECRET.encode()
    cleaned, _pages = clean_pdf(pdf(1, with_picture(mark + box + b"\0\0\0\x0bjp2cabc", Name.JPXDecode)), Limits())
    assert SECRET.encode() not in cleaned
    assert b"jp2cabc" in cleaned


def test_a_picture_inside_that_is_huge() -> None:
    assert refusal(pdf(1, with_picture(jpeg(), Width=60_000, Height=60_000))) == "pixels"


def test_a_picture_inside_that_is_none() -> None:
    assert refusal(pdf(1, with_picture(b"<script>"))) == "broken"


def test_a_few_bytes_that_unpack_to_gigabytes() -> None:
    once = zlib.compress(bytes(500_000_000), 1)
    assert refusal(pdf(1, with_picture(once, Name.FlateDecode))) == "unsafe"


def lies_in_another_file(document: Pdf) -> None:
    document.pages[0].obj.Contents.F = String("/etc/passwd")


def runs_postscript(document: Pdf) -> None:
    document.pages[0].obj.Resources.XObject = Dictionary(X=Stream(document, b"x", Type=Name.XObject, Subtype=Name.PS))


def hides_a_script_where_names_are_free(document: Pdf) -> None:
    document.pages[0].obj.Resources.Properties = Dictionary(A=script())


@pytest.mark.parametrize("change", [lies_in_another_file, runs_postscript, hides_a_script_where_names_are_free])
def test_what_cannot_be_cleaned(change: Change) -> None:
    assert refusal(pdf(1, change)) == "unsafe"


def test_pages() -> None:
    assert clean_pdf(pdf(3), Limits(pages=3))[1] == 3
    assert refusal(pdf(4), pages=3) == "pages"
    assert refusal(pdf(0)) == "broken"


@pytest.mark.parametrize("share", [0.1, 0.5, 0.97])
def test_a_part_of_a_document(share: float) -> None:
    whole = pdf(5)
    assert refusal(whole[: int(len(whole) * share)]) == "broken"


@pytest.mark.parametrize("content", [b"%PDF-", b"%PDF-1.7\n%%EOF\n", b"%PDF-1.7 <html><script>alert(1)</script>"])
def test_what_only_begins_like_a_document(content: bytes) -> None:
    assert refusal(content) == "broken"


def test_pages_that_contain_themselves() -> None:
    def change(document: Pdf) -> None:
        document.Root.Pages.Kids = Array([document.Root.Pages])

    assert refusal(pdf(1, change)) == "broken"


def test_resources_that_contain_themselves() -> None:
    def change(document: Pdf) -> None:
        look = document.make_indirect(drawn(document, "again"))
        look.Resources.XObject = Dictionary(Self=look)
        document.pages[0].obj.Resources.XObject = Dictionary(Self=look)

    assert clean_pdf(pdf(1, change), Limits())[1] == 1


@settings(max_examples=150, deadline=None)
@given(places=st.lists(st.tuples(st.integers(0), st.integers(0, 255)), min_size=1, max_size=12))
def test_damage_is_refused_or_cleaned(places: list[tuple[int, int]]) -> None:
    damaged = bytearray(DAMAGED)
    for place, value in places:
        damaged[place % len(damaged)] = value
    line, cleaned = child.answer(bytes(damaged), PDF, Limits())
    if "refused" in line:
        assert line["refused"] in {"broken", "encrypted", "pages", "pixels", "form", "unsafe"}
    else:
        assert b"/JavaScript" not in cleaned
        pikepdf.open(io.BytesIO(cleaned)).close()


DAMAGED = pdf(2, opens_with_a_script, object_stream_mode=pikepdf.ObjectStreamMode.disable)
