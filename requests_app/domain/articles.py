"""How an article of the Act is written in words."""

import re

_FORM = re.compile(r"^(?P<article>\d+)(?:-(?P<branch>\d+))?(?:\((?P<paragraph>\d+)\))?(?P<item>[ivx]+)?$")
_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5, "vi": 6, "vii": 7, "viii": 8, "ix": 9, "x": 10}


def article_text(code: str, language: str) -> str:
    """``"33(2)i"`` as 第33条第2項第1号 or as "article 33, paragraph 2, item 1".

    Args:
        code: article, ``-branch`` number, paragraph in brackets, item in Roman digits; the last three may be missing.
        language: "ja" or "en".

    Raises:
        ValueError: the code is not of that form.
    """
    match = _FORM.match(code)
    if match is None or (match["item"] and match["item"] not in _ROMAN):
        raise ValueError(f"not an article: {code!r}")
    item = _ROMAN[match["item"]] if match["item"] else None
    if language == "ja":
        return "".join(
            (
                f"第{match['article']}条",
                f"の{match['branch']}" if match["branch"] else "",
                f"第{match['paragraph']}項" if match["paragraph"] else "",
                f"第{item}号" if item else "",
            )
        )
    number = f"{match['article']}-{match['branch']}" if match["branch"] else match["article"]
    parts = [f"article {number}"]
    if match["paragraph"]:
        parts.append(f"paragraph {match['paragraph']}")
    if item:
        parts.append(f"item {item}")
    return ", ".join(parts)
