"""The part of ECMA 262's regular expressions that a schema may use, taken apart.

Letters, `.`, classes, groups, `|`, quantifiers, `^` and `$`: what can be matched in one pass over
the text. Back references and looking around cannot, and are refused.
"""

import msgspec

from agentmesh.errors import UsageError
from agentmesh.messages.schemas.letters import ANY, CLASSES, CONTROLS, Letters, just

MAX_EXPRESSION = 500
MAX_REPEAT = 1000
MAX_GROUPS_INSIDE = 30
_ENDS = frozenset({"|", ")", ""})
_REPEATS = frozenset("*+?{")
_DIGITS = frozenset("0123456789")
_SIGNS: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}
_HEX = frozenset("0123456789abcdefABCDEF")


class Start(msgspec.Struct, frozen=True):
    """The text begins here."""


class End(msgspec.Struct, frozen=True):
    """The text ends here."""


class Sequence(msgspec.Struct, frozen=True):
    """One after the other."""

    parts: "tuple[Node, ...]"


class Either(msgspec.Struct, frozen=True):
    """One of them."""

    choices: "tuple[Node, ...]"


class Repeat(msgspec.Struct, frozen=True):
    """So often; without `most`: as often as you like."""

    inside: "Node"
    least: int
    most: int | None


Node = Letters | Start | End | Sequence | Either | Repeat


def parse(expression: str) -> Node:
    """Return what an expression means, or say why it is none that we take."""
    if len(expression) > MAX_EXPRESSION:
        raise _wrong(f"has more than {MAX_EXPRESSION} letters")
    parser = _Parser(expression)
    node = parser.either()
    if not parser.is_at_end:
        raise _wrong("closes a group that it did not open")
    return node


class _Parser:
    """Reads an expression from left to right."""

    def __init__(self, expression: str) -> None:
        self._text = expression
        self._at = 0
        self._depth = 0

    @property
    def is_at_end(self) -> bool:
        """Whether everything is read."""
        return self._at == len(self._text)

    def either(self) -> Node:
        choices = [self._sequence()]
        while self._takes("|"):
            choices.append(self._sequence())
        return choices[0] if len(choices) == 1 else Either(tuple(choices))

    def _sequence(self) -> Node:
        parts: list[Node] = []
        while self._next not in _ENDS:
            parts.append(self._repeated(self._atom()))
        return Sequence(tuple(parts))

    def _atom(self) -> Node:
        letter = self._take()
        match letter:
            case "^":
                return Start()
            case "$":
                return End()
            case ".":
                return ANY
            case "(":
                return self._group()
            case "[":
                return self._class()
            case "\\":
                return self._escaped()
            case "*" | "+" | "?":
                raise _wrong(f"repeats nothing with `{letter}`")
            case "]" | "{" | "}":
                raise _wrong(f"has a `{letter}` that stands alone: write `\\{letter}`")
            case _:
                return just(letter)

    def _group(self) -> Node:
        self._depth += 1
        if self._depth > MAX_GROUPS_INSIDE:
            raise _wrong("has too many groups inside each other")
        if self._takes("?") and not self._takes(":"):
            raise _wrong("looks around or names a group: only ( ) and (?: ) are taken")
        inside = self.either()
        if not self._takes(")"):
            raise _wrong("opens a group and does not close it")
        self._depth -= 1
        return inside

    def _repeated(self, node: Node) -> Node:
        if self._next not in _REPEATS:
            return node
        if isinstance(node, Start | End):
            raise _wrong("repeats `^` or `$`")
        least, most = self._often()
        self._takes("?")  # how eagerly makes no difference to whether it fits
        if self._next in _REPEATS:
            raise _wrong("repeats a repetition: put it into a group")
        return Repeat(node, least, most)

    def _often(self) -> tuple[int, int | None]:
        sign = self._take()
        if sign != "{":
            return _SIGNS[sign]
        least = self._count()
        most: int | None = least
        if self._takes(","):
            most = None if self._next == "}" else self._count()
        if not self._takes("}") or (most is not None and most < least):
            raise _wrong("has braces that say no number of times")
        return least, most

    def _count(self) -> int:
        start = self._at
        while self._next in _DIGITS:
            self._at += 1
        digits = self._text[start : self._at]
        if not digits or len(digits) > 4 or int(digits) > MAX_REPEAT:
            raise _wrong(f"repeats by other than 0 to {MAX_REPEAT}")
        return int(digits)

    # --- letters -------------------------------------------------------------------------------

    def _class(self) -> Letters:
        is_negated = self._takes("^")
        ranges: list[tuple[int, int]] = []
        while not self._takes("]"):
            low = self._in_class()
            if self._is_range():
                self._take()
                ranges.append(_range(low, self._in_class()))
            else:
                ranges += low.as_ranges()
        return Letters(tuple(ranges), is_negated)

    def _is_range(self) -> bool:
        return self._text[self._at : self._at + 1] == "-" and self._text[self._at + 1 :][:1] != "]"

    def _in_class(self) -> Letters:
        letter = self._take()
        if letter != "\\":
            return just(letter)
        return just("\b") if self._takes("b") else self._escaped()

    def _escaped(self) -> Letters:
        letter = self._take()
        if letter in CLASSES:
            return CLASSES[letter]
        if letter in CONTROLS:
            return just(CONTROLS[letter])
        if letter in "xu":
            return just(chr(self._hex(2 if letter == "x" else 4)))
        if letter.isascii() and letter.isalnum():
            raise _wrong(f"has `\\{letter}`, which is not taken")
        return just(letter)

    def _hex(self, count: int) -> int:
        digits = self._text[self._at : self._at + count]
        if len(digits) != count or not _HEX.issuperset(digits):
            raise _wrong("has an escape without its hexadecimal digits")
        self._at += count
        return int(digits, 16)

    # --- reading -------------------------------------------------------------------------------

    @property
    def _next(self) -> str:
        return self._text[self._at : self._at + 1]

    def _take(self) -> str:
        if self.is_at_end:
            raise _wrong("ends in the middle")
        self._at += 1
        return self._text[self._at - 1]

    def _takes(self, letter: str) -> bool:
        if self._next != letter:
            return False
        self._at += 1
        return True


def _range(low: Letters, high: Letters) -> tuple[int, int]:
    (first, rest), (start, last) = low.ranges[0], high.ranges[0]
    is_of_letters = first == rest and start == last and not (low.is_negated or high.is_negated)
    if not is_of_letters or last < first:
        raise _wrong("has a range that goes nowhere")
    return first, last


def _wrong(what: str) -> UsageError:
    return UsageError("invalid_expression", f"The regular expression {what}.")
