"""Expressions: the language of $filter, as far as Graph's services speak it.

https://learn.microsoft.com/en-us/graph/filter-query-parameter
"""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from tap_msteams_sandbox.instants import parse
from tap_msteams_sandbox.replies import GraphError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    Test = Callable[[Any], bool]
    Filterable = Mapping[str, frozenset[str]]

UNSUPPORTED = "UnsupportedQuery"
"""The code of a filter that a property does not have; each service spells it its own way."""

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<string>'(?:[^']|'')*')
      | (?P<instant>\d{4}-\d\d-\d\d(?:T[\d:.]+Z)?)
      | (?P<number>-?\d+)
      | (?P<name>[A-Za-z_$][\w./$]*)
      | (?P<mark>[(),:])
    )""",
    re.VERBOSE,
)
_COMPARE: Final = {
    "eq": operator.eq, "ne": operator.ne,
    "gt": operator.gt, "ge": operator.ge, "lt": operator.lt, "le": operator.le,
}  # fmt: skip
_TEXT: Final = {
    "startswith": str.startswith,
    "endswith": str.endswith,
    "contains": str.__contains__,
}
_LITERALS: Final = {"true": True, "false": False, "null": None}


@dataclass
class Expression:
    """A parsed filter."""

    test: Test = lambda _: True
    operators: set[str] = field(default_factory=set)
    """What it is made of: `eq`, `not`, `endswith` and so on."""


def expression(text: str | None, known: Filterable) -> Expression:
    """Parse a filter on some properties, each with the operators that it may be used with."""
    return Expression() if text is None else _Parser(text, known).whole()


class _Parser:
    """A parser that goes down from `or` to comparisons."""

    def __init__(self, text: str, known: Filterable) -> None:
        self._text, self._known = text, known
        self._tokens = list(self._scan())
        self._place = 0
        self._variables: dict[str, str] = {}
        self._used: set[str] = set()

    def whole(self) -> Expression:
        """Return the whole text's expression."""
        test = self._either()
        if self._peek() is not None:
            raise self._invalid()
        return Expression(test, self._used)

    def _scan(self) -> Iterator[tuple[str, str]]:
        place = 0
        text = self._text.rstrip()
        while place < len(text):
            match = _TOKEN.match(text, place)
            if match is None or match.lastgroup is None:
                raise self._invalid()
            yield match.lastgroup, match[match.lastgroup]
            place = match.end()

    def _either(self) -> Test:
        tests = [self._all()]
        while self._takes("or"):
            tests.append(self._all())
        return tests[0] if len(tests) == 1 else lambda row: any(test(row) for test in tests)

    def _all(self) -> Test:
        tests = [self._one()]
        while self._takes("and"):
            tests.append(self._one())
        return tests[0] if len(tests) == 1 else lambda row: all(test(row) for test in tests)

    def _one(self) -> Test:
        if self._takes("not"):
            self._used.add("not")
            denied = self._one()
            return lambda row: not denied(row)
        if self._takes("("):
            inner = self._either()
            self._expect(")")
            return inner
        name = self._next("name")
        if name.lower() in _TEXT and self._takes("("):
            return self._of_text(name.lower())
        path, slash, quantifier = name.rpartition("/")
        quantifier = quantifier.lower()
        if slash and quantifier in {"any", "all"} and self._takes("("):
            return self._of_items(path, quantifier)
        return self._comparison(name)

    def _of_text(self, how: str) -> Test:
        """Parse what follows `startswith(`."""
        get = self._value_of(self._next("name"), how)
        self._expect(",")
        wanted = str(self._literal()).casefold()
        self._expect(")")
        return lambda row: _TEXT[how](str(get(row) or "").casefold(), wanted)

    def _of_items(self, path: str, quantifier: str) -> Test:
        """Parse what follows `any(`."""
        get = self._value_of(path, "")
        variable = self._next("name")
        self._expect(":")
        self._variables[variable] = path
        inner = self._either()
        del self._variables[variable]
        self._expect(")")
        every = any if quantifier == "any" else all
        return lambda row: every(inner(item) for item in get(row) or ())

    def _comparison(self, name: str) -> Test:
        how = self._next("name")
        if how != "in" and how not in _COMPARE:
            raise self._invalid()
        get = self._value_of(name, how)
        if how == "in":
            self._expect("(")
            values = [_comparable(self._literal())]
            while self._takes(","):
                values.append(_comparable(self._literal()))
            self._expect(")")
            return lambda row: _comparable(get(row)) in values
        compare = _COMPARE[how]
        wanted = _comparable(self._literal())

        def test(row: Any) -> bool:  # noqa: ANN401 (a row, or an item of a list in it)
            found = _comparable(get(row))
            ordered = how not in {"eq", "ne"}
            if ordered and (found is None or type(found) is not type(wanted)):
                return False
            return bool(compare(found, wanted))

        return test

    def _value_of(self, name: str, how: str) -> Callable[[Any], Any]:
        """Return what gets a property that may be used with an operator."""
        first, _, rest = name.partition("/")
        if first in self._variables:
            self._allow(self._variables[first], how)
            return (lambda item: item.get(rest)) if rest else (lambda item: item)
        self._allow(name, how)
        # A cast to a derived type stands in front.
        last = name.rpartition("/")[2]
        return lambda row: row.get(last)

    def _allow(self, name: str, how: str) -> None:
        if name not in self._known:
            msg = f"Could not find a property named '{name}'."
            raise GraphError.bad_request(msg)
        if how and how not in self._known[name]:
            msg = f"Unsupported or invalid query filter clause specified for property '{name}'."
            raise GraphError(400, UNSUPPORTED, msg)
        self._used.add(how)

    def _literal(self) -> object:
        kind, text = self._peek() or ("", "")
        self._place += 1
        if kind == "string":
            return text[1:-1].replace("''", "'")
        if kind == "number":
            return int(text)
        if kind == "instant":
            return parse(text) if "T" in text else text
        if kind == "name" and text in _LITERALS:
            return _LITERALS[text]
        raise self._invalid()

    def _peek(self) -> tuple[str, str] | None:
        return self._tokens[self._place] if self._place < len(self._tokens) else None

    def _takes(self, text: str) -> bool:
        """Go past a word or a mark, if it comes next."""
        token = self._peek()
        if token is None or token[0] == "string" or token[1].lower() != text:
            return False
        self._place += 1
        return True

    def _next(self, kind: str) -> str:
        token = self._peek()
        if token is None or token[0] != kind:
            raise self._invalid()
        self._place += 1
        return token[1]

    def _expect(self, mark: str) -> None:
        if not self._takes(mark):
            raise self._invalid()

    def _invalid(self) -> GraphError:
        return GraphError.bad_request(f"Invalid filter clause: '{self._text}'.")


def _comparable(value: Any) -> Any:  # noqa: ANN401 (whatever JSON has)
    """Return a value as Graph compares it: text without case, instants as such."""
    if not isinstance(value, str):
        return value
    if re.match(r"\d{4}-\d\d-\d\dT", value):
        try:
            return parse(value)
        except ValueError:
            return value.casefold()
    return value.casefold()
