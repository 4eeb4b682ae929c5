"""A browser in plain words, so that somebody recognises a device of their own in a list.

Only two words of fixed lists are ever made of what a browser sends: its whole ``User-Agent`` would tell devices apart
that the words do not, and nobody needs that here.
"""

from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

# The first that matches counts: most browsers name the ones that they descend from as well.
_BROWSERS: Final = (
    ("Edg", "Microsoft Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Line/", "LINE"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Version/", "Safari"),
)
_SYSTEMS: Final = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
)
BROWSERS: Final = tuple(dict.fromkeys(name for _mark, name in _BROWSERS))
SYSTEMS: Final = tuple(dict.fromkeys(name for _mark, name in _SYSTEMS))


def recognised(user_agent: str) -> tuple[str, str]:
    """Browser and system as names of the two lists, each "" where it is none of them."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    return browser, system


def in_words(browser: str, system: str) -> str:
    """ "Firefox on Windows" in the active language, with as much as is known."""
    if browser and system:
        return _("%(system)sの%(browser)s") % {"browser": browser, "system": system}
    return browser or system or str(_UNKNOWN)


_UNKNOWN = gettext_lazy("種類の分からないブラウザー")
