"""Customers who do not exist: names, numbers with right check characters, telephones, addresses. Pure; the same seed,
the same customer.

Nobody can be meant: identity numbers have birth years 1900 to 1905, company codes an organisation code that is never
issued (DEM…), telephones the prefix of a satellite service (1349), towns are invented.
"""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass
from datetime import date, timedelta

RESIDENT_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CODE_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
FIRST_BIRTHDAY, BIRTHDAYS = date(1900, 1, 1), 6 * 365
AREAS = ("110101", "120101", "310101", "320102", "330102", "340102", "350102", "370102", "420102", "440103", "510104")

SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾萧田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖"
    "石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常"
)
GIVEN = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰文辉力健亮建国庆志鹏飞鑫波斌宇浩凯婷雪琳晶欣怡佳慧颖倩莉梅红燕玲春晨"
    "旭东海山林峰云龙成康安宁祥瑞丰和顺利永昌荣光德义仁信"
)
TOWNS = ("云溪市", "临湖县", "清河口市", "石门塘县")
STREETS = ("东湖路", "西门大街", "人民北路", "解放巷", "学府路", "滨江路", "新建村", "桥头街")
BRANDS = "鼎盛恒泰祥瑞华信远大宏达金禾绿源天润中和永丰嘉德同创启航顺达"
TRADES = (
    ("manufacturing", "机械制造"),
    ("manufacturing", "食品加工"),
    ("wholesale_retail", "商贸"),
    ("transport", "物流"),
    ("construction", "建筑工程"),
    ("technology", "科技"),
    ("catering", "餐饮管理"),
    ("farming", "农业发展"),
)
JOBS = ("public_sector", "manufacturing", "technology", "transport", "wholesale_retail", "other")
EMPLOYERS = ("云溪市第一中学", "临湖县人民医院", "清河口公共交通公司", "云溪水务公司", "石门塘机械厂", "东湖百货商场")


@dataclass(frozen=True)
class Customer:
    """Who asks for a loan, as the form of the intake wants it. number: identity number or credit code. partner: another
    person."""

    kind: str
    name: str
    number: str
    phone: str
    address: str
    industry: str
    employer: str
    partner: str


def individual(seed: str, *, industry: str | None = None) -> Customer:
    """A person."""
    number = identity_number(random_of(seed))
    # From the number, so that the same number never comes with two names.
    draw = random_of(number)
    return Customer(
        kind="individual",
        name=person_name(draw),
        number=number,
        phone=telephone(draw),
        address=address(draw),
        industry=industry or draw.choice(JOBS),
        employer=draw.choice(EMPLOYERS),
        partner=person_name(draw),
    )


def enterprise(seed: str) -> Customer:
    """A company with its legal representative."""
    code = credit_code(random_of(seed))
    draw = random_of(code)
    industry, trade = draw.choice(TRADES)
    town = draw.choice(TOWNS)
    return Customer(
        kind="enterprise",
        name=f"{town}{''.join(draw.sample(BRANDS, 2))}{trade}有限公司",
        number=code,
        phone=telephone(draw),
        address=f"{town}工业园区{draw.randint(1, 60)}号",
        industry=industry,
        employer="",
        partner=person_name(draw),
    )


def random_of(seed: str) -> random.Random:
    """A source of chance that is the same for the same text on every machine and version of Python."""
    return random.Random(int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8]))  # noqa: S311


def person_name(draw: random.Random) -> str:
    """Surname and one or two further characters."""
    return draw.choice(SURNAMES) + "".join(draw.sample(GIVEN, draw.choice((1, 2, 2))))


def identity_number(draw: random.Random) -> str:
    """A resident identity number (GB 11643-1999) of somebody born between 1900 and 1905."""
    born = FIRST_BIRTHDAY + timedelta(days=draw.randrange(BIRTHDAYS))
    body = f"{draw.choice(AREAS)}{born:%Y%m%d}{draw.randrange(1, 1000):03d}"
    remainder = sum(int(digit) * weight for digit, weight in zip(body, RESIDENT_WEIGHTS, strict=True)) % 11
    return body + "10X98765432"[remainder]


def credit_code(draw: random.Random) -> str:
    """A unified social credit code (GB 32100-2015) around an organisation code that begins with DEM."""
    organisation = "DEM" + "".join(draw.choice("0123456789") for _ in range(5))
    body = f"91{draw.choice(AREAS)}{organisation}{_organisation_check(organisation)}"
    total = sum(CODE_ALPHABET.index(sign) * pow(3, place, 31) for place, sign in enumerate(body))
    return body + CODE_ALPHABET[(31 - total % 31) % 31]


def telephone(draw: random.Random) -> str:
    """A mobile number in a range that no private customer has."""
    return f"1349{draw.randrange(10**7):07d}"


def address(draw: random.Random) -> str:
    """Town, street, house."""
    return f"{draw.choice(TOWNS)}{draw.choice(STREETS)}{draw.randint(1, 300)}号"


def _organisation_check(organisation: str) -> str:
    """GB 11714: letters count A = 10 to Z = 35."""
    values = (int(sign, 36) for sign in organisation)
    check = 11 - sum(value * weight for value, weight in zip(values, ORGANISATION_WEIGHTS, strict=True)) % 11
    return {10: "X", 11: "0"}.get(check, str(check))
