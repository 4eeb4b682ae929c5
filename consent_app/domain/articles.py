"""How an article of the Act (個人情報の保護に関する法律) is written in words."""

from __future__ import annotations

import re

_FORM = re.compile(r"(?P<article>\d+)(?:-(?P<branch>\d+))?(?:\((?P<paragraph>\d+)\)(?P<item>[ivx]+)?)?")
_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5, "vi": 6, "vii": 7, "viii": 8, "ix": 9, "x": 10}


def article_text(code: str, language: str) -> str:
    """``"33(2)i"`` as 第33条第2項第1号, or as "article 33, paragraph 2, item 1".

    Args:
        code: article, ``-branch``, paragraph in brackets, item in Roman digits; the last three may be missing.
        language: "ja" or "en".

    Raises:
        ValueError: the code is not of that form.
    """
    found = _FORM.fullmatch(code)
    if not found or (found["item"] and found["item"] not in _ROMAN):
        raise ValueError(code)
    item = _ROMAN[found["item"]] if found["item"] else None
    if language == "ja":
        return "".join(
            (
                f"第{found['article']}条",
                f"の{found['branch']}" if found["branch"] else "",
                f"第{found['paragraph']}項" if found["paragraph"] else "",
                f"第{item}号" if item else "",
            )
        )
    number = f"{found['article']}-{found['branch']}" if found["branch"] else found["article"]
    parts = [f"article {number}"]
    if found["paragraph"]:
        parts.append(f"paragraph {found['paragraph']}")
    if item:
        parts.append(f"item {item}")
    return ", ".join(parts)
