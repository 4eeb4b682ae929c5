"""Mistakes that only the whole product can see become errors of ``manage.py check``."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig, apps
from django.core.checks import CheckMessage, Error, register

from .core.fields import EncryptedTextField
from .core.models import EncryptedFile
from .encrypted_places import PLACES


def encrypted() -> Iterator[str]:
    """Every encrypted column and every link to an encrypted file of the models."""
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, EncryptedTextField) or field.related_model is EncryptedFile:
                yield f"{model._meta.label_lower}.{field.name}"


@register
def what_is_encrypted_is_listed(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Every encrypted column and file says why it is encrypted."""
    names = set(encrypted())
    return [
        *(
            Error(f"{name} is encrypted: say why in privacy_portal/encrypted_places.py.", id="privacy_portal.E001")
            for name in sorted(names - set(PLACES))
        ),
        *(
            Error(f"privacy_portal/encrypted_places.py names {name}, which there is not.", id="privacy_portal.E002")
            for name in sorted(set(PLACES) - names)
        ),
    ]
