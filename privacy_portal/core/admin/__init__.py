"""The kernel's pages in the admin."""

from . import audit, job, mail, staff

__all__ = ["audit", "job", "mail", "staff"]
