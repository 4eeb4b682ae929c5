"""A model field whose column holds ciphertext that is bound to its row."""

from typing import Any

from django.db import models
from django.utils.functional import cached_property

from .crypto import keyring


class SealedBytes(bytes):
    """Bytes as they lie in the column, not yet decrypted."""


class _EncryptedAttribute:
    """Decrypts on first access, because only the instance knows its primary key."""

    def __init__(self, field: "EncryptedTextField") -> None:
        self.field = field

    def __get__(self, instance: models.Model | None, owner: type | None = None) -> Any:
        if instance is None:
            return self
        name = self.field.attname
        if name not in instance.__dict__:
            instance.refresh_from_db(fields=[name])
        value = instance.__dict__[name]
        if isinstance(value, SealedBytes):
            value = self.field.open(instance, value)
            instance.__dict__[name] = value
        return value

    def __set__(self, instance: models.Model, value: Any) -> None:
        instance.__dict__[self.field.attname] = value


class EncryptedTextField(models.BinaryField):
    """Text that is encrypted at rest (AES-256-GCM), with the table, the column and the primary key as associated data.

    The primary key must be known before the row is saved, so it belongs on models with a UUID key. What would reach the
    database unencrypted, or match nothing, is refused: a plain value in ``QuerySet.update()`` or ``bulk_update()``
    (``TypeError``; None is allowed, it empties the column), every look-up but ``isnull`` (``FieldError``), and saving a
    loaded row under another key without having read the value (``ValueError``).
    """

    descriptor_class = _EncryptedAttribute
    # For the type checker: text goes in and comes out, whatever the column holds.
    _pyi_private_set_type: str
    _pyi_private_get_type: str  # type: ignore[assignment]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("editable", False)
        super().__init__(*args, **kwargs)

    @cached_property
    def _prefix(self) -> bytes:
        return f"{self.model._meta.db_table}.{self.column}:".encode()

    def context(self, instance: models.Model) -> bytes:
        """What the ciphertext is bound to."""
        # The key as its column writes it: before the first save it may have another form, such as a bare hex UUID.
        return self._prefix + str(instance._meta.pk.to_python(instance.pk)).encode()

    def open(self, instance: models.Model, sealed: bytes) -> str:
        """Decrypt the column's bytes for this instance.

        Raises:
            privacy_portal.core.crypto.DecryptionError: changed, swapped, or without its key.
        """
        return keyring().open(sealed, context=self.context(instance)).decode()

    def pre_save(self, model_instance: models.Model, add: bool) -> SealedBytes | None:
        value = model_instance.__dict__.get(self.attname)
        if value is None:
            return None
        if model_instance.pk is None:
            raise ValueError("An encrypted field needs the primary key before saving; use a UUID key.")
        if isinstance(value, SealedBytes):
            if add:
                raise ValueError(f"{self.name} is bound to the row it was loaded from: read it before saving a copy.")
            if keyring().is_current(value):
                return value
            # A row that was loaded before its key was changed must not bring the old key back.
            value = self.open(model_instance, value)
        if not isinstance(value, str):
            raise TypeError(f"{self.name} holds text, not {type(value).__name__}.")
        return SealedBytes(keyring().seal(value.encode(), context=self.context(model_instance)))

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if value is not None and not isinstance(value, SealedBytes):
            raise TypeError(f"{self.name} is encrypted: save the instance instead of passing a plain value.")
        return super().get_db_prep_value(bytes(value) if value is not None else None, connection, prepared)

    def get_lookup(self, lookup_name: str) -> Any:
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else None

    def get_default(self) -> Any:
        default = super().get_default()
        return "" if default == b"" else default

    def to_python(self, value: Any) -> Any:
        # A BinaryField would take a text for base64 here, and full_clean() would store what it decodes to.
        return value

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> SealedBytes | None:
        return None if value is None else SealedBytes(value)

    def value_to_string(self, obj: models.Model) -> str:
        raise TypeError(f"{self.name} is encrypted and is not serialised.")
