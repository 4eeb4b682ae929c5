"""Showing that there is personal data without showing it."""


def mask_address(address: str | None) -> str:
    """A mail address of which only the first character and the domain are readable: ``t•••@shop.example``.

    The dots do not tell the length. An empty one (the content has been emptied) stays empty.
    """
    if not address:
        return ""
    local, _at, domain = address.rpartition("@")
    return f"{local[:1]}•••@{domain}"
