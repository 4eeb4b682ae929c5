"""The kernel's pages in the admin."""

from . import audit, job, mail

__all__ = ["audit", "job", "mail"]
