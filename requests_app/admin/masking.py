"""How a person is shown where nobody asked to see them."""

from ..models import Party


def masked_name(party: Party | None) -> str:
    """The first character of the name; the rest becomes dots whose number says nothing."""
    name = party.full_name.strip() if party else ""
    return f"{name[0]}●●" if name else "—"
