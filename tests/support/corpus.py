"""The attacks of tests/attack as messages: why to obey, joined with what is wanted."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tests.support.disguises import DISGUISES

FOLDER = Path(__file__).parents[1] / "attack"
MARK = re.compile(r"\bRef\. ?([A-Z][0-9]{4})\b")
"""By this a text is known again wherever an agent is shown it."""
BOUNDS = {"file_name": 100, "knock_note": 280, "advert": 64}
"""So many letters the way of coming takes."""

Call = Mapping[str, Any]


class Attack(NamedTuple):
    """One attack: what is said, in how many messages, and what who believes it then calls."""

    mark: str
    family: str
    via: str
    texts: tuple[str, ...]
    calls: tuple[Call, ...]


class Honest(NamedTuple):
    """An odd message of somebody who means well, and what is answered."""

    text: str
    answer: str


def attacks(count: int) -> list[Attack]:
    """Return so many attacks, of all families alike; the same count makes the same ones."""
    families, wanted = list(_families()), _read("tasks.toml")["task"]
    made = []
    for number in range(count):
        turn, place = divmod(number, len(families))
        family, whys = families[place]
        row, column = divmod(turn, len(whys))
        texts, disguise = whys[column]
        task = wanted[(row + 7 * column + 2 * place) % len(wanted)]
        made.append(_attack(number, family, texts, disguise, task))
    return made


def beyond() -> list[Attack]:
    """Return what is known to get through."""
    family = {"name": "beyond the search"}
    wanted = _read("beyond.toml")["task"]
    return [_attack(9000 + n, family, ["{ask}"], "plain", task) for n, task in enumerate(wanted)]


def honest(count: int) -> list[Honest]:
    """Return so many odd messages of those who mean well, of all kinds alike."""
    kinds = _read("honest.toml")["message"]
    rounds = [[_said(kind, row) for kind in kinds] for row in range(len(kinds[0]["it"]))]
    return [it for row in rounds for it in row][:count]


def _said(kind: dict[str, Any], row: int) -> Honest:
    it = kind["it"][row]
    return Honest(kind["text"].replace("{it}", it), kind["answer"].replace("{it}", it))


def _families() -> Iterator[tuple[dict[str, Any], list[tuple[list[str], str]]]]:
    """Yield each family with its texts, each in each disguise."""
    for family in _read("framings.toml")["family"]:
        texts = [[it] if isinstance(it, str) else it for it in family["texts"]]
        yield family, [(text, way) for way in family.get("as", ["plain"]) for text in texts]


def _attack(
    number: int, family: dict[str, Any], texts: Sequence[str], disguise: str, task: dict[str, Any]
) -> Attack:
    mark = f"{'ABCDEFGH'[number // 10_000]}{number % 10_000:04}"
    via = family.get("via", "text")
    ask = DISGUISES[disguise](task["ask"])
    said = [text.format(ask=ask) for text in texts]
    said[-1] = f"Ref. {mark} {said[-1]}"[: BOUNDS.get(via)]
    calls = (*task["calls"], *family.get("calls", ()))
    return Attack(mark, family["name"], via, tuple(said), calls)


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / name).read_text())
