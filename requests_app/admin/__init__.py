"""The manager's side of the requests."""

from .cases import DisclosureRequestAdmin

__all__ = ["DisclosureRequestAdmin"]
