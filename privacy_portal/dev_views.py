"""Pages for those who build the portal; the URLs exist only with DEBUG."""

import datetime
from types import SimpleNamespace

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import lazy
from django.utils.translation import get_language

from privacy_portal.core.portal.form_mixin import PortalFormMixin


def _choose(ja: str, en: str) -> str:
    return en if (get_language() or "").startswith("en") else ja


_lazy_choose = lazy(_choose, str)


def both(ja: str, en: str) -> str:
    """A sample text in the active language, kept out of the product's catalogue on purpose."""
    return _lazy_choose(ja, en)


# What stands in the gallery's template.
WORDS = {
    "heading": both("個人情報の窓口の部品", "Parts of the privacy portal"),
    "lead": both(
        "ご自分の情報について、見る・直す・止めるための手続きをここで行えます。手続きの途中でいつでも保存できます。",
        "Here you can see, correct or stop the use of the information about you. You can save and continue later.",
    ),
    "draft": both("下書き", "Draft"),
    "received": both("受付済み", "Received"),
    "answered": both("お答え済み", "Answered"),
    "waiting": both("あなたの返事待ち", "Waiting for your reply"),
    "overdue": both("期限切れ", "Overdue"),
    "closed": both("12月29日から1月3日はお休みです", "We are closed from 29 December to 3 January"),
    "closed_more": both(
        "この間にいただいた請求は、1月4日から順に確認します。", "We look at requests from these days from 4 January on."
    ),
    "saved": both("下書きを保存しました。", "We saved your draft."),
    "expiring": both("あと2日で下書きが消えます", "Your draft will be deleted in 2 days"),
    "expiring_more": both("続ける場合は、期限までに送信してください。", "To keep it, send it before then."),
    "failed": both(
        "ファイルを受け取れませんでした。もう一度お試しください。", "We could not receive the file. Please try again."
    ),
    "receipt_note": both("この番号は、お問い合わせのときに使います。", "Use this number when you contact us."),
    "file": both("お答えの一式", "Your answer"),
    "file_facts": both("ZIP、1.2 MB、2026年12月10日まで", "ZIP, 1.2 MB, until 10 December 2026"),
    "table": both("委託先", "Subcontractors"),
    "table_name": both("名称", "Name"),
    "table_work": both("委託する業務", "Work"),
    "table_items": both("渡す情報", "Information passed on"),
    "empty": both("まだ請求はありません", "No requests yet"),
    "empty_more": both(
        "請求を始めると、ここに進み具合が表示されます。", "Once you start a request, you see here how far it is."
    ),
    "start": both("請求を始める", "Start a request"),
    "details": both("本人確認とは", "What is an identity check?"),
    "details_more": both(
        "ほかの人に情報を渡さないための確認です。", "It makes sure that nobody else gets your information."
    ),
    "state": both("いまの状況", "Where it stands"),
    "state_more": both("担当者が内容を調べています。", "A member of staff is looking into it."),
    "yours": both("あなたにお願いしたいこと", "What we need from you"),
    "yours_more": both("手数料の額を確認してください。", "Please check the fee."),
    "yours_action": both("額を確認する", "Check the fee"),
    "aside": both("補足の説明です。", "A further explanation."),
    "next": both("次へ進む", "Continue"),
    "save": both("保存してあとで続ける", "Save and continue later"),
    "cancel": both("やめる", "Cancel"),
    "withdraw": both("請求を取り下げる", "Withdraw the request"),
    "disabled": both("送信できません", "Cannot be sent"),
    "print": both("印刷する", "Print"),
}


class GalleryForm(PortalFormMixin, forms.Form):
    """One field of every kind that the portal uses."""

    half_width_fields = ("postal_code",)
    digit_fields = ("code",)

    name = forms.CharField(
        label=both("氏名", "Name"),
        help_text=both("本人確認に使います。", "We use it to check who you are."),
        max_length=10,
    )
    kana = forms.CharField(label=both("氏名（カナ）", "Name in katakana"), required=False)
    postal_code = forms.RegexField(
        r"^[0-9]{3}-?[0-9]{4}$",
        label=both("郵便番号", "Postal code"),
        help_text=both("例：123-4567。全角でもかまいません。", "For example 123-4567."),
        error_messages={
            "invalid": both(
                "郵便番号は7桁の数字で入力してください。例：123-4567",
                "Enter the postal code as 7 digits, for example 123-4567.",
            )
        },
        widget=forms.TextInput(attrs={"class": "pp-w-postal", "autocomplete": "postal-code"}),
    )
    code = forms.CharField(
        label=both("確認コード", "Code"), widget=forms.TextInput(attrs={"class": "pp-w-code", "inputmode": "numeric"})
    )
    role = forms.ChoiceField(
        label=both("どなたの情報ですか", "Whose information is it?"),
        choices=[
            ("self", both("わたし自身", "My own")),
            ("agent", both("代理を頼まれた人", "Somebody’s who asked me to act")),
            ("recipient", both("贈り物を受け取った人", "Somebody’s who received a gift")),
        ],
        widget=forms.RadioSelect,
    )
    items = forms.MultipleChoiceField(
        label=both("知りたい内容", "What you want to see"),
        help_text=both("選ばないときは、すべてお答えします。", "If you choose nothing, we answer everything."),
        choices=[
            ("all", both("すべて", "Everything")),
            ("orders", both("注文の記録", "Records of orders")),
            ("inquiries", both("問合せの記録", "Records of inquiries")),
        ],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    prefecture = forms.ChoiceField(
        label=both("都道府県", "Prefecture"),
        choices=[
            ("", both("選んでください", "Please choose")),
            ("13", both("東京都", "Tokyo")),
            ("27", both("大阪府", "Osaka")),
        ],
    )
    details = forms.CharField(
        label=both("くわしい内容", "Details"), widget=forms.Textarea(attrs={"rows": 4}), required=False
    )
    document = forms.FileField(
        label=both("本人確認書類", "Proof of identity"),
        help_text=both("画像またはPDF、10 MBまで。", "A picture or PDF, up to 10 MB."),
    )
    agree = forms.BooleanField(label=both("書いた内容に間違いはありません", "What I wrote is correct"))

    def clean(self) -> dict[str, object]:
        self.add_error(None, both("もう一度確認してください。", "Please check once more."))
        return self.cleaned_data


def components(request: HttpRequest) -> HttpResponse:
    """Every component of the portal with sample values; ``?errors=1`` shows the form after a failed try."""
    now = timezone.now()
    wrong = {"name": "あ" * 12, "postal_code": "１２３", "items": ["nonsense"]}
    if request.GET.get("messages"):
        messages.success(request, both("保存しました。", "Saved."))
        messages.error(
            request, both("送信できませんでした。もう一度お試しください。", "We could not send it. Please try again.")
        )
    context = {
        "words": WORDS,
        "form": GalleryForm(wrong if request.GET.get("errors") else None),
        "steps": [
            {"label": both("あなたについて", "About you"), "url": "#"},
            {"label": both("連絡先", "Contact"), "url": "#"},
            {"label": both("知りたい内容", "What you want to see")},
            {"label": both("受け取り方", "How to receive it")},
            {"label": both("確認", "Check")},
        ],
        "rows": [
            {"label": both("氏名", "Name"), "value": "渡邉 𠮷子", "change_url": "#"},
            {
                "label": both("現在の住所", "Current address"),
                "value": "〒060-0001\n北海道札幌市中央区北一条西2丁目1-1 時計台マンション 101号室",
                "change_url": "#",
            },
            {"label": both("会員番号", "Member number"), "value": "", "change_url": "#"},
        ],
        "events": [
            {
                "title": both("請求を受け付けました", "We received your request"),
                "at": now - datetime.timedelta(days=3),
                "body": both("控えをメールでお送りしました。", "We sent you a copy by e-mail."),
            },
            {
                "title": both("本人確認が終わりました", "We have checked who you are"),
                "at": now - datetime.timedelta(days=2),
            },
            {
                "title": both("内容を調べています", "We are looking into it"),
                "at": now,
                "state": "current",
                "body": both("担当者がお答えを準備しています。", "A member of staff is preparing the answer."),
            },
            {
                "title": both("お答えをお送りします", "We send you the answer"),
                "when": both("12月4日ごろまで", "By about 4 December"),
                "state": "future",
            },
        ],
        "tasks": [
            {
                "label": both("メールアドレスの確認", "Checking your e-mail address"),
                "status": both("完了", "Done"),
                "tone": "success",
            },
            {
                "label": both("本人確認書類を送る", "Send proof of identity"),
                "url": "#",
                "hint": both("運転免許証など", "A driving licence, for example"),
                "status": both("これから", "To do"),
                "tone": "info",
            },
            {
                "label": both("手数料の確認", "Checking the fee"),
                "status": both("まだ始められません", "Cannot start yet"),
            },
        ],
        "page_obj": Paginator(range(200), 10).page(7),
        "wishes": [
            {
                "title": both("見る・知る", "See and know"),
                "wishes": [
                    {
                        "label": both("持っている情報を見る", "See what we hold"),
                        "url": "#",
                        "term": both("開示", "Disclosure"),
                    },
                    {
                        "label": both("使い道を知る", "Know what it is used for"),
                        "url": "#",
                        "term": both("利用目的の通知", "Notice of the purpose of use"),
                    },
                ],
            },
            {
                "title": both("直す", "Correct"),
                "wishes": [
                    {
                        "label": both("間違いを直す", "Correct a mistake"),
                        "url": "#",
                        "term": both("訂正", "Correction"),
                    }
                ],
            },
        ],
        "thread": [
            SimpleNamespace(
                sender=both("個人情報管理者", "Personal Information Manager"),
                at=now,
                mine=False,
                body=both("ご注文の時期をお知らせいただけますか。", "Could you tell us when you ordered?"),
            ),
            SimpleNamespace(
                sender=both("あなた", "You"),
                at=now,
                mine=True,
                body=both(
                    "昨年の12月ごろです。\nお歳暮として受け取りました。",
                    "Around December last year.\nI received it as a year-end gift.",
                ),
            ),
        ],
        "table": [
            (
                "株式会社はやぶさ物流",
                both("商品の配送", "Delivery of goods"),
                both("氏名、住所、電話番号", "Name, address, telephone number"),
            ),
            (
                "Example Mail, Inc.",
                both("メールの配信", "Sending of mail"),
                both("氏名、メールアドレス", "Name, e-mail address"),
            ),
        ],
    }
    return render(request, "dev/components.html", context)
