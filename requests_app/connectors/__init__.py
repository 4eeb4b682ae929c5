"""Where the person's data lies: a protocol, and one adapter for each place."""

from .base import Connector, Fact, FoundRecord
from .registers import RegistersConnector

# Every place that is searched. A new one is a new adapter in this list.
CONNECTORS: tuple[Connector, ...] = (RegistersConnector(),)

__all__ = ["CONNECTORS", "Connector", "Fact", "FoundRecord"]
