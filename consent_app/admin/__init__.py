"""The manager's pages of the registers."""

from . import customers, ledgers, registers

__all__ = ["customers", "ledgers", "registers"]
