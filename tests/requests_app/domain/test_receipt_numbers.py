"""Receipt numbers: forgiving to read, unforgiving to slips."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from requests_app.domain import receipt_numbers
from requests_app.domain.receipt_numbers import ALPHABET, InvalidReceiptNumber, generate, parse

bodies = st.text(alphabet=ALPHABET, min_size=11, max_size=11)


def number(body: str) -> str:
    return body + receipt_numbers.check_character(body)


def test_the_alphabet_is_prime_in_size_and_leaves_out_what_looks_alike() -> None:
    assert len(ALPHABET) == len(set(ALPHABET)) == 31
    assert not set("ILOUZ") & set(ALPHABET)


@given(bodies)
def test_every_number_reads_back(body: str) -> None:
    assert parse(number(body)).replace("-", "") == number(body)


@given(bodies, st.integers(0, 11), st.sampled_from(ALPHABET))
def test_every_single_wrong_character_is_noticed(body: str, position: int, wrong: str) -> None:
    right = number(body)
    assume(right[position] != wrong)
    with pytest.raises(InvalidReceiptNumber):
        parse(right[:position] + wrong + right[position + 1 :])


@given(bodies, st.integers(0, 11), st.integers(0, 11))
def test_every_exchange_of_two_characters_is_noticed(body: str, one: int, other: int) -> None:
    right = list(number(body))
    assume(right[one] != right[other])
    right[one], right[other] = right[other], right[one]
    with pytest.raises(InvalidReceiptNumber):
        parse("".join(right))


def test_generated_numbers_are_grouped_valid_and_different() -> None:
    numbers = {generate() for _time in range(2000)}
    assert len(numbers) == 2000
    for one in numbers:
        assert parse(one) == one
        assert [len(group) for group in one.split("-")] == [4, 4, 4]


def test_consecutive_numbers_have_nothing_in_common() -> None:
    """Every position takes every character: nothing is a date or a counter."""
    numbers = [generate() for _time in range(3000)]
    for position in [index for index in range(14) if index not in (4, 9)]:
        assert {one[position] for one in numbers} == set(ALPHABET)


@pytest.mark.parametrize(
    "typed",
    [
        "{0}",
        " {0} ",
        "{lower}",
        "{wide}",
        "{bare}",
        "{bare_wide}",
        "{spaced}",
        "{dashed}",
        "{long_vowel}",
        "{letters}",
    ],
)
def test_is_read_as_people_type_it(typed: str) -> None:
    right = "0123-4567-89A" + receipt_numbers.check_character("0123456789A")
    wide = str.maketrans({code: chr(ord(code) + 0xFEE0) for code in ALPHABET + ALPHABET.lower() + "-"})
    forms = {
        "lower": right.lower(),
        "wide": right.translate(wide),
        "bare": right.replace("-", ""),
        "bare_wide": right.replace("-", "").lower().translate(wide),
        "spaced": right.replace("-", "　"),
        "dashed": right.replace("-", "―"),
        "long_vowel": right.replace("-", "ー"),
        "letters": right.replace("0", "o").replace("1", "l").replace("2", "z"),
    }
    assert parse(typed.format(right, **forms)) == right


@pytest.mark.parametrize("text", ["", "A", "AAAA-AAAA-AAAAA", "あいうえ-おかきく-けこさし", "%00" * 4, "A" * 10_000])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(InvalidReceiptNumber):
        parse(text)


@given(st.text(max_size=40))
def test_any_text_is_either_a_number_or_refused(text: str) -> None:
    try:
        number = parse(text)
    except InvalidReceiptNumber:
        return
    assert parse(number) == number
