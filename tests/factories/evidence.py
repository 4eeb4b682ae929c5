"""Documents in named states, with a picture as a telephone sends it."""

import io
from datetime import UTC, datetime
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageDraw

from privacy_portal.core.models import User
from requests_app.models import DisclosureRequest, Evidence, EvidenceJudgement, EvidencePage
from requests_app.services import evidence_pages
from requests_app.services.evidence_pages import ReadPage
from tests.factories.requests import StaffFactory

GIVEN_AT = datetime(2026, 11, 17, 1, 0, tzinfo=UTC)


def picture(size: tuple[int, int] = (600, 400), *, kind: str = "JPEG", colour: str = "white") -> bytes:
    """A card with a portrait and lines; the place where a camera writes it down is in the file too."""
    image = Image.new("RGB", size, colour)
    pen = ImageDraw.Draw(image)
    pen.rectangle((size[0] * 0.7, size[1] * 0.2, size[0] * 0.9, size[1] * 0.6), fill="grey")
    for line in range(4):
        pen.rectangle((20, 40 + 60 * line, size[0] * 0.6, 60 + 60 * line), fill="navy")
    buffer = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "SECRET-PLACE"
    image.save(buffer, kind, **({"exif": exif} if kind == "JPEG" else {}))
    return buffer.getvalue()


def upload(content: bytes | None = None, name: str = "photo.jpg") -> SimpleUploadedFile:
    """What a form hands over."""
    return SimpleUploadedFile(name, content or picture(), content_type="image/jpeg")


def pdf(pages: int = 2) -> bytes:
    """A PDF with so many blank pages."""
    from pypdf import PdfWriter

    writer = PdfWriter()
    for _page in range(pages):
        writer.add_blank_page(width=595, height=842)
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def given(
    request: DisclosureRequest, document: str = "driving_licence", proof: str = "principal", **kwargs: Any
) -> Evidence:
    """A document that was sent, with one page."""
    values: dict[str, Any] = {"way": "upload", "state": "given", "given_at": GIVEN_AT, "added_at": GIVEN_AT} | kwargs
    evidence = Evidence.objects.create(
        request=request, document=document, proof=proof, added_by=request.applicant, **values
    )
    file = evidence_pages.write(ReadPage(picture()), request.receipt_number)
    EvidencePage.objects.create(evidence=evidence, position=1, file=file)
    return evidence


def checked(
    request: DisclosureRequest,
    document: str,
    *proofs: str,
    covers_receipt: bool | None = None,
    by: User | None = None,
) -> Evidence:
    """A document that was found good for ``proofs``."""
    evidence = given(request, document, proofs[0])
    evidence.state = Evidence.State.CHECKED
    evidence.save(update_fields=["state"])
    EvidenceJudgement.objects.create(
        evidence=evidence,
        accepted=True,
        proofs=list(proofs),
        checks=["name"],
        covers_receipt=covers_receipt,
        judged_by=by or StaffFactory(),
        judged_at=GIVEN_AT,
    )
    return evidence


def everything_for_mandate(request: DisclosureRequest, *, covers_receipt: bool = True) -> None:
    """All that a mandated agent has to show, checked."""
    checked(request, "driving_licence", "principal")
    checked(request, "passport", "agent")
    checked(request, "mandate", "authority", covers_receipt=covers_receipt)
    checked(request, "seal_certificate", "seal")
