"""The manager's pages of the registers."""

from . import customers, imports, ledgers, policies, registers, security, statistics

__all__ = ["customers", "imports", "ledgers", "policies", "registers", "security", "statistics"]
