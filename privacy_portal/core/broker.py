"""What a worker holds of the broker's tasks when the broker falls silent in the wrong moment."""

from typing import Any

from kombu.transport import virtual
from kombu.transport.redis import QoS


class LettingGo(QoS):
    """Counts what it has in hand, like kombu's own, but lets go of what it could not acknowledge.

    kombu goes on counting it (celery issue 2415). A worker takes as many tasks as it has processes; after as many lost
    acknowledgements it takes none, for ever, and looks alive. Redis still has the task and gives it out once more after
    the visibility timeout, so it may run twice, as every task of the product may.
    """

    def ack(self, delivery_tag: str) -> None:
        """As in kombu."""
        try:
            super().ack(delivery_tag)  # type: ignore[no-untyped-call]
        except Exception:
            virtual.QoS.ack(self, delivery_tag)  # type: ignore[no-untyped-call]
            raise

    def reject(self, delivery_tag: str, requeue: bool = False, **kwargs: Any) -> None:
        """As in kombu."""
        try:
            super().reject(delivery_tag, requeue=requeue, **kwargs)  # type: ignore[no-untyped-call]
        except Exception:
            virtual.QoS.ack(self, delivery_tag)  # type: ignore[no-untyped-call]
            raise
