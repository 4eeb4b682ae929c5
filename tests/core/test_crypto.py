"""The keyring, and the field whose column holds ciphertext."""

import base64
import uuid

import pytest
from django.core import serializers
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.db import connection
from pytest_django import DjangoAssertNumQueries, Settings

from privacy_portal.core.crypto import DecryptionError, Keyring, keyring
from privacy_portal.core.fields import SealedBytes
from privacy_portal.core.models import OutgoingMail


def key(number: int, key_id: str | None = None) -> str:
    return f"{key_id or f'k{number}'}:{base64.b64encode(bytes([number] * 32)).decode()}"


class TestKeyring:
    ring = Keyring([key(1), key(2)])

    @pytest.mark.parametrize("plain", [b"", b"x", "山田太郎𠮷".encode(), bytes(100_000)])
    def test_what_is_sealed_can_be_opened(self, plain: bytes) -> None:
        assert self.ring.open(self.ring.seal(plain, context=b"a"), context=b"a") == plain

    def test_same_value_never_looks_the_same(self) -> None:
        assert self.ring.seal(b"x", context=b"a") != self.ring.seal(b"x", context=b"a")

    def test_any_flipped_bit_is_noticed(self) -> None:
        sealed = self.ring.seal(b"secret", context=b"a")
        for position in range(len(sealed)):
            changed = bytearray(sealed)
            changed[position] ^= 1
            with pytest.raises(DecryptionError):
                self.ring.open(bytes(changed), context=b"a")

    def test_any_cut_is_noticed(self) -> None:
        sealed = self.ring.seal(b"secret", context=b"a")
        for length in range(len(sealed)):
            with pytest.raises(DecryptionError):
                self.ring.open(sealed[:length], context=b"a")

    def test_another_context_does_not_open(self) -> None:
        with pytest.raises(DecryptionError):
            self.ring.open(self.ring.seal(b"x", context=b"a"), context=b"b")

    def test_rotation_old_values_open_new_ones_use_the_new_key(self) -> None:
        old = Keyring([key(1)]).seal(b"x", context=b"a")
        rotated = Keyring([key(2), key(1)])
        assert rotated.open(old, context=b"a") == b"x"
        new = rotated.seal(b"x", context=b"a")
        assert Keyring.key_id(new) == "k2"
        with pytest.raises(DecryptionError, match="'k2'"):
            Keyring([key(1)]).open(new, context=b"a")

    def test_another_key_under_the_same_id_does_not_open(self) -> None:
        with pytest.raises(DecryptionError):
            Keyring([key(2, "k1")]).open(Keyring([key(1)]).seal(b"x", context=b"a"), context=b"a")

    @pytest.mark.parametrize(
        "entries",
        [
            [],
            ["k1"],
            ["k1:"],
            ["k1:not base64"],
            ["k1:鍵"],
            [f"k1:{base64.b64encode(bytes(16)).decode()}"],
            [f":{base64.b64encode(bytes(32)).decode()}"],
            [key(1, "鍵")],
            [key(1, "k" * 256)],
            [key(1), key(2, "k1")],
        ],
    )
    def test_unusable_keys_are_refused_without_being_repeated(self, entries: list[str]) -> None:
        with pytest.raises(ImproperlyConfigured) as caught:
            Keyring(entries)
        assert not any(entry and entry in str(caught.value) for entry in entries)

    def test_settings_are_read_again_when_they_change(self, settings: Settings) -> None:
        settings.FIELD_ENCRYPTION_KEYS = [key(5)]
        assert keyring().primary_id == "k5"


def mail(**fields: object) -> OutgoingMail:
    pk = fields.pop("pk", uuid.uuid4())
    values = {"recipient": "taro@shop.example", "subject": "件名", "body_text": "本文", **fields}
    return OutgoingMail(pk=pk, template="t", language="ja", message_id=f"<{pk}@shop.example>", **values)


@pytest.mark.django_db
class TestField:
    def column(self, pk: uuid.UUID, name: str = "recipient") -> bytes | None:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {name} FROM core_outgoingmail WHERE id = %s", [pk])
            value = cursor.fetchone()[0]
        return None if value is None else bytes(value)

    def test_column_holds_ciphertext_and_the_instance_text(self) -> None:
        saved = mail()
        saved.save()
        assert saved.recipient == "taro@shop.example"
        assert b"taro" not in (self.column(saved.pk) or b"")
        loaded = OutgoingMail.objects.get()
        assert (loaded.recipient, loaded.subject, loaded.body_html) == ("taro@shop.example", "件名", None)

    def test_empty_text_is_not_none(self) -> None:
        mail(recipient="").save()
        assert OutgoingMail.objects.get().recipient == ""

    def test_unread_value_is_saved_as_it_lies_there(self) -> None:
        saved = mail()
        saved.save()
        before = self.column(saved.pk)
        OutgoingMail.objects.get().save()
        assert self.column(saved.pk) == before

    def test_values_swapped_between_rows_or_columns_do_not_open(self) -> None:
        one, two = mail(), mail()
        one.save()
        two.save()
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE core_outgoingmail SET recipient = %s, subject = body_text WHERE id = %s",
                [self.column(two.pk), one.pk],
            )
        swapped = OutgoingMail.objects.get(pk=one.pk)
        with pytest.raises(DecryptionError):
            _ = swapped.recipient
        with pytest.raises(DecryptionError):
            _ = swapped.subject
        assert swapped.body_text == "本文"

    def test_key_in_any_form_is_the_same_row(self) -> None:
        pk = uuid.uuid4()
        mail(pk=pk.hex.upper()).save()
        assert OutgoingMail.objects.get(pk=pk).recipient == "taro@shop.example"

    def test_rotation_by_saving_what_was_read(self, settings: Settings) -> None:
        settings.FIELD_ENCRYPTION_KEYS = [key(1)]
        saved = mail()
        saved.save()
        settings.FIELD_ENCRYPTION_KEYS = [key(2), key(1)]
        loaded = OutgoingMail.objects.get()
        assert loaded.recipient == "taro@shop.example"
        loaded.save()
        settings.FIELD_ENCRYPTION_KEYS = [key(2)]
        assert OutgoingMail.objects.get().recipient == "taro@shop.example"
        # What was not read is sealed anew with the rest: nothing that is saved brings an old key back.
        assert OutgoingMail.objects.get().subject == saved.subject

    def test_bulk_create_encrypts_each_row_for_itself(self) -> None:
        OutgoingMail.objects.bulk_create([mail(recipient=f"{n}@shop.example") for n in range(3)])
        assert {one.recipient for one in OutgoingMail.objects.all()} == {f"{n}@shop.example" for n in range(3)}
        assert len({self.column(one.pk) for one in OutgoingMail.objects.all()}) == 3

    @pytest.mark.parametrize("value", ["plain", b"plain"])
    def test_update_with_a_plain_value_is_refused(self, value: object) -> None:
        mail().save()
        with pytest.raises(TypeError, match="encrypted"):
            OutgoingMail.objects.update(recipient=value)

    def test_update_to_none_empties(self) -> None:
        mail().save()
        OutgoingMail.objects.update(recipient=None)
        assert OutgoingMail.objects.get().recipient is None

    def test_bulk_update_is_refused(self) -> None:
        saved = mail()
        saved.save()
        saved.recipient = "other@shop.example"
        with pytest.raises(TypeError, match="encrypted"):
            OutgoingMail.objects.bulk_update([saved], ["recipient"])

    @pytest.mark.parametrize("lookup", ["recipient", "recipient__in", "recipient__contains", "recipient__gt"])
    def test_looking_for_a_value_is_refused(self, lookup: str) -> None:
        with pytest.raises(FieldError):
            OutgoingMail.objects.filter(**{lookup: "taro@shop.example"})

    def test_looking_for_emptied_rows_works(self) -> None:
        mail().save()
        mail(recipient=None).save()
        assert OutgoingMail.objects.filter(recipient__isnull=True).count() == 1
        assert OutgoingMail.objects.exclude(recipient__isnull=True).count() == 1

    def test_deferred_value_is_loaded_when_it_is_read(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        mail().save()
        loaded = OutgoingMail.objects.defer("recipient").get()
        with django_assert_num_queries(1):
            assert loaded.recipient == "taro@shop.example"
        with django_assert_num_queries(0):
            assert loaded.recipient == "taro@shop.example"

    def test_deferred_value_survives_a_save(self) -> None:
        mail().save()
        loaded = OutgoingMail.objects.defer("recipient").get()
        loaded.template = "other"
        loaded.save()
        assert OutgoingMail.objects.get().recipient == "taro@shop.example"

    def test_refreshing_reads_again(self) -> None:
        saved = mail()
        saved.save()
        other = OutgoingMail.objects.get()
        other.recipient = "hanako@shop.example"
        other.save(update_fields=["recipient"])
        saved.refresh_from_db()
        assert saved.recipient == "hanako@shop.example"

    def test_copy_of_an_unread_row_is_refused_instead_of_lost(self) -> None:
        mail().save()
        copy = OutgoingMail.objects.get()
        copy.pk, copy.message_id = uuid.uuid4(), "<copy@shop.example>"
        copy._state.adding = True
        with pytest.raises(ValueError, match="read it"):
            copy.save()

    def test_only_text_is_taken(self) -> None:
        with pytest.raises(TypeError, match="holds text"):
            mail(recipient=b"taro").save()

    def test_cleaning_does_not_change_the_value(self) -> None:
        saved = mail(recipient="dGFybw==", body_html="x")
        saved.full_clean()
        assert saved.recipient == "dGFybw=="

    def test_nothing_is_serialised(self) -> None:
        saved = mail()
        saved.save()
        with pytest.raises(TypeError, match="not serialised"):
            serializers.serialize("json", [saved])

    def test_raw_values_are_marked_as_sealed(self) -> None:
        mail().save()
        assert isinstance(OutgoingMail.objects.values_list("recipient", flat=True).get(), SealedBytes)
