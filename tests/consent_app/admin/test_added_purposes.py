"""The pages of added purposes, and judging the versions of a wording."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from consent_app.models import AddedPurpose, Purpose
from consent_app.services import gate, wordings
from tests.consent_app.services.test_added_purposes import announce, draft
from tests.factories.consent import ConsentFactory, DataItemFactory, PurposeFactory

pytestmark = pytest.mark.django_db

NOW = timezone.now()


class TestAdmin:
    LIST = reverse("admin:consent_app_addedpurpose_changelist")

    def url(self, row: AddedPurpose, name: str) -> str:
        return reverse(f"admin:consent_app_addedpurpose_{name}", args=[row.pk])

    def test_draft_announce_close(self, manager_client: Client) -> None:
        item = DataItemFactory()
        manager_client.post(
            reverse("admin:consent_app_addedpurpose_add"),
            {"text_ja": "企画", "text_en": "Event", "explanation_ja": "説明", "items": [item.pk]},
        )
        row = AddedPurpose.objects.get()
        assert "日本語と英語の説明" in manager_client.get(self.url(row, "change")).content.decode()
        data = {"explanation_en": "Words", "explanation_ja": "説明", "text_ja": "企画", "text_en": "Event"}
        manager_client.post(self.url(row, "change"), {**data, "items": [item.pk], "seen_revision": row.revision})
        row.refresh_from_db()
        assert "もう変えられません" in manager_client.get(self.url(row, "announce")).content.decode()
        response = manager_client.post(self.url(row, "announce"), {"seen": row.revision}, follow=True)
        assert "公表しました" in response.content.decode()
        row.refresh_from_db()
        assert row.purpose is not None
        assert manager_client.post(self.url(row, "change"), {**data, "items": [item.pk]}).status_code == 403
        assert "元には戻せません" in manager_client.get(self.url(row, "close")).content.decode()
        response = manager_client.post(self.url(row, "close"), follow=True)
        assert "終えました" in response.content.decode()
        response = manager_client.post(self.url(row, "announce"), {"seen": 1}, follow=True)
        assert "ほかの人が先に保存しました" in response.content.decode()

    def test_who_may(self, staff_client: Callable[..., Client]) -> None:
        row = draft()
        viewer = staff_client("view_addedpurpose")
        assert viewer.get(self.LIST).status_code == 200
        for name in ("announce", "close"):
            assert viewer.post(self.url(row, name), {"seen": row.revision}).status_code == 403
        assert staff_client("view_customer").get(self.LIST).status_code == 403
        assert staff_client("change_addedpurpose").get(f"{self.LIST}99/announce/").status_code == 404

    def test_list(self, manager_client: Client, django_assert_num_queries: Any) -> None:
        announce(draft())
        manager_client.get(self.LIST)
        with django_assert_num_queries(5):
            assert "公表中" in manager_client.get(self.LIST).content.decode()
        for _ in range(29):
            draft()
        with django_assert_num_queries(5):
            assert manager_client.get(self.LIST).context["cl"].result_count == 30


class TestJudging:
    def test_a_change_of_words(self, manager_client: Client, staff_client: Callable[..., Client]) -> None:
        purpose = PurposeFactory(code="news", needs_consent=True, text_ja="お知らせ", text_en="News")
        wordings.keep_version(purpose=purpose, now=NOW)
        customer = ConsentFactory(purpose=purpose, at=NOW).customer
        purpose.text_ja = "ご案内"
        purpose.save()
        wordings.keep_version(purpose=Purpose.objects.get(pk=purpose.pk), now=timezone.now())
        page = reverse("admin:consent_app_purpose_change", args=[purpose.pk])
        judge = reverse("admin:consent_app_purpose_judge", args=[purpose.pk, 2])
        assert judge in manager_client.get(page).content.decode()
        listed = reverse("admin:consent_app_purpose_changelist")
        assert manager_client.get(listed, {"care": "consent.wording_gone"}).context["cl"].result_count == 1
        assert "お知らせ" in manager_client.get(judge).content.decode()
        assert "理由を書いてください" in manager_client.post(judge, {}, follow=True).content.decode()
        viewer = staff_client("view_purpose")
        assert judge not in viewer.get(page).content.decode()
        assert viewer.post(judge, {"reason": "x"}).status_code == 403
        response = manager_client.post(judge, {"reason": "言い換えだけ"}, follow=True)
        assert "意味の変わらない変更と判断：言い換えだけ" in response.content.decode()
        assert gate.may_use(customer=customer.pk, purpose="news", at=timezone.now()).allowed
        assert manager_client.get(reverse("admin:consent_app_purpose_judge", args=[purpose.pk, 9])).status_code == 404
