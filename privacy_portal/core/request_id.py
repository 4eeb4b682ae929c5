"""The id of the web request that is being answered, for the audit trail and the logs."""

from contextvars import ContextVar

# Set by RequestIdMiddleware; empty in workers and commands.
current_request_id: ContextVar[str] = ContextVar("current_request_id", default="")
