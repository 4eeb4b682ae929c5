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

    The primary key must be known before the row is saved, so it belongs on models with a UUID key. A plain value in
    ``QuerySet.update()`` or a look-up is refused: it would reach the database unencrypted or match nothing.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("editable", False)
        super().__init__(*args, **kwargs)

    def contribute_to_class(self, cls: type[models.Model], name: str, private_only: bool = False) -> None:
        super().contribute_to_class(cls, name, private_only)
        setattr(cls, self.attname, _EncryptedAttribute(self))

    @cached_property
    def _prefix(self) -> bytes:
        return f"{self.model._meta.db_table}.{self.column}:".encode()

    def context(self, instance: models.Model) -> bytes:
        """What the ciphertext is bound to."""
        return self._prefix + str(instance.pk).encode()

    def open(self, instance: models.Model, sealed: bytes) -> str:
        """Decrypt the column's bytes for this instance.

        Raises:
            privacy_portal.core.crypto.DecryptionError: changed, swapped, or without its key.
        """
        return keyring().open(sealed, context=self.context(instance)).decode()

    def pre_save(self, model_instance: models.Model, add: bool) -> SealedBytes | None:
        value = model_instance.__dict__.get(self.attname)
        if value is None or isinstance(value, SealedBytes):
            return value
        if model_instance.pk is None:
            raise ValueError("An encrypted field needs the primary key before saving; use a UUID key.")
        return SealedBytes(keyring().seal(str(value).encode(), context=self.context(model_instance)))

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if isinstance(value, str):
            raise TypeError(f"{self.name} is encrypted: save the instance instead of passing a plain value.")
        return super().get_db_prep_value(bytes(value) if value is not None else None, connection, prepared)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> SealedBytes | None:
        return None if value is None else SealedBytes(value)

    def value_to_string(self, obj: models.Model) -> str:
        raise TypeError(f"{self.name} is encrypted and is not serialised.")
