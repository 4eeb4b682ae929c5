"""The operator profile: what one TOML file says, as frozen values.

The format is described for people in ``docs/profile-format.md``; ``profile_parser`` reads it, and
``consent_app.services.profiles`` writes a profile to the database.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field

from .profile_collection import CollectionPointSection
from .profile_reader import Text
from .profile_security import SecuritySections
from .profile_sharing import JointUseSection, TrackerSection
from .reason_texts import ReasonSection
from .retention import Periods

FORMAT = 1

# Every right of APPI 32 to 35, 28(3) and the duty of article 40, with whether article 38 lets a fee be charged.
REQUEST_TYPES: dict[str, bool] = {
    "purpose_notice": True,
    "disclosure": True,
    "provision_records": True,
    "correction": False,
    "addition": False,
    "deletion": False,
    "stop_use": False,
    "erasure": False,
    "stop_provision": False,
    "foreign_measures": False,
    "complaint": False,
    "inquiry": False,
}
# Without a recipient abroad there is nothing to tell under 28(3). No other right can be left out.
MAY_BE_LEFT_OUT = ("foreign_measures",)

# Articles on which a provision can rest. 2(1): what identifies nobody is not personal information.
PROVISION_ARTICLES = (
    "27(1)",
    "27(1)i",
    "27(1)ii",
    "27(1)iii",
    "27(1)iv",
    "27(1)v",
    "27(1)vi",
    "27(1)vii",
    "27(5)i",
    "27(5)ii",
    "27(5)iii",
    "2(1)",
)
# Articles on which a refusal, or another measure than the one asked for, can rest.
REFUSAL_ARTICLES = (
    "21(4)i",
    "21(4)ii",
    "21(4)iii",
    "32(2)i",
    "33(2)i",
    "33(2)ii",
    "33(2)iii",
    "33(4)",
    "34(2)",
    "35(2)",
    "35(4)",
    "35(6)",
    "37(1)",
)

CHANNELS = ("portal", "email", "telephone", "letter", "counter")
# Of checking identity, beside the mailed code, the comparison of facts and copies of documents.
MEANS = ("post_code", "call_back", "counter")
DEFAULT_MEANS = ("post_code", "call_back")
ENTERED_BY = ("customer", "operator", "use")
CHANGES = ("direct", "request")
# What a person may change by themself at most: the items that are columns of a customer.
CHANGEABLE_ITEMS = frozenset({"name", "kana", "company", "address", "telephone", "email", "gender", "birth_date"})
# … and what they may where the profile says nothing. A day of birth does not change: another one is a correction.
DIRECT_ITEMS = CHANGEABLE_ITEMS - {"birth_date"}
FEES = ("none", "fixed", "quoted")


@dataclass(frozen=True, slots=True)
class OperatorSection:
    """Who the operator is and how it is reached (article 32(1)i and iv)."""

    code: str
    name: Text
    introduction: Text
    representative: Text
    postal_code: str
    address: Text
    manager_title: Text
    website: str
    accent_color: str
    # The name of the drawing beside the profile.
    logo: str
    policy_updated_on: datetime.date | None
    email: str
    telephone: str
    hours: Text
    payment: Text
    # Whether people may choose to get their answer as an encrypted attachment.
    mails_answers: bool
    identity_means: tuple[str, ...]
    channels: tuple[str, ...]
    complaint_channels: tuple[str, ...]
    # The accredited organisation (認定個人情報保護団体) and where it takes complaints, for those who belong to one.
    accredited_name: Text
    accredited_contact: Text


@dataclass(frozen=True, slots=True)
class ItemSection:
    """A kind of personal data; ``entered_by`` says who gives it: the customer, the operator, or use of the service.

    ``change`` says how the person has it changed: by themself in the portal ("direct") or by a request.
    """

    code: str
    name: Text
    optional: bool
    sensitive: bool
    entered_by: str
    change: str
    consequence: Text


@dataclass(frozen=True, slots=True)
class PurposeSection:
    """A purpose of use with the items that it needs; ``part_of`` names the published purpose that it is a part of."""

    code: str
    text: Text
    needs_consent: bool
    statistical_only: bool
    shipping: bool
    provided_to: str
    items: tuple[str, ...]
    part_of: str
    explanation: Text = field(default_factory=Text)
    valid_months: int | None = None


@dataclass(frozen=True, slots=True)
class BasisSection:
    """A case in which the policy allows provision. One that is no statutory case names the grounds that carry it."""

    code: str
    text: Text
    article: str
    statutory: bool
    warning: Text
    requires: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SubcontractorSection:
    """Somebody to whom handling is entrusted, with the only items that they may get."""

    code: str
    name: Text
    service: Text
    items: tuple[str, ...]
    items_note: Text
    country: str
    public: bool
    education: bool = False
    review_months: int = 12


@dataclass(frozen=True, slots=True)
class RequestSection:
    """How this operator handles one request type."""

    type: str
    offered: bool
    identity_level: int
    target_business_days: int
    fee: str
    fee_yen: int | None
    fee_note: Text
    second_look: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SecondLookSection:
    """Which outcomes of a type a second person looks at; taken out of :class:`RequestSection` for its own register."""

    code: str
    outcomes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RefusalSection:
    """A ground of refusal that the policy names. One that is not statutory needs one of ``requires`` beside it."""

    code: str
    text: Text
    requests: tuple[str, ...]
    article: str
    statutory: bool
    requires: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Profile:
    """Everything that a profile says; consistent in itself."""

    operator: OperatorSection
    data_items: tuple[ItemSection, ...]
    purposes: tuple[PurposeSection, ...]
    provision_bases: tuple[BasisSection, ...]
    subcontractors: tuple[SubcontractorSection, ...]
    requests: tuple[RequestSection, ...]
    refusal_grounds: tuple[RefusalSection, ...]
    # The name of the files with the first privacy policy, and, once they have been read, what they say.
    policy: str = ""
    policy_text: Text = field(default_factory=Text)
    # The drawing that ``operator.logo`` names, once it has been read and checked.
    logo_drawing: str = ""
    joint_uses: tuple[JointUseSection, ...] = ()
    trackers: tuple[TrackerSection, ...] = ()
    security: SecuritySections = field(default_factory=SecuritySections)
    reason_blocks: tuple[ReasonSection, ...] = ()
    collection_points: tuple[CollectionPointSection, ...] = ()
    # How long what people give for a request is kept; None where the file leaves it to the product.
    retention: Periods | None = None
