"""What staff are told about requests of people who received a gift and are no customers."""

from django.utils.translation import gettext_lazy as _

PACKAGE = _("贈り先として保有しているデータだけを渡します。送り主のデータ、注文番号、商品は入りません。")
BY_HAND = _(
    "このシステムは、ほかの人の注文の中にある贈り先のデータを自動では変えません。次のことを済ませてから決定し、"
    "何をしたかを回答の文に書いてください。"
)
# Effect of the table of types -> what has to be done by hand.
HOW = {
    "change": _("ショップのシステムで贈り先を直し、もう一度取り込みます。回答には新しい内容を書きます。"),
    "erase": _(
        "ショップのシステムで贈り先を消し、もう一度取り込んで、ここからも消えたことを確かめます。配送の委託先にも消去を頼みます。"
    ),
    "stop_use": _(
        "贈り先のデータは発送のほかに使われません。次の発送に使われないように、ショップのシステムのアドレス帳から消します。"
    ),
    "stop_provision": _("贈り先のデータは第三者に提供されません。そのことを回答に書きます。"),
}
