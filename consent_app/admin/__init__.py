"""The manager's pages of the registers."""

from . import customers, imports, ledgers, policies, registers, statistics

__all__ = ["customers", "imports", "ledgers", "policies", "registers", "statistics"]
