"""The manager's pages of the registers."""

from . import collection, customers, imports, ledgers, policies, registers, security, statistics

__all__ = ["collection", "customers", "imports", "ledgers", "policies", "registers", "security", "statistics"]
