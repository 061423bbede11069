"""Names of the fictional city: its responsible units, and what people are called."""

from random import Random
from typing import NamedTuple


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

_SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余于杜叶程苏魏吕丁任沈姚卢傅钟姜崔谭廖范汪陆金石戴贾韦夏邱方侯邹熊孟秦白江阎薛尹段雷黎史龙陶贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰建国文斌志宇浩欣雨晨子涵梓萱思远嘉怡俊豪雪梅海燕晓东春生永福德胜立新家栋佳慧天佑若曦一鸣清越书瑶景行知远安然"
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"


def person_name(draw: Random) -> str:
    """A Chinese name of two or three characters."""
    given = "".join(draw.choice(_GIVEN) for _ in range(draw.choice((1, 2, 2, 2))))
    return draw.choice(_SURNAMES) + given


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


def identity_number(draw: Random) -> str:
    """An ID number whose check digit is right (GB 11643) with a place of birth that does not exist (area 990000)."""
    body = f"990000{draw.randrange(1950, 2006)}{draw.randrange(1, 13):02d}{draw.randrange(1, 29):02d}{draw.randrange(1000):03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True)) % 11]


def phone_number(draw: Random) -> str:
    """A mobile number in a series that is not in use."""
    return f"199000{draw.randrange(100_000):05d}"
