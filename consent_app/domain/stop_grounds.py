"""On what a stop of use or of provision rests."""

from __future__ import annotations

from typing import Any, Final

from django.utils.translation import gettext_lazy as _

# The person asked for it without naming an article; the operator stops it by itself, as a precaution.
WISH: Final = "wish"
OWN: Final = "own"

USE: Final = "use"
PROVISION: Final = "provision"

# Ground -> words and the kinds of stop that it can carry.
GROUNDS: Final[dict[str, tuple[Any, frozenset[str]]]] = {
    "35(1)": (_("法第35条第1項の請求（目的外の利用、不適正な利用または取得）"), frozenset({USE})),
    "35(3)": (_("法第35条第3項の請求（同意のない第三者への提供）"), frozenset({PROVISION})),
    "35(5)": (
        _("法第35条第5項の請求（不要になった、漏えいがあった、権利や利益が害されるおそれ）"),
        frozenset({USE, PROVISION}),
    ),
    WISH: (_("本人の希望（条文によらないもの）"), frozenset({USE, PROVISION})),
    OWN: (_("事業者の判断（予防のため）"), frozenset({USE, PROVISION})),
}
