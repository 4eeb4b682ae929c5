"""The registers' long work, and what can go wrong with single rows of an import."""

from django.utils.translation import gettext_lazy as _

from privacy_portal.core.job_registry import register

TRIAL = "customers.import_trial"
IMPORT = "customers.import"
POLICY_NOTICE = "policy.notice"
INCIDENT_NOTICE = "incident.notice"

ROW_PROBLEMS = {
    # the row is not imported
    "column_count": _("列の数が見出しと合いません（途中で切れた行など）。"),
    "quote_not_closed": _('引用符（"）が閉じられていません。'),
    "line_too_long": _("行が長すぎます。"),
    "undecodable": _("文字コードとして読めない文字があります。"),
    "external_id_missing": _("IDがありません。"),
    "external_id_repeated": _("同じIDの行が前にあります。"),
    "nobody": _("氏名、メールアドレス、電話番号、住所のどれもありません。"),
    # the row is imported, the value is not
    "too_long": _("値が長すぎます。"),
    "telephone_invalid": _("電話番号として読めません。"),
    "postal_code_invalid": _("郵便番号は7桁の数字です。"),
    "email_invalid": _("メールアドレスとして読めません。"),
    "date_impossible": _("ありえない日付です。"),
    "date_unreadable": _("日付として読めません。"),
    "date_in_future": _("未来の日付です。"),
    "date_too_old": _("昔すぎる日付です。"),
    "prefecture_unknown": _("都道府県として読めません。"),
    "number_unreadable": _("数として読めません。書かれていたままの文字で残します。"),
    # the value is imported with a reservation
    "code_and_name_disagree": _("IDと名称が合いません。名称を採りました（会員ステータスは、どちらかが退会なら退会）。"),
    "order_rows_disagree": _("同じ注文の行で購入者が違います。最初の行を採りました。"),
    "my_number_masked": _("マイナンバーのような12桁の番号を消しました。"),
    # how the row fits to what is held
    "possible_duplicate": _("同じ人かもしれない顧客がいます。確かでないので別の人として扱いました。"),
    "kept_email": _(
        "メールアドレスが変わりました。本人確認に使う値なので、登録は前のまま残し、新しい値は記録に入れました。"
        "本人に確かめてから直してください。"
    ),
    "kept_correction": _("本人または担当者が直した値と違います。直した値を残しました。"),
    "kept_consent": _("本人があとで決めたメールマガジンの希望と違います。本人の希望を残しました。"),
}

register(TRIAL, _("顧客データの取込の確認"), ROW_PROBLEMS)
register(IMPORT, _("顧客データの取込"), ROW_PROBLEMS)
register(
    POLICY_NOTICE,
    _("プライバシーポリシー変更のお知らせ"),
    {"address_unusable": _("メールアドレスとして使えません。別の方法でお知らせしてください。")},
)
register(
    INCIDENT_NOTICE,
    _("事故の本人へのお知らせ"),
    {"address_unusable": _("メールアドレスとして使えません。別の方法でお知らせしてください。")},
)
