"""What the operator holds, promised and passed on."""

from .consent import Consent, ConsentAgent
from .customer import Customer, CustomerIdentity, CustomerRecord, Recipient
from .imports import ImportBatch
from .joint_use import JointUse, JointUser, JointUseVersion
from .kept import RegisterChange, Reminder
from .operator import Operator, RequestRule
from .policy import Broadcast, BroadcastRecipient, PolicyVersion
from .provision import Provision
from .registers import DataItem, ProvisionBasis, Purpose, RefusalGround, Subcontractor
from .statistics import StatisticsRelease
from .suspension import Suspension
from .tracker import Tracker
from .wording import PurposeVersion

__all__ = [
    "Broadcast",
    "BroadcastRecipient",
    "Consent",
    "ConsentAgent",
    "Customer",
    "CustomerIdentity",
    "CustomerRecord",
    "DataItem",
    "ImportBatch",
    "JointUse",
    "JointUseVersion",
    "JointUser",
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
    "StatisticsRelease",
    "Subcontractor",
    "Suspension",
    "Tracker",
]
