"""Names of the fictional city: its responsible units, and what people are called."""

from enum import Enum, auto
from itertools import accumulate
from operator import mul
from random import Random
from typing import NamedTuple


class Sex(Enum):
    """What given names and ID numbers go by."""

    MALE = auto()
    FEMALE = auto()


class UnitName(NamedTuple):
    """A responsible unit (责任单位)."""

    zh: str
    en: str


UNITS = tuple(
    UnitName(*pair)
    for pair in (
        ("市委办公室", "Party Committee Office"),
        ("市人大常委会办公室", "People's Congress Office"),
        ("市政府办公室", "Municipal Government Office"),
        ("市政协办公室", "Political Consultative Office"),
        ("市纪委监委", "Discipline Inspection Commission"),
        ("市委组织部", "Organisation Department"),
        ("市委宣传部", "Publicity Department"),
        ("市委统战部", "United Front Department"),
        ("市委政法委", "Political and Legal Affairs Commission"),
        ("市机关事务管理局", "Government Offices Administration"),
        ("市发展和改革委员会", "Development and Reform Commission"),
        ("市教育局", "Education Bureau"),
        ("市科学技术局", "Science and Technology Bureau"),
        ("市经济和信息化局", "Economy and Information Bureau"),
        ("市民政局", "Civil Affairs Bureau"),
        ("市司法局", "Justice Bureau"),
        ("市财政局", "Finance Bureau"),
        ("市人力资源和社会保障局", "Human Resources Bureau"),
        ("市自然资源和规划局", "Natural Resources and Planning Bureau"),
        ("市生态环境局", "Ecology and Environment Bureau"),
        ("市住房和城乡建设局", "Housing and Construction Bureau"),
        ("市交通运输局", "Transport Bureau"),
        ("市水利局", "Water Resources Bureau"),
        ("市农业农村局", "Agriculture Bureau"),
        ("市商务局", "Commerce Bureau"),
        ("市文化和旅游局", "Culture and Tourism Bureau"),
        ("市卫生健康委员会", "Health Commission"),
        ("市应急管理局", "Emergency Management Bureau"),
        ("市审计局", "Audit Bureau"),
        ("市市场监督管理局", "Market Regulation Bureau"),
        ("市统计局", "Statistics Bureau"),
        ("市信访局", "Petitions Bureau"),
        ("市档案馆", "Municipal Archives"),
        ("市总工会", "Federation of Trade Unions"),
        ("共青团市委", "Youth League Committee"),
    )
)

_SURNAMES = dict(
    pair.split()
    for pair in [
        "王 71",
        "李 70",
        "张 67",
        "刘 51",
        "陈 45",
        "杨 30",
        "黄 22",
        "赵 22",
        "吴 20",
        "周 19",
        "徐 14",
        "孙 14",
        "马 13",
        "朱 12",
        "胡 12",
        "郭 11",
        "何 11",
        "林 11",
        "高 10",
        "罗 10",
        "郑 9",
        "梁 9",
        "谢 8",
        "宋 8",
        "唐 7",
        "许 7",
        "韩 7",
        "邓 6",
        "冯 6",
        "曹 6",
        "彭 6",
        "曾 6",
        "肖 6",
        "田 6",
        "董 5",
        "潘 5",
        "袁 5",
        "蔡 5",
        "蒋 5",
        "余 5",
        "于 5",
        "杜 5",
        "叶 5",
        "程 4",
        "魏 4",
        "苏 4",
        "吕 4",
        "丁 4",
        "任 4",
        "卢 4",
        "姚 4",
        "沈 4",
        "钟 4",
        "姜 4",
        "崔 4",
        "谭 4",
        "陆 4",
        "范 4",
        "汪 4",
        "廖 3",
        "石 3",
        "金 3",
        "韦 3",
        "贾 3",
        "夏 3",
        "傅 3",
        "方 3",
        "邹 3",
        "白 3",
        "熊 3",
        "孟 3",
        "秦 3",
        "邱 3",
        "侯 3",
        "江 3",
        "尹 3",
        "薛 3",
        "阎 3",
        "段 3",
        "雷 3",
        "龙 2",
        "黎 2",
        "史 2",
        "陶 2",
        "贺 2",
        "毛 2",
        "郝 2",
        "顾 2",
        "龚 2",
        "邵 2",
        "万 2",
        "覃 2",
        "武 2",
        "钱 2",
        "戴 2",
        "严 2",
        "莫 2",
        "孔 2",
        "向 2",
        "汤 2",
        "欧阳 1",
        "司马 1",
    ]
)
_FAMILIES, _FREQUENCIES = tuple(_SURNAMES), tuple(accumulate(map(int, _SURNAMES.values())))
"""How common each is, in people of a thousand, rounded."""
_GIVEN = {
    Sex.MALE: "伟强磊军洋勇杰涛明超刚建国文斌志宇浩晨思远嘉俊豪海东春生永福德胜立新家栋天佑景行知鹏飞辉健鑫波凯龙旭峰亮昊然",
    Sex.FEMALE: "芳娜敏静丽艳娟秀霞英华玉兰桂欣雨子涵梓萱怡雪梅燕晓佳慧若曦鸣清瑶书越安洁莉婷颖倩琳璐蕾琴萍红云珍玲菲",
}
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS = "10X98765432"
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"


def surname(draw: Random) -> str:
    """A family's name, as often as it is met."""
    return draw.choices(_FAMILIES, cum_weights=_FREQUENCIES)[0]


def given_name(draw: Random, sex: Sex) -> str:
    """One character, or more often two."""
    return "".join(draw.sample(_GIVEN[sex], draw.choice((1, 2, 2, 2))))


def civil_plate(draw: Random, taken: set[str]) -> str:
    """A plate of the city that nobody has yet: mostly blue ones, each sixth a small new-energy one; normalised form."""
    while True:
        if draw.random() < 1 / 6:
            plate = f"鄂E{draw.choice('DF')}{draw.randrange(100_000):05d}"
        else:
            tail = "".join(draw.choice(_LETTERS if draw.random() < 0.2 else "0123456789") for _ in range(5))  # noqa: PLR2004 - a fifth are letters
            plate = f"鄂E{tail}"
        if plate not in taken:
            taken.add(plate)
            return plate


def card_number(draw: Random, taken: set[str]) -> str:
    """A card's UID of four bytes, in capitals, that no other card has."""
    while True:
        number = f"{draw.getrandbits(32):08X}"
        if number not in taken:
            taken.add(number)
            return number


def identity_number(draw: Random, taken: set[str], *, sex: Sex, born: int) -> str:
    """An ID number that nobody has yet: its check digit is right (GB 11643), its place of birth (990000) does not exist.

    `born`: the year; the last digit but one says the sex, odd for men.
    """
    while True:
        order = 2 * draw.randrange(500) + (sex is Sex.MALE)
        body = f"990000{born}{draw.randrange(1, 13):02d}{draw.randrange(1, 29):02d}{order:03d}"
        if body not in taken:
            taken.add(body)
            return body + _CHECK_DIGITS[sum(map(mul, map(int, body), _WEIGHTS)) % 11]


def phone_number(draw: Random) -> str:
    """A mobile number in a series that is not in use."""
    return f"199000{draw.randrange(100_000):05d}"
