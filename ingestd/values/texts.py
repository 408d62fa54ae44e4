"""Texts compared: exactly, then by token F1 under a guard over their critical tokens.

F1 over bags of words after SQuAD's evaluation (Rajpurkar et al., EMNLP 2016). The guard is ours: a
difference in digits, negation, units or names fails whatever the overlap says.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from ingestd.values import amounts, dates
from ingestd.values.differences import differs
from ingestd.values.kinds import Amount, Day
from ingestd.values.numerals import numerals
from ingestd.values.polarity import is_negative, unnegated

ENOUGH = 0.6
"""Token F1 from which two texts without a critical difference say the same."""

_SHORT = 100
_ARTICLES = frozenset("a an the der die das ein eine le la les un une el los las".split())
_FUNCTION = frozenset(
    "is are was were be been being am do does did has have had of in on at to for with by "
    "from and or as that this these those it its they their there he she his her you your "
    "we our us i my me who which what when where how why will would can could may might "
    "must shall should about into than then so if but also any all each every some only "
    "just very more most".split()
)
_TOKEN = re.compile(r"[^\W_]+(?:['\u2019][^\W\d_]+)?|[%€$£¥°]")
_NEGATORS = frozenset(
    "not no never none neither nor without cannot non nicht kein keine nie".split()
)
_UNITS = frozenset(
    "% € $ £ ¥ ° eur usd gbp kg g mg km m cm mm l ml kw kwh w v a mb gb tb kb hz second "
    "seconds minute minutes hour hours day days week weeks month months year years "
    "percent euro euros dollar dollars pound pounds litre litres liter liters metre "
    "metres meter meters gram grams kilogram kilograms tonne tonnes working business "
    "calendar".split()
)
_OPPOSITES = tuple(
    frozenset(pair.split("/"))
    for pair in (
        "before/after above/below over/under minimum/maximum more/less most/least "
        "first/last always/never increase/decrease increased/decreased internal/external "
        "include/exclude includes/excludes included/excluded allow/deny allowed/denied "
        "allowed/forbidden allowed/prohibited permitted/prohibited permitted/forbidden "
        "enabled/disabled open/closed mandatory/optional mandatory/voluntary "
        "required/optional paid/unpaid monthly/yearly monthly/weekly daily/weekly "
        "weekly/yearly daily/monthly annually/monthly quarterly/monthly annual/monthly "
        "full/part all/none both/neither higher/lower up/down left/right accept/reject "
        "accepted/rejected accept/refuse public/private morning/evening north/south "
        "east/west start/end begin/end entry/exit buyer/seller landlord/tenant "
        "employer/employee gross/net debit/credit hot/cold same/different with/without "
        "true/false yes/no"
    ).split()
)
_SAME = tuple(
    frozenset(words.split("/"))
    for words in (
        "gets/receives/has/obtains/earns get/receive/have/obtain/earn "
        "begins/starts/commences begin/start/commence ends/finishes/stops end/finish/stop "
        "buy/purchase/order employee/worker/colleague employees/staff/workers/colleagues "
        "pay/settle paid/settled/due replace/change/exchange replaced/changed/exchanged "
        "tell/inform/notify told/informed/notified give/provide/grant "
        "gives/provides/grants given/provided/granted use/employ uses/employs help/assist "
        "needs/requires need/require needed/required ask/request big/large/great "
        "located/situated/based amounts/comes takes/lasts costs/is permitted/allowed "
        "prohibited/forbidden mandatory/required/compulsory allowed/permitted "
        "yearly/annually/annual company/firm contract/agreement handbook/manual "
        "price/cost fee/charge holiday/leave/vacation applies/holds send/submit/hand "
        "keep/retain kept/retained approximately/about/around purchased/bought "
        "rented/leased repair/fix repaired/fixed choose/select picked/chosen/selected"
    ).split()
)
"""Words that stand for each other in a rephrased sentence."""
_STRONG_ENDINGS = ("ing", "edly", "ed", "es", "s", "ly")


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike two texts are."""

    same: bool
    f1: float
    why: str


def normalised(text: str) -> str:
    """Fold case, width, quotes, dashes and spaces, and drop articles and outer punctuation."""
    return " ".join(t for t in tokens(text) if t not in _ARTICLES)


def tokens(text: str) -> list[str]:
    """Return a text's words, numbers and unit signs, folded."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("\u2019", "'")
    folded = (
        folded.replace("can't", "can not").replace("cannot", "can not").replace("won't", "will not")
    )
    folded = re.sub(r"(\w+)n't\b", r"\1 not", folded)
    return [token.removesuffix("'s") for token in _TOKEN.findall(folded)]


def f1(truth: Iterable[str], answer: Iterable[str]) -> float:
    """Return the harmonic mean of precision and recall over bags of tokens."""
    ours, theirs = Counter(truth), Counter(answer)
    shared = sum((ours & theirs).values())
    if not shared:
        return 0.0
    precision, recall = shared / theirs.total(), shared / ours.total()
    return 2 * precision * recall / (precision + recall)


def likeness(
    truth: str, answer: str, locale: str, question: str = "", enough: float = ENOUGH
) -> Likeness:
    """Compare two texts; what the question already says is no difference."""
    one, other = _unfolded(normalised(truth), normalised(answer))
    if one == other:
        return Likeness(same=True, f1=1.0, why="the same words")
    ours, theirs = one.split(), other.split()
    overlap = f1(map(_stem, ours), map(_stem, theirs))
    held = f" {one} " in f" {other} " or _in_order(ours, theirs)
    difference = _critical(truth, answer, locale, question, short=held)
    if difference:
        return Likeness(same=False, f1=overlap, why=difference)
    if held:
        return Likeness(same=True, f1=overlap, why="the answer holds the truth word for word")
    if overlap >= enough:
        return Likeness(
            same=True, f1=overlap, why=f"token F1 {overlap:.2f}, and no critical difference"
        )
    return Likeness(same=False, f1=overlap, why=f"token F1 {overlap:.2f} is under {enough:g}")


def critical_tokens(text: str, locale: str) -> frozenset[str]:
    """Return what must be supported of a text: its numbers and its names."""
    return frozenset(_numbers(text, locale)) | frozenset(_names(text))


def _unfolded(one: str, other: str) -> tuple[str, str]:
    """Write "ineligible" as "not eligible" where the other text knows "eligible"."""
    left, right = one.split(), other.split()

    def written(words: list[str], known: frozenset[str]) -> str:
        plain = [(word, unnegated(word, known)) for word in words]
        return " ".join(
            f"not {base}" if base is not None and word not in known else word
            for word, base in plain
        )

    return written(left, frozenset(right)), written(right, frozenset(left))


def _critical(truth: str, answer: str, locale: str, question: str, *, short: bool) -> str:
    """Name the first critical difference, or nothing."""
    asked = set(tokens(question))
    asked_numbers = _numbers(question, locale)
    ours, theirs = _numbers(truth, locale), _numbers(answer, locale)
    if ours - theirs:
        return f"the truth says {_said(ours - theirs)}, the answer does not"
    if not short and theirs - ours - asked_numbers:
        return f"the answer says {_said(theirs - ours - asked_numbers)}, the truth does not"
    one, other = tokens(truth), tokens(answer)
    if _denies(one, other) != _denies(other, one):
        return "one of them is negated"
    if not (short and len(one) <= 3):
        for pair in _OPPOSITES:
            left, right = pair & set(one), pair & set(other)
            if len(left) == 1 and len(right) == 1 and left != right:
                return f"{_said(left)} is not {_said(right)}"
    units, units_there = _UNITS & set(one), _UNITS & set(other)
    if ours and units - units_there and units_there - units:
        return f"the truth is in {_said(units)}, the answer in {_said(units_there)}"
    measured = _measured(truth, answer, locale)
    if measured:
        return measured
    exchanged = "" if short else _exchanged(one, other, asked)
    if exchanged:
        return exchanged
    names, names_there = _names(truth), _names(answer)
    missing = {n for n in names if n not in set(other)}
    if missing - asked:
        return f"the truth names {_said(missing - asked)}, the answer does not"
    if names and not short:
        further = names_there - set(one) - asked
        if further and not names <= names_there:
            return f"the answer names {_said(further)}, the truth does not"
        if further and len(names_there) > len(names):
            return f"the answer also names {_said(further)}"
    return ""


def _denies(words: list[str], others: list[str]) -> bool:
    known = frozenset(others)
    count = sum(w in _NEGATORS for w in words)
    count += sum(unnegated(w, known) is not None and w not in known for w in words)
    if count:
        return count % 2 == 1
    return is_negative(" ".join(w for w in words if w not in known))


def _numbers(text: str, locale: str) -> set[str]:
    found = {
        format(n.value.normalize(), "f")
        for n in numerals(text, locale)
        if not _is_pronoun(n.written, n.value)
    }
    times = {
        f"{f.value.minutes} min"
        for f in dates.dates(text, locale)
        if isinstance(f.value, Day) and f.value.minutes is not None
    }
    return (
        found
        | times
        | {m.casefold() for m in re.findall(r"\b(?=\w*\d)(?=\w*[A-Za-z])[\w-]+\b", text)}
    )


def _measured(truth: str, answer: str, locale: str) -> str:
    """Name a quantity of the truth that the answer gives in a unit which makes it another."""
    theirs = [f.value for f in amounts.quantities(answer, locale)]
    for found in amounts.quantities(truth, locale):
        ours = found.value
        if not theirs or not isinstance(ours, Amount) or any(u.startswith("#") for u in ours.units):
            continue
        if all(differs(ours, other) for other in theirs):
            return f"no quantity of the answer is {truth[found.start : found.end]}"
    return ""


def _exchanged(one: list[str], other: list[str], asked: set[str]) -> str:
    """Name a content word in whose very place the answer has another one."""
    aligned = difflib.SequenceMatcher(None, one, other, autojunk=False)
    for action, a, b, c, d in aligned.get_opcodes():
        if action != "replace" or b - a != d - c:
            continue
        for ours, theirs in zip(one[a:b], other[c:d], strict=True):
            if {ours, theirs} & (_FUNCTION | _ARTICLES | asked) or _stem(ours) == _stem(theirs):
                continue
            if numerals(ours, "en") or numerals(theirs, "en"):
                continue  # numbers are compared as numbers
            if ours[:4] == theirs[:4] or any({ours, theirs} <= same for same in _SAME) or b - a > 1:
                continue
            return f"the answer has {theirs!r} in the place of {ours!r}"
    return ""


def _is_pronoun(written: bool, value: object) -> bool:
    return written and str(value) == "1"


def _names(text: str) -> set[str]:
    """Return words with a capital that do not owe it to the start of a sentence."""
    found: set[str] = set()
    short = len(text) < _SHORT and len(tokens(text)) <= 3
    for match in re.finditer(r"[^\W\d_][\w'\u2019-]*", text):
        word = match.group()
        if not word[0].isupper():
            continue
        before = text[: match.start()].rstrip(" \"'“‘(*_")
        first = not before or before[-1] in ".!?:;\n•|"
        folded = word.casefold().replace("\u2019", "'").removesuffix("'s")
        if folded in _FUNCTION or folded in _ARTICLES or folded in _UNITS:
            continue
        if not first or (word.isupper() and len(word) > 1) or short:
            found.update(tokens(folded))
    return found


def _in_order(ours: list[str], theirs: list[str]) -> bool:
    """Say whether all content words of the truth stand in the answer, in their order."""
    wanted = [_stem(w) for w in ours if w not in _FUNCTION]
    if len(wanted) < 2:
        return False
    there = iter([_stem(w) for w in theirs])
    return all(word in there for word in wanted)


def _stem(word: str) -> str:
    for ending in _STRONG_ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
            return word[: -len(ending)]
    return word


def _said(words: Iterable[str]) -> str:
    return ", ".join(sorted(words))
