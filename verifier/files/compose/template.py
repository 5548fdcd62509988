"""Interpolation: `$VAR`, `${VAR}` and its operators, as Compose does it.

Spec: Compose specification, "Interpolation". Where the specification is silent the loader counts: an operator
reaches to the brace that closes it, and is none without a closing brace on its own line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from verifier.files.compose.variables import Variables

NESTING_LIMIT = 16
RESULT_LIMIT = 1 << 20
"""Characters that one value may grow to."""
TOLD_LIMIT = 20
"""Variables of one value that people are told about."""

_NAME = re.compile(r"[_a-zA-Z][_a-zA-Z0-9]*", re.ASCII)
_BRACE = re.compile("[{}]")
_OPERATOR = re.compile(r":?[-+?]", re.ASCII)


class BadTemplate(ValueError):
    """A text that cannot be interpolated, and why."""


@dataclass(slots=True)
class Expansion:
    """A text that was interpolated.

    Attributes:
        text: with every variable replaced.
        how: which variables gave something to it, and from where, for people; the first `TOLD_LIMIT`.
        unset: variables that have no value and no default, and so became nothing; the first `TOLD_LIMIT`.

    """

    text: str = ""
    how: list[str] = field(default_factory=list)
    unset: list[str] = field(default_factory=list)

    def tell(self, how: str) -> None:
        """Add a step to how the text came about."""
        if len(self.how) < TOLD_LIMIT:
            self.how.append(how)

    def miss(self, name: str) -> None:
        """Add a variable that has no value."""
        if len(self.unset) < TOLD_LIMIT:
            self.unset.append(name)


def expand(template: str, variables: Variables) -> Expansion:
    """`template` with every variable replaced by its value.

    Raises:
        BadTemplate: it is no template, a required variable is missing, or it grows beyond a limit.

    """
    expansion = Expansion(template)
    if "$" in template:
        expansion.text = _Expander(template, variables, expansion).expanded(0, len(template), 0)
    return expansion


@dataclass(slots=True)
class _Expander:
    template: str
    variables: Variables
    expansion: Expansion

    def expanded(self, start: int, end: int, depth: int) -> str:
        if depth > NESTING_LIMIT:
            raise BadTemplate(f"variables are nested deeper than {NESTING_LIMIT} levels")
        out: list[str] = []
        size = 0
        braces = _Braces(self.template, end)
        while (dollar := self.template.find("$", start, end)) >= 0:
            text, after = self._variable(dollar, end, braces, depth)
            out += [self.template[start:dollar], text]
            size += dollar - start + len(text)
            start = after
            if size > RESULT_LIMIT:
                raise BadTemplate(f"it grows beyond {RESULT_LIMIT} characters")
        return "".join([*out, self.template[start:end]])

    def _variable(self, dollar: int, end: int, braces: _Braces, depth: int) -> tuple[str, int]:
        """What stands for the `$` at `dollar`, and where the text goes on behind it."""
        following = self.template[dollar + 1 : min(dollar + 2, end)]
        if following == "$":
            return "$", dollar + 2
        if following == "{":
            return self._braced(dollar, end, braces, depth)
        name = _NAME.match(self.template, dollar + 1, end)
        return (self._value(name[0]), name.end()) if name else ("$", dollar + 1)

    def _braced(self, dollar: int, end: int, braces: _Braces, depth: int) -> tuple[str, int]:
        name = _NAME.match(self.template, dollar + 2, end)
        if name is None:
            raise BadTemplate(_INVALID)
        if self.template.startswith("}", name.end(), end):
            return self._value(name[0]), name.end() + 1
        operator = _OPERATOR.match(self.template, name.end(), end)
        if operator is None:
            raise BadTemplate(_INVALID)
        closing = braces.closing(dollar, operator.end())
        return self._operated(name[0], operator[0], (operator.end(), closing), depth), closing + 1

    def _operated(self, name: str, operator: str, argument: tuple[int, int], depth: int) -> str:
        variable = self.variables.get(name)
        counts = variable is not None and (variable.value != "" or ":" not in operator)
        if operator[-1] == "+":
            if not counts:
                return variable.value if variable else ""
            return self._noted(f"alternative of {self._shown(name, argument)}", argument, depth)
        if counts:
            return self._value(name)
        if operator[-1] == "?":
            reason = self.expanded(*argument, depth + 1)
            raise BadTemplate(f"the variable `{name}` is required" + (f": {reason[:200]}" if reason else ""))
        return self._noted(f"default of {self._shown(name, argument)}", argument, depth)

    def _noted(self, how: str, argument: tuple[int, int], depth: int) -> str:
        self.expansion.tell(how)
        return self.expanded(*argument, depth + 1)

    def _shown(self, name: str, argument: tuple[int, int]) -> str:
        start = self.template.rfind("${" + name, 0, argument[0])
        whole = self.template[start : argument[1] + 1]
        return whole if len(whole) <= 100 else whole[:97] + "…}"

    def _value(self, name: str) -> str:
        variable = self.variables.get(name)
        if variable is None:
            self.expansion.miss(name)
            return ""
        self.expansion.tell(f"variable {name} from {variable.origin}")
        return variable.value


@dataclass(slots=True)
class _Braces:
    """Finds closing braces; remembers the last one of a line, so that a long line costs one look."""

    template: str
    end: int
    _line_end: int = -1
    _last: int = -1

    def closing(self, dollar: int, after: int) -> int:
        """Where the brace stands that closes the one behind `dollar`.

        Raises:
            BadTemplate: no brace closes it.

        """
        if dollar > self._line_end:
            line_end = self.template.find("\n", dollar, self.end)
            self._line_end = line_end if line_end >= 0 else self.end
            self._last = self.template.rfind("}", dollar, self._line_end)
        if self._last < after:
            raise BadTemplate(_INVALID)
        return self._balanced(dollar + 1)

    def _balanced(self, opening: int) -> int:
        # The character behind an opening brace is not looked at: so `${A:-{}}` gives `{}`.
        depth, at = 0, opening
        while (brace := _BRACE.search(self.template, at, self._last + 1)) is not None:
            at = brace.end()
            if brace[0] == "{":
                depth += 1
                at += 1
            else:
                depth -= 1
                if depth == 0:
                    return brace.start()
        return self._last


_INVALID = "this is no template: write `$$` for a dollar sign, and close every `${`"
