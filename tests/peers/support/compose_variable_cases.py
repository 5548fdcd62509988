"""Interpolation and env files."""

from __future__ import annotations

from tests.peers.support.compose_case import BASE, case, one

# --- interpolation --------------------------------------------------------------------------------------------
for label, template in {
    "plain": "$V",
    "braced": "${V}",
    "middle": "a/${V}b:1",
    "default": "${N:-d:1}",
    "default-empty": "${E:-d:1}",
    "default-unset": "${E-d:1}x",
    "default-set": "${V:-d:1}",
    "alternative": "${V:+alt:1}",
    "alternative-empty": "x${E:+alt:1}",
    "alternative-plus": "${E+alt:1}",
    "alternative-unset": "x${N+alt:1}",
    "required": "${V:?no}",
    "required-missing": "${N:?no}",
    "required-empty": "${E:?no}",
    "required-unset": "x${E?no}",
    "required-unset-missing": "x${N?}",
    "nested": "${N:-r/x:${M:-1.2}}",
    "nested-deep": "${N:-a${M:-b${O:-c}d}e}",
    "two": "${V}-${N:-b}",
    "two-defaults": "${N:-a}/${M:-b}:${O:-c}",
    "rest-brace": "${N:-a}}",
    "brace-in-default": "${N:-a{b}c}",
    "brace-empty": "${N:-{}}",
    "brace-quirk": "${N:-{}} x}",
    "escaped": "a$$V",
    "escaped-brace": "a$${V}",
    "escaped-twice": "a$$$V",
    "dollar-end": "a$",
    "dollar-digit": "a$1",
    "dollar-space": "a$ b",
    "dollar-dash": "a$-b",
    "lower": "${v_1}",
    "invalid-empty": "${}",
    "invalid-digit": "${1}",
    "invalid-space": "${ V}",
    "invalid-open": "${V",
    "invalid-open-default": "${N:-a",
    "invalid-colon": "${V:}",
    "invalid-operator": "${V!x}",
    "invalid-after": "${V}${",
    "operator-in-default": "${N:-a:?b}",
    "dash-then-colon": "${N-a:-b}",
    "plus-then-dash": "x${N+a:-b}",
    "question-dash": "${V?a:-b}",
    "default-required": "${N:-${M:?inner}}",
    "required-template": "${N:?need ${V}}",
    "default-spaces": "${N:-  a  }",
    "unset": "a${N}",
    "case": "${n}x",
}.items():
    case(
        f"interpolate-{label}",
        "services:\n  web:\n    image: '" + template + "'\n",
        environment={"V": "v:1", "E": "", "v_1": "low"},
    )
case("interpolate-key", "services:\n  $V:\n    image: a:1\n", environment={"V": "v"})
case("interpolate-extension-invalid", "x-a: '${'\n" + BASE)
case("interpolate-comment", BASE + "# ${\n")
case("interpolate-to-number", one("${V}"), environment={"V": "12"})
case("interpolate-to-empty", one("${N}"))
case("interpolate-multi-line", 'services:\n  web:\n    image: "${N:-a\\nb}"\n')
case("interpolate-block", "services:\n  web:\n    image: |-\n      ${N:-a}\n")
case("interpolate-anchor", "x-i: &i a:${V}\nservices:\n  web:\n    image: *i\n", environment={"V": "v"})
case("interpolate-project-name", one("${COMPOSE_PROJECT_NAME}/x"), environment={"COMPOSE_PROJECT_NAME": "pn"})
case("interpolate-project-name-default", "name: given\n" + one("${COMPOSE_PROJECT_NAME:?x}/x"))
case("interpolate-name", "name: a-${V}\n" + BASE, environment={"V": "Xy"})
case("interpolate-value-not-again", one("${V}"), environment={"V": "a$$W${W}", "W": "w"})

# --- env files ------------------------------------------------------------------------------------------------
ENV = """
A=plain
B="double ${A}"
C='single ${A}'
export D=exported
E = spaced
F=with # comment
G=with#hash
H="quoted" # comment
I="esc\\n\\t\\"x\\"\\$A"
J='it\\'s'
K: yaml
L=
M
N="multi
line"
O=${A:-no}-${NONE:-fallback}
P=$$A
Q="\\101\\0101\\x"
  R=indented
S="a\\\\b"
T=trailing space \x20
U=a=b
V=é
W.x=dot
# comment
X=${LATER}
LATER=1
Y=\\$A
"""
for name in "ABCDEFGHIJKLMNOPQRSTUVXY":
    case(f"env-file-{name}", one(f'"x${{{name}}}x"'), files={".env": ENV})
case("env-crlf", one("${A}-${B}"), files={".env": b"A=1\r\nB='2'\r\n"})
case("env-bom", one("${A}"), files={".env": b"\xef\xbb\xbfA=1a\r\n"})
case("env-bad-name", one("${A}a"), files={".env": "A!=1\n"})
case("env-bad-quote", one("${A}a"), files={".env": 'A="1\n'})
case("env-bad-space", one("${A}a"), files={".env": "A B=1\n"})
case("env-bad-template", one("${A}a"), files={".env": "A=${\n"})
case("env-no-newline", one("x${A}"), files={".env": "A=1"})
case("env-name-only-last", one("x${A}"), files={".env": "A"})
case("env-required", one("x${A}"), files={".env": "A=${B:?no}\n"})
case("env-environment-wins", one("${A}"), files={".env": "A=file\n"}, environment={"A": "env"})
case("env-uses-environment", one("${B}"), files={".env": "A=file\nB=$A\n"}, environment={"A": "env"})
case("env-inherits", one("a${A}"), files={".env": "A\nB=1\n"}, environment={"A": "env"})
case("env-is-directory", one("a${A}"), files={".env/x": "A=1\n"})
case("env-file-option", one("a${A}${B}"), files={".env": "A=1\n", "p.env": "B=2\n"}, request={"EnvFiles": ["p.env"]})
case(
    "env-file-several",
    one("a${A}${B}"),
    files={"1.env": "A=1\nB=1\n", "2.env": "B=${A}2\n"},
    request={"EnvFiles": ["1.env", "2.env"]},
)
case("env-file-missing", one("a"), request={"EnvFiles": ["none.env"]})
case("env-files-variable", one("a${A}"), files={"x.env": "A=1\n"}, environment={"COMPOSE_ENV_FILES": "x.env"})
case("env-disabled", one("a${A}"), files={".env": "A=1\n"}, environment={"COMPOSE_DISABLE_ENV_FILE": "1"})
case("env-disabled-bad", one("a${A}"), files={".env": "A=1\n"}, environment={"COMPOSE_DISABLE_ENV_FILE": "maybe"})
