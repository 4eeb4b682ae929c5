"""Pictures are written anew."""

import io
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from privacy_portal.core.cleaning import child
from privacy_portal.core.cleaning.images import clean_image
from privacy_portal.core.cleaning.kinds import JPEG, PNG, WEBP, Limits, Refused
from tests.support.hostile_files import BLUE, RED, SECRET, jpeg, picture, png, webp

MAKERS = {JPEG: jpeg, PNG: png, WEBP: webp}


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def refusal(content: bytes, kind: str, **limits: int) -> str:
    with pytest.raises(Refused) as refused:
        clean_image(content, kind, Limits(**limits))
    return refused.value.code


def is_near(pixel: object, colour: tuple[int, int, int]) -> bool:
    return isinstance(pixel, tuple) and all(abs(a - b) < 30 for a, b in zip(pixel, colour, strict=False))


@pytest.mark.parametrize("kind", MAKERS)
def test_nothing_but_the_picture_remains(kind: str) -> None:
    source = MAKERS[kind]() + b"<script>" + SECRET.encode()
    cleaned, target = clean_image(source, kind, Limits())
    assert SECRET.encode() in source
    assert target == (PNG if kind == PNG else JPEG)
    for trace in (SECRET.encode(), b"<script>", b"Exif", b"xmp", b"ICC"):
        assert trace not in cleaned
    image = opened(cleaned)
    assert not image.getexif()
    assert not {"comment", "exif", "icc_profile", "Author", "xmp"} & set(image.info)
    assert image.size == (40, 20)
    assert is_near(image.convert("RGB").getpixel((5, 10)), RED)
    assert is_near(image.convert("RGB").getpixel((35, 10)), BLUE)


def test_a_profile_of_colours_is_gone() -> None:
    buffer = io.BytesIO()
    picture().save(buffer, "PNG", icc_profile=SECRET.encode())
    cleaned, _kind = clean_image(buffer.getvalue(), PNG, Limits())
    assert b"iCCP" in buffer.getvalue()
    assert b"iCCP" not in cleaned


# Where the red half is after the picture was turned as its tag says.
@pytest.mark.parametrize(
    ("orientation", "red", "size"),
    [
        (1, (5, 10), (40, 20)),
        (2, (35, 10), (40, 20)),
        (3, (35, 10), (40, 20)),
        (4, (5, 10), (40, 20)),
        (5, (10, 5), (20, 40)),
        (6, (10, 5), (20, 40)),
        (7, (10, 35), (20, 40)),
        (8, (10, 35), (20, 40)),
        (9, (5, 10), (40, 20)),
    ],
)
def test_the_picture_stands_upright(orientation: int, red: tuple[int, int], size: tuple[int, int]) -> None:
    image = opened(clean_image(jpeg(orientation=orientation), JPEG, Limits())[0])
    assert image.size == size
    assert is_near(image.getpixel(red), RED)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_way_to_store_colours_is_read(mode: str) -> None:
    buffer = io.BytesIO()
    Image.new(mode, (8, 8)).save(buffer, "PNG")
    cleaned, kind = clean_image(buffer.getvalue(), PNG, Limits())
    assert kind == PNG
    assert opened(cleaned).size == (8, 8)


def test_sixteen_bits_keep_their_brightness() -> None:
    grey = Image.new("I;16", (1, 1))
    grey.putpixel((0, 0), 0x8000)
    buffer = io.BytesIO()
    grey.save(buffer, "PNG")
    assert opened(clean_image(buffer.getvalue(), PNG, Limits())[0]).getpixel((0, 0)) == 128


def test_print_colours() -> None:
    buffer = io.BytesIO()
    picture().convert("CMYK").save(buffer, "JPEG")
    image = opened(clean_image(buffer.getvalue(), JPEG, Limits())[0])
    assert image.mode == "RGB"
    assert is_near(image.getpixel((5, 10)), RED)


def test_what_is_transparent_stays_so() -> None:
    buffer = io.BytesIO()
    Image.new("RGBA", (4, 4), (1, 2, 3, 0)).save(buffer, "WEBP", lossless=True)
    cleaned, kind = clean_image(buffer.getvalue(), WEBP, Limits())
    assert kind == PNG
    assert opened(cleaned).getpixel((0, 0))[3] == 0  # type: ignore[index]


@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize("share", [0.02, 0.5, 0.95])
def test_a_part_of_a_picture(kind: str, share: float) -> None:
    whole = MAKERS[kind](size=(400, 300))
    assert refusal(whole[: int(len(whole) * share)], kind) == "broken"


@pytest.mark.parametrize("kind", MAKERS)
def test_a_picture_of_another_format(kind: str) -> None:
    for other, make in MAKERS.items():
        if other != kind:
            assert refusal(make(), kind) == "broken"


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def bomb(width: int, height: int) -> bytes:
    """A few hundred bytes that say they are huge."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    packed = zlib.compress(bytes(100_000), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(60_000, 60_000), (2**31 - 1, 2**31 - 1), (40_000, 1), (1, 40_000), (7100, 7100)])
def test_a_picture_that_says_it_is_huge(size: tuple[int, int]) -> None:
    assert refusal(bomb(*size), PNG) == "pixels"


def test_a_header_that_promises_more_than_there_is() -> None:
    assert refusal(bomb(5000, 5000), PNG) == "broken"


def test_text_that_unpacks_to_gigabytes() -> None:
    text = chunk(b"zTXt", b"x\0\0" + zlib.compress(bytes(80_000_000), 9))
    source = png()
    assert refusal(source[:33] + text + source[33:], PNG) == "broken"


@pytest.mark.parametrize(("kind", "name"), [(PNG, "PNG"), (WEBP, "WEBP")])
def test_pictures_that_move(kind: str, name: str) -> None:
    buffer = io.BytesIO()
    picture().save(buffer, name, save_all=True, append_images=[Image.new("RGB", (40, 20))])
    assert refusal(buffer.getvalue(), kind) == "moving"


def test_the_limit_itself_is_taken() -> None:
    assert clean_image(png((40, 20)), PNG, Limits(pixels=800))
    assert refusal(png((40, 20)), PNG, pixels=799) == "pixels"


@settings(max_examples=150, deadline=None)
@given(
    kind=st.sampled_from(sorted(MAKERS)), places=st.lists(st.tuples(st.integers(0), st.integers(0, 255)), max_size=8)
)
def test_damage_is_refused_or_cleaned(kind: str, places: list[tuple[int, int]]) -> None:
    damaged = bytearray(MAKERS[kind]())
    for place, value in places:
        damaged[place % len(damaged)] = value
    line, cleaned = child.answer(bytes(damaged), kind, Limits(pixels=1_000_000))
    if "refused" in line:
        assert line["refused"] in {"broken", "pixels", "moving"}
    else:
        opened(cleaned).load()
        assert line["kind"] in (JPEG, PNG)
        assert SECRET.encode() not in cleaned
