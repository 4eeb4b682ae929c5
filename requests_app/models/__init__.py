"""Requests for disclosure etc. and everything that belongs to a case."""

from .answer import AnswerFile, DownloadGrant
from .answer_mail import AnswerMail
from .call_back import CallAttempt, CallBack
from .change import RequestedChange
from .clock import SilenceNotice, TargetExtension
from .correction import Correction
from .decision import Decision
from .draft import RequestDraft
from .event import RequestEvent
from .evidence import Evidence, EvidenceJudgement, EvidencePage, EvidenceRequest
from .fee import Fee, Payment
from .gift import GiftLink
from .identity import IdentityCheck
from .instruction import Instruction, InstructionContact, InstructionEntry
from .message import Message
from .message_file import MessageFile
from .note import CaseFinding, CaseNote, FoundContent
from .post_code import PostCode
from .proposal import DecisionProposal
from .queue import FirstView, HandOver, SavedView
from .received_file import ReceivedFile
from .registered_check import RegisteredCheck
from .request import DisclosureRequest, Party
from .retention import KeptPayment, RequestRemains, RetentionHold

__all__ = [
    "AnswerFile",
    "AnswerMail",
    "CallAttempt",
    "CallBack",
    "CaseFinding",
    "CaseNote",
    "Correction",
    "Decision",
    "DecisionProposal",
    "DisclosureRequest",
    "DownloadGrant",
    "Evidence",
    "EvidenceJudgement",
    "EvidencePage",
    "EvidenceRequest",
    "Fee",
    "FirstView",
    "FoundContent",
    "GiftLink",
    "HandOver",
    "IdentityCheck",
    "Instruction",
    "InstructionContact",
    "InstructionEntry",
    "KeptPayment",
    "Message",
    "MessageFile",
    "Party",
    "Payment",
    "PostCode",
    "ReceivedFile",
    "RegisteredCheck",
    "RequestDraft",
    "RequestEvent",
    "RequestRemains",
    "RequestedChange",
    "RetentionHold",
    "SavedView",
    "SilenceNotice",
    "TargetExtension",
]
