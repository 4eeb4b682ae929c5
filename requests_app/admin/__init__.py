"""The manager's side of the requests."""

from .cases import DisclosureRequestAdmin
from .instruction_contacts import InstructionContactAdmin
from .reason_blocks import ReasonBlockAdmin
from .retention import RetentionRuleAdmin
from .second_look_rules import SecondLookRuleAdmin

__all__ = [
    "DisclosureRequestAdmin",
    "InstructionContactAdmin",
    "ReasonBlockAdmin",
    "RetentionRuleAdmin",
    "SecondLookRuleAdmin",
]
