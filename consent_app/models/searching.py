"""The column by which persons are found, and the question to it. For every table of persons the same."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Func, Q, Value
from django.utils.translation import gettext_lazy as _

from ..domain import searching

PIECES = ArrayField(models.TextField())


def search_pieces(*, company: str | None = None) -> models.GeneratedField:
    """The column for a model that has names, kana, a mail address and a telephone number under their usual names.

    The database makes it, so that neither an import nor a statement by hand can leave it behind, and it is empty as
    soon as the person is erased.
    """
    parts = ["family_name", "given_name", "family_kana", "given_kana", company or Value(""), "email", "telephone"]
    return models.GeneratedField(
        expression=Func(*parts, function="portal_search_pieces", output_field=PIECES),
        output_field=PIECES,
        db_persist=True,
        verbose_name=_("検索用"),
    )


def found_by(term: str) -> Q | None:
    """Rows that have every word of ``term`` in a name, a mail address or a telephone number; None: no word at all.

    A name is found in any spelling and by any part of it; a single character by the beginning of a name. A part of a
    mail address from three letters before the at sign, of a telephone number from four digits.
    """
    words = searching.words_of(term)
    if not words:
        return None
    condition = Q()
    for word in words:
        condition &= _has(word)
    return condition


def _has(word: searching.Word) -> Q:
    wanted = Func(Value(word.name), function="portal_search_wanted", output_field=PIECES)
    found = Q(search_pieces__contains=wanted)
    if word.mail:
        mail = Q(search_pieces__contains=searching.mail_pieces(word.mail))
        # Domains are in nearly every row: they only narrow down what the part before them found.
        found |= mail & Q(email__icontains=word.mail) if "@" in word.mail else mail
    if word.digits:
        found |= Q(search_pieces__contains=searching.digit_pieces(word.digits))
    return found
