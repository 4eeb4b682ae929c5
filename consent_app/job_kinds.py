"""The registers' long work, and what can go wrong with single rows of an import."""

from django.utils.translation import gettext_lazy as _

from privacy_portal.core.job_registry import register

from .domain.gate_words import REASON_WORDS

TRIAL = "customers.import_trial"
IMPORT = "customers.import"
POLICY_NOTICE = "policy.notice"
LEDGER_TRIAL = "ledgers.trial"
LEDGER_RUN = "ledgers.run"
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
    "suppressed_after_erasure": _(
        "請求により消去した人の行です。戻しませんでした。消去のあとの注文があれば、新しい顧客として取り込みます。"
    ),
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

# What keeps a row of a list out of the ledgers, whatever the gate says.
LEDGER_PROBLEMS = {
    **{code: ROW_PROBLEMS[code] for code in ("column_count", "quote_not_closed", "line_too_long", "undecodable")},
    **{code: ROW_PROBLEMS[code] for code in ("too_long", "date_impossible", "date_unreadable", "date_too_old")},
    "customer_missing": _("顧客番号がありません。"),
    "customer_unknown": _("この番号のお客さまはいません。"),
    "customer_ambiguous": _("この番号のお客さまが二人以上います。「取得元:番号」の形で書いてください。"),
    "party_missing": _("相手の名称がありません。"),
    "address_missing": _("相手の住所がありません（規則第20条、第24条）。"),
    "country_unreadable": _("国は、JPのような2文字で書いてください。"),
    "items_missing": _("データ項目がありません。"),
    "item_unknown": _("データ項目の台帳にないものがあります。"),
    "basis_unknown": _("いまのポリシーにない場合です。根拠の台帳のコードを書いてください。"),
    "basis_nothing_personal": _("個人がわからない統計は個人データの提供でないので、記録するものがありません。"),
    "ground_missing": _("条文がありません。法律の例外にならない場合は、代わりになる条文を選んでください。"),
    "ground_not_of_basis": _("その条文は、この場合の根拠になりません。"),
    "evidence_missing": _("根拠の証拠（書面の日付や番号など）がありません。"),
    "purpose_unknown": _("利用目的の台帳にないコードです。"),
    "purpose_missing": _("ご本人が同意した利用目的がありません（法第31条）。"),
    "subcontractor_unknown": _("委託先の台帳にありません。"),
    "subcontractor_missing": _("委託（法第27条第5項第1号）を根拠にするときは、委託先と利用目的が要ります。"),
    "joint_user_missing": _("共同利用（法第27条第5項第3号）を根拠にするときは、共同で使う会社と利用目的が要ります。"),
    "method_unknown": _("記録のしかたは、each、batch、contractのどれかです。"),
    "date_not_today": _("これから渡す提供の日付は今日です。すでに渡したものは、事実として記録してください。"),
    "date_in_future": _("先の日付です。"),
    "until_before_date": _("最後の日が、最初の日より前です。"),
    "until_missing": _("まとめて記録するときは、最後の日が要ります。"),
    "not_confirmed": _("提供元に確かめられないデータは、受け取れません（法第30条第1項）。"),
    "kind_unknown": _("区分は、consent、opt_out、referable、privateのどれかです。"),
    "how_acquired_missing": _("提供元が取得した経緯がありません（法第30条第1項第2号）。"),
    "recorded_before": _("同じ内容がもう記録されています。"),
}
LEDGER_CODES = {**LEDGER_PROBLEMS, **{str(code): words for code, words in REASON_WORDS.items()}}

register(LEDGER_TRIAL, _("提供・受領の一括記録の確認"), LEDGER_CODES)
register(LEDGER_RUN, _("提供・受領の一括記録"), LEDGER_CODES)
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
