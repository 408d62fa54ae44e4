"""Facts of companies that do not exist: each in two wordings, and what makes it another."""
# ruff: noqa: E501 (sentences of documents)

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, timedelta

NAMES = (
    "Alder Birch Cedar Damson Elder Fennel Gorse Hazel Iris Juniper Larch Maple Nettle Olive Poplar "
    "Quince Rowan Sorrel Thistle Umber Vetch Willow Yarrow Acacia Bramble Clover Dogwood Erica Fir "
    "Ginger Heather Ivy Jasmine Laurel Myrtle Aspen Basil Cypress Daphne Lupin"
).split()
PEOPLE = (
    "Astrid Holm/Bram Visser/Clara Weiss/Dario Conti/Elin Berg/Farid Nasser/Greta Lund/Hugo Marchand/"
    "Ines Duarte/Jonas Keller/Kaja Nowak/Lars Dahl/Mira Petrov/Nils Ekman/Olga Sorensen/Pavel Novak"
).split("/")
CITIES = (
    "Oslo Bergen Gdansk Porto Leiden Turku Graz Nantes Malaga Bologna Tartu Aarhus Ghent".split()
)
UNITS = ("kg", "W", "mm", "litres")
COLOURS = "red green blue black white grey orange".split()
FILLERS = (
    "The workshop keeps a paper copy beside the door.",
    "Questions are answered by the desk on the ground floor.",
    "Forms lie in the drawer under the counter.",
    "The yearly meeting looks at this page again.",
    "Visitors sign the book at the entrance.",
)


@dataclass
class Fact:
    """A question, its truth, and the sentence of a document that says it."""

    id: str
    type: str
    question: str
    truth: str | list[str]
    wordings: tuple[str, str]
    """With {value}."""
    value: str
    changed: str
    kind: str
    """What the change is: value, unit, date, negation, entity."""
    document: str = ""
    bound: bool = False
    neighbour: str = ""

    @property
    def sentence(self) -> str:
        return self.wordings[0].format(value=self.value)

    @property
    def rephrased(self) -> str:
        return self.wordings[1].format(value=self.value)

    @property
    def drifted(self) -> str:
        return self.wordings[0].format(value=self.changed)


@dataclass
class Page:
    """A document: a heading, facts, and what stands around them."""

    name: str
    title: str
    facts: list[Fact] = field(default_factory=list)


def pages(count: int, seed: int = 4) -> list[Page]:
    """Return pages with `count` facts, twelve of each page's own name."""
    chance = random.Random(seed)
    made: list[Page] = []
    total = 0
    for number in range(10_000):
        name = f"{NAMES[number % len(NAMES)]}{'' if number < len(NAMES) else ' ' + NAMES[(number * 7 + number // len(NAMES)) % len(NAMES)]}"
        page = Page(f"{name.lower().replace(' ', '-')}.md", f"{name} handbook")
        for fact in _facts(name, number, chance):
            if total == count:
                break
            fact.document = page.name
            fact.bound = total % 2 == 0
            fact.neighbour = f"The {name} cupboard holds {chance.randrange(3, 90)} folders."
            page.facts.append(fact)
            total += 1
        made.append(page)
        if total == count:
            return made
    return made


def _facts(name: str, number: int, chance: random.Random) -> list[Fact]:
    def two(low: int, high: int) -> tuple[int, int]:
        a = chance.randrange(low, high)
        b = a + chance.choice([-1, 1]) * chance.randrange(1, max(2, a // 2))
        return a, max(1, b)

    slug = name.lower().replace(" ", "-")
    days, other_days = two(6, 60)
    price, other_price = two(100, 900)
    share, other_share = two(4, 40)
    seats, other_seats = two(20, 400)
    weight, other_weight = two(10, 300)
    unit, other_unit = chance.sample(UNITS, 2)
    start = date(2027, 1, 1) + timedelta(days=chance.randrange(600))
    then = start + timedelta(days=chance.randrange(1, 90))
    person, other_person = chance.sample(PEOPLE, 2)
    city, other_city = chance.sample(CITIES, 2)
    colours = chance.sample(COLOURS, 3)
    other_colours = [*colours[:2], next(c for c in COLOURS if c not in colours)]
    minor, other_minor = two(2, 40)
    by_unit = number % 3 == 0

    def day(one: date) -> str:
        return f"{one.day} {one:%B %Y}"

    return [
        Fact(f"{slug}-leave", "duration", f"How many days of care leave do employees of {name} get?",
             f"{days} days",
             (f"Employees of {name} get {{value}} of care leave.",
              f"Care leave for employees of {name} comes to {{value}}."),
             f"{days} days", f"{days} weeks" if by_unit else f"{other_days} days",
             "unit" if by_unit else "value"),
        Fact(f"{slug}-price", "currency", f"What does the {name} starter set cost?", f"{price}.50 EUR",
             (f"The {name} starter set costs {{value}}.",
              f"For the {name} starter set customers pay {{value}}."),
             f"{price}.50 EUR", f"{price}.50 USD" if by_unit else f"{other_price}.50 EUR",
             "unit" if by_unit else "value"),
        Fact(f"{slug}-discount", "percent", f"What discount do members of {name} get?", f"{share} %",
             (f"Members of {name} get a discount of {{value}}.",
              f"The discount that members of {name} get is {{value}}."),
             f"{share} %", f"{other_share} %", "value"),
        Fact(f"{slug}-seats", "number", f"How many seats does the {name} hall have?", f"{seats}",
             (f"The {name} hall has {{value}} seats.", f"There are {{value}} seats in the {name} hall."),
             f"{seats}", f"{other_seats}", "value"),
        Fact(f"{slug}-load", "quantity", f"What is the highest load of the {name} lift?",
             f"{weight} {unit}",
             (f"The highest load of the {name} lift is {{value}}.",
              f"The {name} lift takes a load of {{value}} and no more."),
             f"{weight} {unit}", f"{weight} {other_unit}" if by_unit else f"{other_weight} {unit}",
             "unit" if by_unit else "value"),
        Fact(f"{slug}-starts", "date", f"When does the {name} contract start?", day(start),
             (f"The {name} contract starts on {{value}}.", f"On {{value}} the {name} contract starts."),
             day(start), day(then), "date"),
        Fact(f"{slug}-dogs", "boolean", f"Are dogs allowed in the {name} office?", "yes",
             (f"Dogs are {{value}} in the {name} office.", f"In the {name} office, dogs are {{value}}."),
             "allowed", "not allowed", "negation"),
        Fact(f"{slug}-version", "version", f"Which version of the viewer does {name} support?",
             f"{minor}.{minor % 7}.1",
             (f"{name} supports viewer version {{value}}.",
              f"The viewer that {name} supports is version {{value}}."),
             f"{minor}.{minor % 7}.1", f"{other_minor}.{minor % 7}.2", "value"),
        Fact(f"{slug}-head", "text", f"Who leads the {name} team?", person,
             (f"The {name} team is led by {{value}}.", f"{{value}} leads the {name} team."),
             person, other_person, "entity"),
        Fact(f"{slug}-city", "one_of", f"In which city does {name} keep its archive?",
             [city, f"the city of {city}"],
             (f"{name} keeps its archive in {{value}}.", f"The archive of {name} is kept in {{value}}."),
             city, other_city, "entity"),
        Fact(f"{slug}-colours", "set", f"In which colours is the {name} badge made?", colours,
             (f"The {name} badge is made in {{value}}.", f"{{value}} are the colours of the {name} badge."),
             f"{colours[0]}, {colours[1]} and {colours[2]}",
             f"{other_colours[0]}, {other_colours[1]} and {other_colours[2]}", "entity"),
        Fact(f"{slug}-code", "regex", f"What is the order code of the {name} seal?",
             rf"\bSL-{price}\b",
             (f"The order code of the {name} seal is {{value}}.",
              f"The {name} seal is ordered by the code {{value}}."),
             f"SL-{price}", f"SL-{other_price}", "value"),
    ]  # fmt: skip


def text(page: Page, edit: dict[str, str] | None = None, seed: int = 0) -> str:
    """Write a page; `edit` says for each fact what becomes of it.

    `changed`, `rephrased`, `moved`, `reformatted`, `neighbour`, or nothing.
    """
    wanted = edit or {}
    chance = random.Random(f"{page.name}{seed}")
    lines: list[str] = []
    late: list[str] = []
    for fact in page.facts:
        how = wanted.get(fact.id, "")
        sentence = {"changed": fact.drifted, "rephrased": fact.rephrased}.get(how, fact.sentence)
        sentence = sentence[0].upper() + sentence[1:]
        neighbour = fact.neighbour
        if how == "neighbour":
            digits = "".join(c for c in neighbour if c.isdigit())
            neighbour = neighbour.replace(digits, str(int(digits) + 7))
        filler = FILLERS[sum(map(ord, fact.id)) % len(FILLERS)]
        if how == "reformatted":
            words = sentence.split()
            middle = len(words) // 2
            block = f"- {' '.join(words[:middle])}\n  {' '.join(words[middle:])}\n- {filler}\n- {neighbour}"
        else:
            block = f"{filler} {sentence} {neighbour}"
        (late if how == "moved" else lines).append(block)
    chance.shuffle(late)
    return f"# {page.title}\n\n" + "\n\n".join([*lines, *late]) + "\n"
