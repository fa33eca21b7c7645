"""People of the synthetic company."""

from __future__ import annotations

import re
import unicodedata
import uuid
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

COMPANY = "Halyard Instruments"
DOMAIN = "halyard.example"
INITIAL_DOMAIN = "halyard.onmicrosoft.com"
PARTNERS = ("nordlys.example", "castellan-energy.example", "baymet.example")
GUESTS_EVERY = 11
UNLICENSED_EVERY = 17


class Country(NamedTuple):
    """A country of some of the people, with names (native=romanised)."""

    name: str
    code: str
    language: str
    city: str
    postal_code: str
    street: str
    phone: str
    given_names: str
    surnames: str


COUNTRIES = (
    Country(
        "Ireland", "IE", "en-IE", "Cork", "T12 W8KV", "7 Lavitt's Quay", "+353 21 555 ",
        "Aoife Ciarán Niamh Seán Orla Declan Saoirse Eoin Róisín Pádraig",
        "O'Brien Murphy Gallagher Byrne Kavanagh Doyle Nolan O'Sullivan Keane Walsh",
    ),
    Country(
        "Germany", "DE", "de-DE", "Leipzig", "04109", "Thomaskirchhof 12", "+49 341 555 ",
        "Jürgen Anneke Lukas Käthe Stefan Heike Björn Sabine Matthias Friederike",
        "Müller Schäfer Groß Hoffmann Weiß Krüger Lehmann Brandt Voigt Köhler",
    ),
    Country(
        "Japan", "JP", "ja-JP", "仙台市", "980-0021", "青葉区中央3-2-1", "+81 22 555 ",
        "健太=kenta 美咲=misaki 大輔=daisuke 陽子=yoko 翔=sho さくら=sakura 直樹=naoki 恵=megumi",
        "佐藤=sato 鈴木=suzuki 高橋=takahashi 田中=tanaka 伊藤=ito 渡辺=watanabe 小林=kobayashi",
    ),
    Country(
        "Brazil", "BR", "pt-BR", "Curitiba", "80010-000", "Rua XV de Novembro 300", "+55 41 555 ",
        "João Letícia Thiago Beatriz Rafael Conceição Caio Larissa Inês Davi",
        "Silva Araújo Gonçalves Moreira Nascimento Lima Teixeira Falcão Ribeiro Assunção",
    ),
    Country(
        "India", "IN", "en-IN", "Pune", "411001", "14 Moledina Road", "+91 20 555 ",
        "Aarav Priya Rohan Ananya Vikram Meera Arjun Kavya Sanjay Divya",
        "Sharma Patel Iyer Deshpande Nair Banerjee Kulkarni Reddy Joshi Chatterjee",
    ),
    Country(
        "Poland", "PL", "pl-PL", "Gdańsk", "80-831", "Długi Targ 20", "+48 58 555 ",
        "Łukasz Małgorzata Paweł Zofia Krzysztof Agnieszka Michał Żaneta Grzegorz Ewa",
        "Nowak Wójcik Kamińska Zieliński Dąbrowski Szymańska Woźniak Jabłoński Król Górska",
    ),
    Country(
        "United States", "US", "en-US", "Duluth", "55802", "400 Canal Park Drive", "+1 218 555 ",
        "Marcus Emily Tyrone Rebecca Diego Hannah Malik Grace Logan Destiny",
        "Johnson Ramirez Washington Nguyen Baker Torres Kowalski Freeman Ortiz Hughes",
    ),
    Country(
        "Egypt", "EG", "ar-EG", "الإسكندرية", "21511", "شارع فؤاد 45", "+20 3 555 ",
        "أحمد=ahmed فاطمة=fatma محمود=mahmoud نور=nour يوسف=youssef مريم=mariam سلمى=salma",
        "حسن=hassan إبراهيم=ibrahim السيد=elsayed مصطفى=mostafa خليل=khalil شاهين=shahin",
    ),
)  # fmt: skip

DEPARTMENTS = {
    "Engineering": ("Firmware Engineer", "Principal Engineer", "Test Engineer"),
    "Sales": ("Account Executive", "Sales Engineer", "Regional Director"),
    "Customer Support": ("Support Specialist", "Escalation Engineer", "Support Lead"),
    "Operations": ("Plant Planner", "Logistics Coordinator", "Quality Inspector"),
    "Product": ("Product Manager", "UX Researcher", "Designer"),
    "Finance": ("Controller", "Accountant", "Procurement Analyst"),
    "People": ("HR Partner", "Recruiter", "Payroll Specialist"),
    "Marketing": ("Content Editor", "Event Manager", "Brand Designer"),
    "IT": ("Systems Administrator", "Identity Engineer", "Service Desk Analyst"),
    "Legal": ("Counsel", "Compliance Officer"),
}

_PLAIN = str.maketrans({"ł": "l", "Ł": "L", "ß": "ss", "ø": "o"})


def guid(random: Random) -> str:
    """Return a version 4 GUID made of the given randomness only."""
    return str(uuid.UUID(int=random.getrandbits(128), version=4))


@dataclass
class Person:
    """A user of the tenant, employee or guest."""

    n: int
    id: str
    tenant_id: str
    given_name: str
    surname: str
    principal_name: str
    mail: str
    department: str
    job_title: str
    country: Country
    guest: bool
    salt: int
    """A number of the person's own, from which the small print of the account is made."""
    presence: int = 0
    """How often the presence has changed since the sandbox started."""
    given: dict[str, Any] = field(default_factory=dict)
    """What own data say of the person."""

    @property
    def licensed(self) -> bool:
        """Whether the person may use Teams here: not a guest, and licensed."""
        return not self.guest and self.n % UNLICENSED_EVERY != UNLICENSED_EVERY - 5

    @cached_property
    def display_name(self) -> str:
        """The name as the address book shows it: family name first where that is the custom."""
        if name := self.given.get("displayName"):
            return str(name)
        if self.country.code == "JP":
            return f"{self.surname} {self.given_name}"
        return f"{self.given_name} {self.surname}" + (" (Guest)" if self.guest else "")

    @cached_property
    def identity(self) -> msgspec.Raw:
        """The person's identity in messages, with two keys that Graph does not declare."""
        identity = {
            "@odata.type": "#microsoft.graph.teamworkUserIdentity",
            "id": self.id,
            "displayName": self.display_name,
            "userIdentityType": "aadUser",
            "tenantId": self.tenant_id,
        }
        return msgspec.Raw(msgspec.json.encode(identity))

    @cached_property
    def identity_set(self) -> msgspec.Raw:
        """The person's identity set, as an author or an initiator."""
        return msgspec.Raw(
            b'{"application":null,"device":null,"user":' + bytes(self.identity) + b"}"
        )


def population(random: Random, count: int, tenant_id: str) -> Iterator[Person]:
    """Yield the people of a tenant; the first one is never a guest."""
    taken: set[str] = set()
    departments = tuple(DEPARTMENTS)
    for n in range(count):
        country = random.choice(COUNTRIES)
        given_name, given_plain = _name(random, country.given_names)
        surname, surname_plain = _name(random, country.surnames)
        department = departments[n % len(departments)]
        alias = re.sub("[^a-z.]", "", f"{given_plain}.{surname_plain}".lower())
        if alias in taken:
            alias = f"{alias}{n}"
        taken.add(alias)
        guest = n % GUESTS_EVERY == GUESTS_EVERY - 3
        mail = f"{alias}@{random.choice(PARTNERS) if guest else DOMAIN}"
        yield Person(
            n=n,
            id=guid(random),
            tenant_id=tenant_id,
            given_name=given_name,
            surname=surname,
            principal_name=f"{mail.replace('@', '_')}#EXT#@{INITIAL_DOMAIN}" if guest else mail,
            mail=mail,
            department=department,
            job_title=random.choice(DEPARTMENTS[department]),
            country=country,
            guest=guest,
            salt=random.getrandbits(40),
        )


def _name(random: Random, names: str) -> tuple[str, str]:
    """Return a name as it is written and in plain Latin letters."""
    native, _, romanised = random.choice(names.split(" ")).partition("=")
    plain = unicodedata.normalize("NFKD", (romanised or native).translate(_PLAIN))
    return native, plain.encode("ascii", "ignore").decode()
