"""The kernel's pages in the admin."""

from . import audit, doctor, job, mail, staff

__all__ = ["audit", "doctor", "job", "mail", "staff"]
