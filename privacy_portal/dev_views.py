"""Pages for those who build the portal; the URLs exist only with DEBUG."""

import datetime
from types import SimpleNamespace

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from privacy_portal.core.portal.form_mixin import PortalFormMixin


class GalleryForm(PortalFormMixin, forms.Form):
    """One field of every kind that the portal uses."""

    half_width_fields = ("postal_code",)
    digit_fields = ("code",)

    name = forms.CharField(label=_("氏名"), help_text=_("本人確認に使います。"), max_length=10)
    kana = forms.CharField(label=_("氏名（カナ）"), required=False)
    postal_code = forms.RegexField(
        r"^[0-9]{3}-?[0-9]{4}$",
        label=_("郵便番号"),
        help_text=_("例：123-4567。全角でもかまいません。"),
        error_messages={"invalid": _("郵便番号は7桁の数字で入力してください。例：123-4567")},
        widget=forms.TextInput(attrs={"class": "pp-w-postal", "autocomplete": "postal-code"}),
    )
    code = forms.CharField(
        label=_("確認コード"), widget=forms.TextInput(attrs={"class": "pp-w-code", "inputmode": "numeric"})
    )
    role = forms.ChoiceField(
        label=_("どなたの情報ですか"),
        choices=[("self", _("わたし自身")), ("agent", _("代理を頼まれた人")), ("recipient", _("贈り物を受け取った人"))],
        widget=forms.RadioSelect,
    )
    items = forms.MultipleChoiceField(
        label=_("知りたい内容"),
        help_text=_("選ばないときは、すべてお答えします。"),
        choices=[("all", _("すべて")), ("orders", _("注文の記録")), ("inquiries", _("問合せの記録"))],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    prefecture = forms.ChoiceField(
        label=_("都道府県"), choices=[("", _("選んでください")), ("13", _("東京都")), ("27", _("大阪府"))]
    )
    details = forms.CharField(label=_("くわしい内容"), widget=forms.Textarea(attrs={"rows": 4}), required=False)
    document = forms.FileField(label=_("本人確認書類"), help_text=_("画像またはPDF、10 MBまで。"))
    agree = forms.BooleanField(label=_("書いた内容に間違いはありません"))

    def clean(self) -> dict[str, object]:
        self.add_error(None, _("もう一度確認してください。"))
        return self.cleaned_data


def components(request: HttpRequest) -> HttpResponse:
    """Every component of the portal with sample values; ``?errors=1`` shows the form after a failed try."""
    now = timezone.now()
    wrong = {"name": "あ" * 12, "postal_code": "１２３", "items": ["nonsense"]}
    if request.GET.get("messages"):
        messages.success(request, _("保存しました。"))
        messages.error(request, _("送信できませんでした。もう一度お試しください。"))
    context = {
        "form": GalleryForm(wrong if request.GET.get("errors") else None),
        "steps": [
            {"label": _("あなたについて"), "url": "#"},
            {"label": _("連絡先"), "url": "#"},
            {"label": _("知りたい内容")},
            {"label": _("受け取り方")},
            {"label": _("確認")},
        ],
        "rows": [
            {"label": _("氏名"), "value": "渡邉 𠮷子", "change_url": "#"},
            {
                "label": _("現在の住所"),
                "value": "〒060-0001\n北海道札幌市中央区北一条西2丁目1-1 時計台マンション 101号室",
                "change_url": "#",
            },
            {"label": _("会員番号"), "value": "", "change_url": "#"},
        ],
        "events": [
            {
                "title": _("請求を受け付けました"),
                "at": now - datetime.timedelta(days=3),
                "body": _("控えをメールでお送りしました。"),
            },
            {"title": _("本人確認が終わりました"), "at": now - datetime.timedelta(days=2)},
            {
                "title": _("内容を調べています"),
                "at": now,
                "state": "current",
                "body": _("担当者がお答えを準備しています。"),
            },
            {"title": _("お答えをお送りします"), "when": _("12月4日ごろまで"), "state": "future"},
        ],
        "tasks": [
            {"label": _("メールアドレスの確認"), "status": _("完了"), "tone": "success"},
            {
                "label": _("本人確認書類を送る"),
                "url": "#",
                "hint": _("運転免許証など"),
                "status": _("これから"),
                "tone": "info",
            },
            {"label": _("手数料の確認"), "status": _("まだ始められません")},
        ],
        "tones": ["neutral", "info", "success", "warning", "danger"],
        "page_obj": Paginator(range(200), 10).page(7),
        "actions": [
            {
                "title": _("持っている情報を見る"),
                "url": "#",
                "term": _("保有個人データの開示"),
                "facts": [
                    {"label": _("費用"), "value": _("事前にお知らせ")},
                    {"label": _("日数"), "value": _("10営業日ほど")},
                    {"label": _("確認"), "value": _("登録情報との照合")},
                ],
            },
            {
                "title": _("使い道を知る"),
                "url": "#",
                "term": _("利用目的の通知"),
                "facts": [{"label": _("費用"), "value": _("無料")}, {"label": _("日数"), "value": _("5営業日ほど")}],
            },
            {
                "title": _("間違いを直す、足す、消す"),
                "url": "#",
                "term": _("訂正・追加・削除"),
                "facts": [{"label": _("費用"), "value": _("無料")}],
            },
        ],
        "thread": [
            SimpleNamespace(
                sender=_("個人情報管理者"), at=now, mine=False, body=_("ご注文の時期をお知らせいただけますか。")
            ),
            SimpleNamespace(
                sender=_("あなた"), at=now, mine=True, body=_("昨年の12月ごろです。\nお歳暮として受け取りました。")
            ),
        ],
        "table": [
            ("株式会社はやぶさ物流", _("商品の配送"), _("氏名、住所、電話番号")),
            ("Example Mail, Inc.", _("メールの配信"), _("氏名、メールアドレス")),
        ],
    }
    return render(request, "dev/components.html", context)
