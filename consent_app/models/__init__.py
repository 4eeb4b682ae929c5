"""What the operator holds, promised and passed on."""

from .added_purpose import AddedPurpose
from .answering import ReasonBlock, SecondLookRule
from .changes import CustomerChange, EmailChange, RecipientChange
from .collection import CollectionPoint, CollectionWording
from .consent import Consent, ConsentAgent
from .customer import Customer, CustomerIdentity, CustomerRecord, Recipient
from .entrustment import EntrustedPerson, Entrustment
from .erasure import ErasureMark, ErasureRecord
from .export import ExportKind, ExportOrder, ExportTaken
from .imports import ImportBatch
from .incident import AffectedPerson, AffectedSelection, Incident, IncidentNotice, IncidentReport
from .joint_use import JointUse, JointUser, JointUseVersion
from .kept import RegisterChange, Reminder
from .look import CustomerLook
from .matters import MattersVersion
from .measure import Department, Measure
from .off_purpose import OffPurposePerson, OffPurposeUse
from .operator import Operator, RequestRule
from .policy import Broadcast, BroadcastRecipient, PolicyVersion
from .provision import LedgerReversal, Provision, ReceivedProvision, RefusedProvision
from .provision_run import ProvisionRun
from .referable import ReferableConfirmation, ReferableProvision
from .registers import DataItem, ProvisionBasis, Purpose, RefusalGround, Subcontractor
from .retention import RetentionRule
from .security import CorrectiveAction, Finding, ReviewEvent, SecurityAudit
from .self_disclosure import SelfDisclosure
from .statistics import StatisticsRelease
from .supervision import (
    ChecklistQuestion,
    ForeignArrangement,
    ForeignCheck,
    RecipientDuty,
    Reentrustment,
    SelectionAnswer,
    SubcontractorContract,
    SubcontractorFinding,
    SubcontractorReview,
    SubcontractorSelection,
)
from .suspension import RecipientSuspension, Suspension
from .tracker import Tracker
from .wording import PurposeVersion

__all__ = [
    "AddedPurpose",
    "AffectedPerson",
    "AffectedSelection",
    "Broadcast",
    "BroadcastRecipient",
    "ChecklistQuestion",
    "CollectionPoint",
    "CollectionWording",
    "Consent",
    "ConsentAgent",
    "CorrectiveAction",
    "Customer",
    "CustomerChange",
    "CustomerIdentity",
    "CustomerLook",
    "CustomerRecord",
    "DataItem",
    "Department",
    "EmailChange",
    "EntrustedPerson",
    "Entrustment",
    "ErasureMark",
    "ErasureRecord",
    "ExportKind",
    "ExportOrder",
    "ExportTaken",
    "Finding",
    "ForeignArrangement",
    "ForeignCheck",
    "ImportBatch",
    "Incident",
    "IncidentNotice",
    "IncidentReport",
    "JointUse",
    "JointUseVersion",
    "JointUser",
    "LedgerReversal",
    "MattersVersion",
    "Measure",
    "OffPurposePerson",
    "OffPurposeUse",
    "Operator",
    "PolicyVersion",
    "Provision",
    "ProvisionBasis",
    "ProvisionRun",
    "Purpose",
    "PurposeVersion",
    "ReasonBlock",
    "ReceivedProvision",
    "Recipient",
    "RecipientChange",
    "RecipientDuty",
    "RecipientSuspension",
    "Reentrustment",
    "ReferableConfirmation",
    "ReferableProvision",
    "RefusalGround",
    "RefusedProvision",
    "RegisterChange",
    "Reminder",
    "RequestRule",
    "RetentionRule",
    "ReviewEvent",
    "SecondLookRule",
    "SecurityAudit",
    "SelectionAnswer",
    "SelfDisclosure",
    "StatisticsRelease",
    "Subcontractor",
    "SubcontractorContract",
    "SubcontractorFinding",
    "SubcontractorReview",
    "SubcontractorSelection",
    "Suspension",
    "Tracker",
]
