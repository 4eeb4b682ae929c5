"""What breaks in operation, broken on purpose: real processes on engines of their own. The figures: docs/faults.md."""

from privacy_portal.core.services import delivery

# Seconds after which the lease of a mail whose sender was killed has run out, and the first pause of a retry.
LATER = delivery.LEASE.total_seconds() + 60
