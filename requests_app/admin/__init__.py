"""The manager's side of the requests."""

from .cases import DisclosureRequestAdmin
from .second_look_rules import SecondLookRuleAdmin

__all__ = ["DisclosureRequestAdmin", "SecondLookRuleAdmin"]
