"""The form for one document."""

from typing import Any

from crispy_forms.layout import Layout
from django import forms
from django.utils.translation import gettext_lazy as _

from privacy_portal.core.portal.form_mixin import PortalFormMixin
from privacy_portal.core.services.uploads import ACCEPT
from privacy_portal.core.upload_fields import SeveralFilesField, SeveralFilesInput

from ..domain.evidence import DOCUMENTS, Need
from .forms import required_words


class DocumentForm(PortalFormMixin, forms.Form):
    """Which document, and its photos. Both ways to choose end in the same list."""

    document = forms.ChoiceField(
        label=_("書類の種類"),
        widget=forms.RadioSelect,
        error_messages=required_words(_("書類の種類を選んでください。")),
    )
    photo = forms.FileField(
        label=_("カメラで撮る"),
        required=False,
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png", "capture": "environment"}),
    )
    copies = SeveralFilesField(
        label=_("写真やPDFを選ぶ"),
        required=False,
        widget=SeveralFilesInput(attrs={"accept": ACCEPT}),
        help_text=_("JPEG、PNG、PDF。1つ20MBまで、一度に6ページまで。表と裏は、一緒に選べます。"),
    )

    def __init__(self, *args: Any, need: Need, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["document"]
        field.choices = [(code, DOCUMENTS[code].name) for code in need.documents]  # type: ignore[attr-defined]
        if len(need.documents) == 1:
            field.initial = need.documents[0]

    def layout(self) -> Layout:
        return Layout("document", "photo", "copies")

    @property
    def chosen(self) -> list[Any]:
        """The files in their order; of a valid form."""
        photo = self.cleaned_data.get("photo")
        return [*([photo] if photo else []), *self.cleaned_data.get("copies", [])]

    def clean(self) -> None:
        if not self.errors and not self.chosen:
            self.add_error("copies", _("書類を撮るか、写真かPDFを選んでください。"))
