"""What the operator holds, promised and passed on."""

from .consent import Consent, ConsentAgent
from .customer import Customer, CustomerIdentity, CustomerRecord, Recipient
from .imports import ImportBatch
from .incident import AffectedPerson, AffectedSelection, Incident, IncidentNotice, IncidentReport
from .joint_use import JointUse, JointUser, JointUseVersion
from .kept import RegisterChange, Reminder
from .measure import Department, Measure
from .operator import Operator, RequestRule
from .policy import Broadcast, BroadcastRecipient, PolicyVersion
from .provision import Provision
from .registers import DataItem, ProvisionBasis, Purpose, RefusalGround, Subcontractor
from .security import CorrectiveAction, Finding, ReviewEvent, SecurityAudit
from .statistics import StatisticsRelease
from .suspension import Suspension
from .tracker import Tracker
from .wording import PurposeVersion

__all__ = [
    "AffectedPerson",
    "AffectedSelection",
    "Broadcast",
    "BroadcastRecipient",
    "Consent",
    "ConsentAgent",
    "CorrectiveAction",
    "Customer",
    "CustomerIdentity",
    "CustomerRecord",
    "DataItem",
    "Department",
    "Finding",
    "ImportBatch",
    "Incident",
    "IncidentNotice",
    "IncidentReport",
    "JointUse",
    "JointUseVersion",
    "JointUser",
    "Measure",
    "Operator",
    "PolicyVersion",
    "Provision",
    "ProvisionBasis",
    "Purpose",
    "PurposeVersion",
    "Recipient",
    "RefusalGround",
    "RegisterChange",
    "Reminder",
    "RequestRule",
    "ReviewEvent",
    "SecurityAudit",
    "StatisticsRelease",
    "Subcontractor",
    "Suspension",
    "Tracker",
]
