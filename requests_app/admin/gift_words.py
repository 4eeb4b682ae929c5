"""What staff are told a decision does for somebody who received gifts, in the orders of others."""

from django.utils.translation import gettext_lazy as _

ERASED = _(
    "贈り先としての氏名、住所、電話番号を、ほかの人の注文から消します。注文そのものは残ります。次の取込でも戻りません。"
    "ショップのシステムにあるデータは、そちらで消してください。"
)
PACKAGE = _("贈り先として保有しているデータだけを渡します。送り主のデータ、注文番号、商品は入りません。")
CHANGED = _(
    "ほかの人の注文にある贈り先の内容を、選んだ注文で直します。前の内容は履歴に残り、次の取込でも新しい内容のままです。"
    "直した内容は、送り主には見せません。"
)
USE_STOPPED = _(
    "選んだ注文の贈り先としての利用を止めます。委託先へ渡すファイルにも入りません。あとからの新しい注文は止まりません。"
)
PROVISION_STOPPED = _("選んだ注文の贈り先のデータを、第三者に渡さないように止めます。")
# Effect of the table of types -> what it does for the recipient.
DONE = {
    "package": PACKAGE,
    "erase": ERASED,
    "change": CHANGED,
    "stop_use": USE_STOPPED,
    "stop_provision": PROVISION_STOPPED,
}
