"""The audit actions of the registers."""

import uuid

from django.utils.translation import gettext_lazy as _

from privacy_portal.core.audit_registry import register, words

from .domain.profile import CHANGEABLE_ITEMS
from .domain.referable import ReferableReason
from .models import CustomerLook, ExportKind

register("profile.loaded", _("事業者プロフィールを読み込んだ"), created=int, changed=int, retired=int)
register("retention.changed", _("保存期間を変えた"), identity_days=int, files_days=int, case_months=int)
register("retention.denied", _("保存期間を変えようとしたが、権限がなかった"))
register("customer.viewed", _("お客さまの個人データを見た"))
register("recipient.erased", _("注文の贈り先のデータを消去した"))
register(
    "customer.look_justified",
    _("お客さまの個人データを見る理由を書いた"),
    reason=words(CustomerLook.Reason),
    case=uuid.UUID,
)
register("customer.erased", _("個人データを消去した"), erasure=uuid.UUID, everything=bool, rows=int, later=int)
register("erasure.completed", _("保存義務が終わったものを消去した"), records=int, consents=int, customers=int)
register("erasure.mark_looked_up", _("消去した人として取込から除かれるかを調べた"), kind=words(["email", "id"]))
register("erasure.mark_lifted", _("消去した人の印を外した"), kind=words(["email", "id"]))
register("erasure.denied", _("消去した人の印の操作を断られた"))
register("customer.denied", _("お客さまの個人データを見ようとしたが、権限がなかった"))

register(
    "customer.changed",
    _("登録情報を変更した"),
    items=[words(CHANGEABLE_ITEMS)],
    channel=words(["self", "staff", "request"]),
)
register("recipient.changed", _("注文の贈り先のデータを変更した"), items=[words(["name", "address", "telephone"])])
register("email_change.started", _("メールアドレスの変更を始めた"))
register("email_change.limited", _("回数が多すぎるため、メールアドレスの変更を受け付けなかった"))
register("email_change.code_sent", _("メールアドレスの変更のコードを送った"), address=words(["new", "old"]))
register("email_change.code_refused", _("メールアドレスの変更のコードが違った"), address=words(["new", "old"]))
register("email_change.code_accepted", _("メールアドレスの変更のコードを確かめた"), address=words(["new", "old"]))
register("email_change.given_up", _("メールアドレスの変更を取りやめた"))
register("email_change.taken", _("ほかで使われているため、メールアドレスを変更しなかった"))
register("email_change.undone", _("メールアドレスの変更を元に戻した"))
register("email_change.undo_refused", _("メールアドレスの変更を元に戻すリンクが使えなかった"))

_formats = words(["shopify", "eccube", "base"])
register("customers.import_uploaded", _("顧客データの取込ファイルを受け取った"), format=_formats)
register("customers.import_previewed", _("取込ファイルの最初の行を見た"))
register("customers.import_started", _("顧客データの取込を始めた"), format=_formats)
register("customers.import_given_up", _("顧客データの取込を取りやめた"))
register("customers.import_denied", _("顧客データの取込を断られた"))
register("customers.import_reported", _("取込の問題の一覧をダウンロードした"))
register(
    "customers.imported",
    _("顧客データを取り込んだ"),
    format=_formats,
    created=int,
    merged=int,
    updated=int,
    unchanged=int,
    rejected=int,
    possible_duplicates=int,
    problems=int,
)

_kinds = words(["use", "provision"])
register("suspension.set", _("利用または提供を止めた"), kind=_kinds)
register(
    "suspension.ended",
    _("利用または提供の停止を終えた"),
    kind=_kinds,
    reason=words(["wish", "ground_gone", "mistake"]),
)
register("consent.given", _("ご本人が同意した"), purpose=int)
register("consent.withdrawn", _("ご本人が同意を取り下げた"), purpose=int)
register(
    "consent.recorded",
    _("書面や電話などでの同意または撤回を記録した"),
    purpose=int,
    event=words(["given", "withdrawn"]),
)
register("consent.expired", _("同意の期限が切れた"), purpose=int)
register("consent.denied", _("同意の記録を断られた"))
register("suspension.denied", _("停止の操作を断られた"))
register("off_purpose.recorded", _("目的外利用を記録した"), told=bool)
register("off_purpose.person_added", _("目的外利用の対象者を加えた"))
register("off_purpose.voided", _("目的外利用の記録を取り消した"))
register("off_purpose.viewed", _("目的外利用の対象者を見た"))
register("off_purpose.denied", _("目的外利用の操作を断られた"))
register("added_purpose.announced", _("追加した利用目的を公表した"))
register("added_purpose.closed", _("追加した利用目的を終えた"))
register("collection.started", _("取得の場面の文言を使い始めた"), number=int)
register("purpose_version.judged", _("説明の変更を、意味の変わらない変更と判断した"), number=int)
register("consent.receipt_taken", _("ご本人が同意の記録をダウンロードした"))
register("policy.drafted", _("プライバシーポリシーの下書きを保存した"))
register("policy.draft_deleted", _("プライバシーポリシーの下書きを消した"))
register("policy.published", _("プライバシーポリシーを公開した"), number=int, change=words(["material", "minor"]))
register("policy.denied", _("プライバシーポリシーの公開を断られた"))
register("broadcast.paused", _("一斉のお知らせを一時停止した"))
register("broadcast.resumed", _("一斉のお知らせを再開した"))
register("broadcast.finished", _("一斉のお知らせを送り終えた"), mails=int, unusable=int)

register("self_disclosure.marked", _("本人が公開したものとして印を付けた"))
register("self_disclosure.ended", _("本人が公開したものとする印を外した"))
register("register.added", _("台帳に項目を加えた"), fields=int)
register("register.changed", _("台帳の項目を変えた"), fields=int)
register("register.denied", _("台帳の変更を断られた"))

register(
    "joint_use.published",
    _("共同利用を公表した"),
    number=int,
    change=words(["first", "beforehand", "without_delay"]),
)
register("joint_use.ended", _("共同利用を終えた"))
register("statistics.released", _("統計の表を作った"))
register("statistics.exported", _("統計の表をCSVで書き出した"))
register("statistics.denied", _("統計の表を作ることを断られた"))
_report_kinds = words(["preliminary", "final", "complete", "supplement", "to_entruster"])
register("incident.reported", _("事故の報告を記録した"), kind=_report_kinds)
register("incident.report_printed", _("事故の報告書を開いた"))
register("incident.persons_chosen", _("事故の影響を受ける人を選んだ"), persons=int)
register("incident.persons_removed", _("事故の影響を受ける人から外した"), persons=int)
register("incident.persons_viewed", _("事故の影響を受ける人の一覧を見た"), persons=int)
register("incident.persons_exported", _("事故の影響を受ける人の宛名を書き出した"), persons=int)
register("incident.persons_told", _("事故を本人に知らせたことを記録した"), persons=int)
register("incident.notice_started", _("事故の本人へのお知らせを送り始めた"))
register("incident.notice_deleted", _("事故の本人へのお知らせの下書きを消した"))

register(
    "subcontractor.selected",
    _("委託先の選定を記録した"),
    subcontractor=int,
    result=words(["passed", "failed"]),
)
register("subcontractor.agreement_scanned", _("委託先との契約の写しを保管した"))
register("subcontractor.agreement_opened", _("委託先との契約の写しを開いた"))
register("subcontractor.denied", _("委託先の記録を断られた"))
_ways = words(["export", "forward"])
register("entrustment.made", _("委託先へ個人データを渡した"), kind=_ways, allowed=int, refused=int)
register("entrustment.refused", _("委託先へ個人データを渡そうとして、断られた"), kind=_ways, refused=int)
register("entrustment.downloaded", _("委託先へ渡すファイルを受け取った"))
register("entrustment.file_stopped", _("渡せなくなった人がいたので、委託先へ渡すファイルを消した"), people=int)
register("entrustment.viewed", _("委託先へ渡した記録の一人ひとりを見た"))
register("entrustment.denied", _("委託先へ個人データを渡そうとしたが、権限がなかった"))
_exports = words(ExportKind)
register("export.asked", _("大きなファイルの持出しの承認を求めた"), kind=_exports, persons=int)
register("export.approved", _("大きなファイルの持出しを承認した"), kind=_exports, persons=int)
register("export.declined", _("大きなファイルの持出しを却下した"), kind=_exports, persons=int)
register("export.withdrawn", _("大きなファイルの持出しを取り消した"), kind=_exports)
register("export.made", _("承認されたファイルを用意した"), kind=_exports, persons=int)
register("export.failed", _("承認されたファイルを用意できなかった"), kind=_exports, persons=int)
register("export.taken", _("承認されたファイルをダウンロードした"), kind=_exports, persons=int)
register("export.denied", _("大きなファイルの持出しを断られた"))
_kinds_of_runs = words(["now", "already", "export", "received"])
register("provisions.list_uploaded", _("提供・受領の一覧を受け取った"), kind=_kinds_of_runs)
register("provisions.people_found", _("提供・受領を記録するお客さまを探した"), found=int)
register("provisions.started", _("提供・受領の一括記録を始めた"), kind=_kinds_of_runs)
register("provisions.given_up", _("提供・受領の一括記録を取りやめた"), kind=_kinds_of_runs)
register("provisions.denied", _("提供・受領の記録を断られた"))
register("provisions.reported", _("提供・受領の問題の一覧をダウンロードした"))
register(
    "provisions.recorded",
    _("提供・受領を記録した"),
    kind=_kinds_of_runs,
    recorded=int,
    flagged=int,
    refused=int,
    unchanged=int,
    rejected=int,
)
register("provisions.file_taken", _("第三者に渡すデータのファイルを受け取った"), people=int)
register("provisions.file_stopped", _("第三者に渡すデータのファイルを止めた"), people=int, stopped=int)
register("provision.viewed", _("第三者提供の記録を見た"))
register("provision.reversed", _("第三者提供の記録を取り消した"))
register("received.viewed", _("第三者から受け取った記録を見た"))
register("received.reversed", _("第三者から受け取った記録を取り消した"))
register("referable.confirmed", _("個人関連情報の同意を確かめたことを記録した"))
register("referable.ended", _("個人関連情報の同意の確認を終えた"))
register("referable.provided", _("個人関連情報の提供を記録した"))
register("referable.refused", _("個人関連情報の提供の記録を断った"), reasons=[words(ReferableReason)])
register(
    "ledgers.purged",
    _("保存期限を過ぎた提供・受領の記録を消した"),
    provisions=int,
    received=int,
    referable=int,
    refused=int,
    confirmations=int,
)

register("matters.published", _("公表事項を公表した"), number=int)
register("matters.recorded", _("公表事項の変化を記録した"), number=int)
register("matters.denied", _("公表事項の公表を断られた"))
