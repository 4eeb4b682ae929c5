"""The id of the web request that is being answered, for the audit trail and the logs."""

from contextvars import ContextVar

# Set by RequestIdMiddleware, and in a worker to that of the request which sent the task (privacy_portal/celery.py);
# empty in commands and in tasks that beat starts.
current_request_id: ContextVar[str] = ContextVar("current_request_id", default="")
