from __future__ import annotations

import pytest

from verifier.files.compose.template import RESULT_LIMIT, BadTemplate, expand
from verifier.files.compose.variables import Variable, from_environment

VARIABLES = {
    **from_environment({"V": "v", "E": "", "lower": "l"}),
    "F": Variable("f", ".env"),
}


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("$V", "v"),
        ("${V}", "v"),
        ("a${V}b$V", "avbv"),
        ("$lower", "l"),
        ("$Vx", ""),
        ("${N:-d}", "d"),
        ("${E:-d}", "d"),
        ("${E-d}", ""),
        ("${N-d}", "d"),
        ("${V:+a}", "a"),
        ("${E:+a}", ""),
        ("${E+a}", "a"),
        ("${N+a}", ""),
        ("${V:?no}", "v"),
        ("${E?no}", ""),
        ("${N:-r/x:${M:-1.2}}", "r/x:1.2"),
        ("${N:-a}/${M:-b}", "a/b"),
        ("${N:-{}}", "{}"),
        ("${N:-a{b}c}", "a{b}c"),
        ("${N:-a}}", "a}"),
        ("${N:-a:?b}", "a:?b"),
        ("$$V", "$V"),
        ("$$$V", "$v"),
        ("a$", "a$"),
        ("a$1 $-", "a$1 $-"),
    ],
)
def test_a_template_is_expanded(template: str, text: str) -> None:
    assert expand(template, VARIABLES).text == text


@pytest.mark.parametrize(
    "template", ["${", "${}", "${1}", "${ V}", "${V", "${N:-a", "${V:}", "${V!a}", "${N:-a\nb}", "${V}${"]
)
def test_what_is_no_template_is_refused(template: str) -> None:
    with pytest.raises(BadTemplate, match="no template"):
        expand(template, VARIABLES)


@pytest.mark.parametrize("template", ["${N:?say ${V}}", "${N?say v}", "${E:?say v}", "${N:-${M:?say v}}"])
def test_a_required_variable_that_is_missing_is_refused_with_its_reason(template: str) -> None:
    with pytest.raises(BadTemplate, match=r"is required: say v"):
        expand(template, VARIABLES)


@pytest.mark.parametrize(
    ("template", "how"),
    [
        ("a", []),
        ("$V", ["variable V from the environment"]),
        ("${F:-x}", ["variable F from .env"]),
        ("${N:-x}", ["default of ${N:-x}"]),
        ("${N:-x$V}", ["default of ${N:-x$V}", "variable V from the environment"]),
        ("${V:+x}", ["alternative of ${V:+x}"]),
    ],
)
def test_an_expansion_tells_where_it_has_its_parts_from(template: str, how: list[str]) -> None:
    assert expand(template, VARIABLES).how == how


def test_a_variable_without_a_value_is_named() -> None:
    expansion = expand("a$N:${M}", VARIABLES)

    assert expansion.text == "a:"
    assert expansion.unset == ["N", "M"]


def test_a_value_is_not_a_template() -> None:
    assert expand("$A", from_environment({"A": "${B}", "B": "b"})).text == "${B}"


@pytest.mark.parametrize(
    "template",
    [
        pytest.param("${N:-" * 18 + "x" + "}" * 18, id="nesting"),
        pytest.param("$L" * 3, id="growth"),
    ],
)
def test_a_limit_that_is_hit_is_refused(template: str) -> None:
    with pytest.raises(BadTemplate, match=r"deeper|grows"):
        expand(template, from_environment({"L": "x" * (RESULT_LIMIT // 2)}))


def test_nesting_within_the_limit_is_expanded() -> None:
    assert expand("${N:-" * 16 + "x" + "}" * 16, {}).text == "x"


def test_many_variables_on_one_line_cost_one_look_each() -> None:
    # Looking for the end of the line anew for each of them would take minutes.
    assert expand("${N:-a}" * 20_000, {}).text == "a" * 20_000
