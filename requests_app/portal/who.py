"""Who may ask, what each of them is asked to show and who gets the answer: the form and the procedure page alike."""

from dataclasses import dataclass

from ..domain.evidence import AGENT_PROOFS, DOCUMENTS, NEEDS, Document, Proof
from ..domain.requesters import ASKERS, Asker


@dataclass(frozen=True, slots=True)
class AskerRow:
    """An entry of the table, for a page.

    Args:
        asker: the entry.
        shown: what an agent shows beside who both of them are: any one of each group.
        helpful: what helps to find the data; nobody needs it.
    """

    asker: Asker
    shown: list[list[Document]]
    helpful: list[Document]

    @property
    def is_agent(self) -> bool:
        """Whether somebody else's data are asked for."""
        return any(need.proof in AGENT_PROOFS for need in NEEDS[self.asker.requester])


def asker_rows() -> list[AskerRow]:
    """All of them, in the order of the table."""
    return [
        AskerRow(
            asker,
            shown=[
                [DOCUMENTS[code] for code in need.documents]
                for need in NEEDS[asker.requester]
                if need.proof in (Proof.AUTHORITY, Proof.SEAL)
            ],
            helpful=[
                DOCUMENTS[code]
                for need in NEEDS[asker.requester]
                if need.proof == Proof.CONNECTION
                for code in need.documents
            ],
        )
        for asker in ASKERS.values()
    ]
