"""A form field for files from outside: what comes out of it may be kept."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from .cleaning.kinds import TAKEN, Limits
from .services import uploads
from .services.uploads import CleanFile


class CleanFileField(forms.FileField):
    """One file, cleaned; ``None`` if none was chosen. Why one is refused stands beside the field.

    Args:
        kinds: media types that are taken here.
        most: the limits, if not the usual ones.
        as_it_is: for papers of the operator's own, which have to stay as they are (see ``uploads.examined``).
    """

    def __init__(
        self, *, kinds: Iterable[str] = TAKEN, most: Limits | None = None, as_it_is: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.kinds, self.most, self.as_it_is = tuple(kinds), most, as_it_is

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {**super().widget_attrs(widget), "accept": uploads.ACCEPT}

    def clean(self, data: Any, initial: Any = None) -> CleanFile | None:
        """See :func:`uploads.clean`.

        Raises:
            ValidationError: none was chosen although one is needed, or the file is refused.
        """
        upload = super().clean(data, initial)
        if not upload:
            return None
        if self.as_it_is:
            return uploads.examined(upload, name=upload.name, most=self.most)
        return uploads.clean(upload, name=upload.name, kinds=self.kinds, most=self.most)


class SeveralFilesInput(forms.FileInput):
    """A control that takes several files."""

    allow_multiple_selected = True

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[Any]:
        return list(files.getlist(name)) if hasattr(files, "getlist") else []


class SeveralFilesField(forms.FileField):
    """Several files as they came, in their order: what receives them looks at each (``uploads.clean``)."""

    widget = SeveralFilesInput

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        """Each file that was chosen.

        Raises:
            ValidationError: one is empty or its name too long.
        """
        return [super(SeveralFilesField, self).clean(one) for one in data or []]


class ChosenFilesField(SeveralFilesField):
    """The same for files that a service takes one by one: it says why one is refused and keeps the others."""

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        """What was chosen, whatever it is; an empty list if nothing was."""
        return [one for one in data or [] if one]

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {**super().widget_attrs(widget), "accept": uploads.ACCEPT}
