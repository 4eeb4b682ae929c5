"""The questions about security with which an operator begins; staff change them in the admin.

They follow the classes of the guidelines on article 23 (policy, rules, organisation, people, premises, technology), cut
down to what a small business can find out about another one.
"""

from __future__ import annotations

from dataclasses import dataclass

from .profile_reader import Text


@dataclass(frozen=True, slots=True)
class QuestionSection:
    """A question to be answered with yes, no, or "does not apply". One that is ``required`` must not be a no."""

    code: str
    text: Text
    required: bool = True


CHECKLIST = (
    QuestionSection(
        "rules",
        Text(
            "個人データの取扱いを定めた規程があり、従業者が読める。",
            "There are written rules on handling personal data, and the staff can read them.",
        ),
    ),
    QuestionSection(
        "responsible",
        Text(
            "個人データの責任者が決まっていて、連絡先が分かる。",
            "Somebody is responsible for personal data, and can be reached.",
        ),
    ),
    QuestionSection(
        "training",
        Text(
            "従業者に、年に1回以上、個人データの教育をしている。",
            "The staff are trained in handling personal data at least once a year.",
        ),
    ),
    QuestionSection(
        "secrecy",
        Text(
            "従業者から、在職中と退職後の秘密の保持について約束を得ている。",
            "The staff have promised secrecy, also for the time after they leave.",
        ),
    ),
    QuestionSection(
        "access",
        Text(
            "データを見られる人を、業務に必要な人に限っている。",
            "Only people who need the data for their work can see it.",
        ),
    ),
    QuestionSection(
        "sign_in",
        Text(
            "一人ひとり別のIDで使い、退職者のIDはすぐに止めている。",
            "Everybody signs in with an account of their own, and accounts of leavers are closed at once.",
        ),
    ),
    QuestionSection(
        "encryption",
        Text("送るときと持ち出すときに、データを暗号化している。", "Data is encrypted when it is sent or taken along."),
    ),
    QuestionSection(
        "updates",
        Text(
            "使う機器とソフトウェアを最新に保ち、不正なプログラムへの対策をしている。",
            "Devices and software are kept up to date and protected against malware.",
        ),
    ),
    QuestionSection(
        "logs",
        Text("だれがいつデータを使ったかの記録を残している。", "It is recorded who used the data and when."),
        required=False,
    ),
    QuestionSection(
        "premises",
        Text(
            "書類や機器を置く場所に、関係のない人が入れない。",
            "Outsiders cannot get to where papers and devices are kept.",
        ),
    ),
    QuestionSection(
        "erasure",
        Text(
            "業務が終わったら、データを返すか、元に戻せない方法で消せる。",
            "When the work is over, data can be returned, or erased beyond recovery.",
        ),
    ),
    QuestionSection(
        "incidents",
        Text(
            "漏えいなどの事故やそのおそれを、すぐに当社へ知らせる体制がある。",
            "It can tell us at once about a leak, or the suspicion of one.",
        ),
    ),
    QuestionSection(
        "passing_on",
        Text(
            "再委託をするときは、前もって当社の承認を得る。",
            "It asks for our approval before it passes work on to others.",
        ),
    ),
    QuestionSection(
        "places",
        Text("どの国でデータを取り扱うかを答えられる。", "It can say in which countries the data is handled."),
    ),
    QuestionSection(
        "no_serious_leak",
        Text(
            "過去3年に重大な漏えいがないか、あっても再発を防ぐ対策が済んでいる。",
            "There was no serious leak in the last three years, or its causes have been removed.",
        ),
    ),
    QuestionSection(
        "certified",
        Text("プライバシーマークやISMSなどの認証を受けている。", "It holds a certificate such as PrivacyMark or ISMS."),
        required=False,
    ),
)
