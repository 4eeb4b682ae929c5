"""Global Privacy Control: a browser's signal that its user refuses to have data sold or shared.

https://www.w3.org/TR/gpc/: the header ``Sec-GPC: 1`` on every request; a site says at ``/.well-known/gpc.json``
whether it honours the signal.
"""

HEADER = "Sec-GPC"
# Since when this product honours the signal, as the support resource says it.
HONOURED_SINCE = "2026-11-22"


def signalled(value: str | None) -> bool:
    """Whether a request carried the signal. Any other value than "1" is none, as the specification says."""
    return value is not None and value.strip() == "1"


def support() -> dict[str, object]:
    """The content of the support resource."""
    return {"gpc": True, "lastUpdate": HONOURED_SINCE}
