"""Building blocks for the reasons of decisions, with which an operator begins; staff change them in the admin.

``{article}`` and ``{items}`` are filled in by themselves; whatever else stands in braces is for the person who decides.
A decision with braces left in it is refused, so that no letter goes out with a gap.
"""

from __future__ import annotations

from dataclasses import dataclass

from .profile_reader import Text

_DISCLOSURES = ("disclosure", "provision_records")
_CHANGES = ("correction", "addition", "deletion")
_STOPS = ("stop_use", "erasure", "stop_provision")
_REFUSALS = ("refused", "partly")


@dataclass(frozen=True, slots=True)
class ReasonSection:
    """One text. Empty ``requests``, ``outcomes`` or ``grounds`` mean every one of them.

    Args:
        grounds: codes of lawful refusals as in the table of request types.
    """

    code: str
    title: Text
    text: Text
    requests: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()
    grounds: tuple[str, ...] = ()


REASON_BLOCKS = (
    ReasonSection(
        "harm_others",
        Text("ほかの方の情報が含まれる", "It holds what belongs to others"),
        Text(
            "{items}には、ほかの方の個人情報が含まれています。お知らせすると、"
            "その方の権利利益を害するおそれがあるため、{article}により"
            "お知らせできません。",
            "What you asked for ({items}) includes personal information about others. Telling you could harm"
            " their rights or interests, so we do not"
            " disclose it ({article}).",
        ),
        (*_DISCLOSURES, "purpose_notice"),
        _REFUSALS,
        ("harm_to_person",),
    ),
    ReasonSection(
        "harm_safety",
        Text("どなたかの安全を害するおそれ", "Somebody's safety is at risk"),
        Text(
            "{items}をお知らせすると、{どなたの、どのような安全が害されるか}おそれがあるため、"
            "{article}によりお知らせできません。",
            "Telling you about {items} could endanger {whose safety, and how}, so we do not disclose it ({article}).",
        ),
        (*_DISCLOSURES, "purpose_notice"),
        _REFUSALS,
        ("harm_to_person",),
    ),
    ReasonSection(
        "hindrance",
        Text("業務に著しい支障を及ぼすおそれ", "Business would be seriously hindered"),
        Text(
            "{items}をお知らせすると、{どの業務に、どのような支障が出るか}ため、"
            "業務の適正な実施に著しい支障を及ぼすおそれがあります"
            "（{article}）。量が多いことだけを理由とするものではありません。",
            "Answering about {items} could seriously hinder the proper conduct of our business, because {which"
            " business, and"
            " how it is hindered} ({article}). The amount of work alone is not the reason.",
        ),
        (*_DISCLOSURES, "foreign_measures"),
        _REFUSALS,
        ("business_hindrance",),
    ),
    ReasonSection(
        "other_law",
        Text("ほかの法令に違反する", "Another law forbids it"),
        Text(
            "{items}は、{法令の名前と条文}により、お知らせすることが禁じられています（{article}）。",
            "{name and article of the law} forbids us to tell you about {items} ({article}).",
        ),
        _DISCLOSURES,
        _REFUSALS,
        ("other_law_breached",),
    ),
    ReasonSection(
        "other_procedure",
        Text("ほかの法令の手続がある（開示）", "Another law has its own procedure (disclosure)"),
        Text(
            "{items}については、{法令の名前と条文}に、同じ方法で開示を受けられる手続があります（{article}）。"
            "お手数ですが、{請求できるところ}にご請求ください。",
            "{name and article of the law} has a procedure by which you receive {items} in the same way ({article})."
            " Please turn to {where to ask}.",
        ),
        _DISCLOSURES,
        _REFUSALS,
        ("other_law_procedure",),
    ),
    ReasonSection(
        "outside_right",
        Text("開示の対象ではない", "Outside the right"),
        Text(
            "ご請求の記録については、{article}により、あるかどうかを含めてお答えしていません。",
            "We do not answer about the records you asked for, nor whether there are any ({article}).",
        ),
        ("provision_records",),
        _REFUSALS,
        ("outside_the_right",),
    ),
    ReasonSection(
        "purpose_clear",
        Text("利用目的が明らかである", "The purpose is clear already"),
        Text(
            "{items}の利用目的は、{どこの、どの部分か}で公表しており、そこからお分かりいただけます（{article}）。",
            "We have published for what we use {items}: {where, and which part} ({article}).",
        ),
        ("purpose_notice",),
        ("refused",),
        ("already_clear",),
    ),
    ReasonSection(
        "our_rights",
        Text("事業者の権利や正当な利益を害するおそれ", "Our rights or legitimate interests"),
        Text(
            "利用目的をお知らせすると、{どの権利や利益が、どのように害されるか}おそれがあるため、"
            "{article}によりお知らせできません。",
            "Telling you the purpose could harm {which right or interest, and how}, so we do not tell it ({article}).",
        ),
        ("purpose_notice",),
        ("refused",),
        ("operator_rights",),
    ),
    ReasonSection(
        "public_body",
        Text("国の機関などへの協力", "Cooperation with a public body"),
        Text(
            "利用目的をお知らせすると、法令の定める事務に支障を及ぼすおそれがあるため、"
            "{article}によりお知らせできません。",
            "Telling you the purpose could hinder affairs that laws and regulations prescribe, so we do not"
            " tell it ({article}).",
        ),
        ("purpose_notice",),
        ("refused",),
        ("public_body",),
    ),
    ReasonSection(
        "content_true",
        Text("調べたところ事実だった", "It proved to be true"),
        Text(
            "{items}について{調べた方法}で調べたところ、{調べた結果}ことを確かめました。"
            "登録されている内容は事実ですので、変更しません（{article}）。",
            "We looked into {items} by {how it was looked into} and found that {the result}. What is registered"
            " is true, so it stays as"
            " it is ({article}).",
        ),
        _CHANGES,
        _REFUSALS,
        ("content_true",),
    ),
    ReasonSection(
        "change_not_needed",
        Text("利用目的に必要な範囲を超える", "Beyond what the purpose needs"),
        Text(
            "{items}は、{利用目的}のために使うもので、ご請求の変更はその目的の達成に必要な範囲を超えるため、"
            "応じられません（{article}）。",
            "We use {items} for {the purpose}. The change goes beyond what that purpose needs, so it is not"
            " made ({article}).",
        ),
        _CHANGES,
        _REFUSALS,
        ("not_needed",),
    ),
    ReasonSection(
        "change_procedure",
        Text("ほかの法令の手続がある（訂正など）", "Another law has its own procedure (correction)"),
        Text(
            "{items}の変更については、{法令の名前と条文}に特別の手続があります（{article}）。"
            "{請求できるところ}にお申し出ください。",
            "{name and article of the law} has a special procedure for changing {items} ({article}). Please"
            " turn to {where to ask}.",
        ),
        _CHANGES,
        _REFUSALS,
        ("special_procedure",),
    ),
    ReasonSection(
        "no_breach",
        Text("違反の事実がない", "There was no breach"),
        Text(
            "お申し出について{調べた方法}で調べましたが、{調べた結果}ため、違反の事実はありませんでした（{article}）。",
            "We looked into what you told us by {how it was looked into}. There was no breach, because {the"
            " result} ({article}).",
        ),
        _STOPS,
        _REFUSALS,
        ("claim_wrong",),
    ),
    ReasonSection(
        "still_needed",
        Text("申立てのような事情がない（まだ必要）", "The situation is another one (still needed)"),
        Text(
            "お申し出について調べましたが、{利用目的}のためにまだ必要であり、"
            "お申し出のような事情はありませんでした（{article}）。",
            "We looked into what you told us. The data are still needed for {the purpose}, so the situation is"
            " not as you described"
            " it ({article}).",
        ),
        _STOPS,
        _REFUSALS,
        ("newer_claim_wrong",),
    ),
    ReasonSection(
        "within_limits",
        Text("必要な限度では応じた", "Done as far as needed"),
        Text(
            "権利利益の侵害を防ぐために必要な限度で応じました。{応じない部分}は、"
            "その限度を超えるため応じられません（{article}）。",
            "We did what is needed to prevent a violation of your rights and interests. {the part that is"
            " refused} goes beyond"
            " that ({article}).",
        ),
        _STOPS,
        _REFUSALS,
        ("not_needed_to_prevent",),
    ),
    ReasonSection(
        "costly",
        Text("費用が多額で、代わりの措置をとる", "Too costly; another measure instead"),
        Text(
            "ご請求のとおりにするには{費用や難しさの内容}が必要で、難しいため、"
            "お客さまの権利利益を守るために必要な別の措置をとります（{article}）。",
            "To do as you asked would take {the cost or difficulty}. We take another measure that protects your"
            " rights and interests"
            " instead ({article}).",
        ),
        _STOPS,
        ("alternative",),
        ("costly_or_difficult", "newer_costly_or_difficult"),
    ),
    ReasonSection(
        "not_confirmed",
        Text("ご本人と確認できない", "Identity not confirmed"),
        Text(
            "ご請求の方がご本人であることを、いただいた情報では確認できませんでした（{article}）。"
            "確認できる資料がそろいましたら、"
            "あらためてご請求ください。",
            "With what you gave us we could not confirm that the request comes from the person concerned"
            " ({article}). Please ask again"
            " when you have what confirms it.",
        ),
        (),
        ("identity_not_confirmed",),
    ),
    ReasonSection(
        "not_valid",
        Text("請求の方式に合わない", "Not in the prescribed form"),
        Text(
            "ご請求は、{足りないもの}がないため、定められた方式によるものとして扱えません（{article}）。"
            "{直し方}をお願いします。",
            "The request lacks {what is missing} and cannot be treated as made in the prescribed form"
            " ({article}). Please {what to do}.",
        ),
        (),
        ("not_valid",),
    ),
    ReasonSection(
        "no_data",
        Text("該当する個人データがない", "No such data"),
        Text(
            "ご請求の内容にあたる個人データを、{調べた範囲}で探しましたが、ありませんでした。",
            "We looked for the personal data you asked about in {where we looked} and found none.",
        ),
        (),
        ("no_such_data",),
    ),
    ReasonSection(
        "complaint_mended",
        Text("苦情：改めた", "Complaint: mended"),
        Text(
            "ご指摘をありがとうございます。調べたところ、{分かったこと}でした。{改めたこと}を行い、"
            "同じことが起きないようにしました。",
            "Thank you for telling us. We found that {what was found}. We have {what was mended} so that it"
            " does not happen again.",
        ),
        ("complaint",),
        ("replied",),
    ),
)
# What a profile's own blocks can name: the grounds of refusal of the Act as the table of request types calls them.
GROUNDS = tuple(dict.fromkeys(ground for block in REASON_BLOCKS for ground in block.grounds))
