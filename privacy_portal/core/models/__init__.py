"""Models of the shared kernel."""

from .audit import AuditEntry, AuditLink, AuditPending
from .doctor import DoctorReport
from .file import EncryptedFile
from .job import Job, JobProblem
from .mail import OutgoingMail
from .one_time_code import OneTimeCode
from .own_session import OwnSession
from .user import User

__all__ = [
    "AuditEntry",
    "AuditLink",
    "AuditPending",
    "DoctorReport",
    "EncryptedFile",
    "Job",
    "JobProblem",
    "OneTimeCode",
    "OutgoingMail",
    "OwnSession",
    "User",
]
