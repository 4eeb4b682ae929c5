"""The manager's pages of the registers."""

from . import customers, imports, ledgers, registers

__all__ = ["customers", "imports", "ledgers", "registers"]
