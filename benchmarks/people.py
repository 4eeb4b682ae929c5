"""Made-up people, always the same: frequent names, and one that occurs once."""

import random
from collections.abc import Iterator

# fmt: off
FAMILIES = (
    "佐藤", "鈴木", "高橋", "田中", "伊藤", "渡辺", "山本", "中村", "小林", "加藤",
    "吉田", "山田", "佐々木", "山口", "松本", "井上", "木村", "林", "斎藤", "清水",
)
KANA = (
    "サトウ", "スズキ", "タカハシ", "タナカ", "イトウ", "ワタナベ", "ヤマモト", "ナカムラ", "コバヤシ", "カトウ",
    "ヨシダ", "ヤマダ", "ササキ", "ヤマグチ", "マツモト", "イノウエ", "キムラ", "ハヤシ", "サイトウ", "シミズ",
)
GIVEN = (
    "花子", "和也", "太郎", "美咲", "翔太", "陽菜", "健一", "由美子", "大輔", "恵",
    "直樹", "さくら", "誠", "真由美", "拓也", "綾香",
)
GIVEN_KANA = (
    "ハナコ", "カズヤ", "タロウ", "ミサキ", "ショウタ", "ヒナ", "ケンイチ", "ユミコ", "ダイスケ", "メグミ",
    "ナオキ", "サクラ", "マコト", "マユミ", "タクヤ", "アヤカ",
)
# fmt: on
# Whom the searches mean: one in the whole database.
RARE = ("長谷川", "𠮷乃", "ハセガワ", "ヨシノ", "hasegawa.yoshino@rare.example", "+819087654321")

Person = tuple[str, str, str, str, str, str]


def people(seed: int) -> Iterator[Person]:
    """Family name, given name, both readings, mail address, telephone; the first is the rare one.

    One in twenty has the same family name, more than anywhere in Japan, so that a search by it is the worst case.
    """
    pick = random.Random(seed)
    yield RARE
    number = 0
    while True:
        number += 1
        family, given = pick.randrange(len(FAMILIES)), pick.randrange(len(GIVEN))
        letters = "".join(pick.choices("abcdefghijklmnopqrstuvwxyz", k=7))
        yield (
            FAMILIES[family],
            GIVEN[given],
            KANA[family],
            GIVEN_KANA[given],
            f"{letters}{number}@post.example",
            f"+8190{pick.randrange(10**8):08d}",
        )
