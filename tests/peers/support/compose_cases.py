"""Small Compose projects, each for one thing that a loader must get right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from textwrap import dedent


@dataclass(frozen=True, slots=True)
class Case:
    """A project and how it is loaded."""

    name: str
    files: Mapping[str, str | bytes]
    request: Mapping[str, object] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    stdin: bytes = b""


CASES: list[Case] = []


def case(name: str, text: str | bytes = "", /, files: Mapping[str, str | bytes] | None = None, **more: object) -> None:
    given: dict[str, str | bytes] = {}
    if text:
        given["compose.yaml"] = text
    given |= files or {}
    dedented = {path: dedent(one).lstrip("\n") if isinstance(one, str) else one for path, one in given.items()}
    CASES.append(Case(name, dedented, **more))  # type: ignore[arg-type]


def one(image: str) -> str:
    return f"services:\n  web:\n    image: {image}\n"


BASE = one("base:1")

# --- one file -------------------------------------------------------------------------------------------------
case("plain", BASE)
case("quoted-single", one("'a:1'"))
case("quoted-double-escape", one('"a:\\u0031"'))
case("comment", one("a:1 # why"))
case("tab-before-comment", one("a:1\t# c"))
case("tab-after-colon", "services:\n  web:\n    image:\ta:1\n")
case("tab-indent", "services:\n\tweb:\n\t\timage: a:1\n")
case("crlf", BASE.replace("\n", "\r\n").encode())
case("cr", BASE.replace("\n", "\r").encode())
case("bom", b"\xef\xbb\xbf" + BASE.encode())
case("no-final-newline", BASE.rstrip("\n"))
case("nul", b"services:\n  web:\n    image: a\x00:1\n")
case("latin1", b"services:\n  web:\n    image: a # \xe9\n")
case("nel-in-comment", "services:\n  web:\n    image: a:1 # c\u0085    pull_policy: never\n")
case("nel-image", "services:\n  web:\n    image: a:1\u0085    build: .\n")
case("ls-in-comment", "services:\n  web:\n    build: . # c\u2028    image: b:1\n")
case("ls-in-quotes", 'services:\n  web:\n    image: "a\u2028b"\n')
case("json", '{"services": {"web": {"image": "a:1", "volumes": []}}}')
case("flow", "services: {web: {image: a:1}, db: {image: 'b:2'}}\n")
case("flow-multi-line", "services: {\n  web: {\n    image: a:1,\n  },\n}\n")
case("block-folded-strip", "services:\n  web:\n    image: >-\n      a:1\n")
case("block-literal-strip", "services:\n  web:\n    image: |-\n      a:1\n    build: .\n")
case("block-literal-keeps", "services:\n  web:\n    image: |\n      a:1\n")
case("block-indent-digit", "services:\n  web:\n    image: |2-\n      a:1\n")
case("plain-multi-line", "services:\n  web:\n    image: a:1\n      b\n")
case("explicit-key", "services:\n  ? web\n  : image: a:1\n")
case("tag-str", one("!!str 1.5"))
case("tag-int", one("!!int 5"))
case("tag-null", one("!!null x"))
case("tag-unknown", one("!foo a:1"))
case("tag-verbatim", one("!<tag:yaml.org,2002:str> a:1"))
case("tag-binary", one("!!binary YTox"))
case("tag-not-specific", one("! a:1"))
case("tag-directive", "%TAG !! tag:yaml.org,2002:\n---\n" + BASE)
case("yaml-directive", "%YAML 1.2\n---\n" + BASE)
case("yaml-directive-1.1", "%YAML 1.1\n---\n" + BASE)
for text in (
    "1.5 12 0x1f 0o17 0b101 0777 08 1_000 12e03 .5 +1 -1 1e3 .inf .nan -.INF true True yes on off no null ~ Null"
    " 2026-01-01 1:30 1_ 0x 0b2 1.2.3 1e 12e 1__0 0_1 +.5 -_1 _1 .1_0 0xg 1e+5 1.e5 01.5 00 0o8 0b 0B1 0X1F 0O7 y n = <<"
).split():
    case(f"scalar-{text}", one(text))
case("image-empty", one(""))
case("image-empty-string", one("''"))
case("image-list", one("[a:1]"))
case("image-map", one("{a: b}"))
case("no-image", "services:\n  web:\n    command: x\n")
case("service-null", "services:\n  web:\n  db:\n    image: a:1\n")
case("service-string", "services:\n  web: x\n")
case("services-list", "services: [a]\n")
case("services-null", "services:\n")
case("services-empty", "services: {}\n")
case("empty", files={"compose.yaml": ""})
case("only-comment", "# nothing\n")
case("only-dashes", "---\n")
case("top-list", "- a\n")
case("top-string", "a\n")
case("version-1", "web:\n  image: a:1\n")
case("version-key", 'version: "3.8"\n' + BASE)
case("version-number", "version: 3.8\n" + BASE)
case("unknown-top", "foo: 1\n" + BASE)
case("unknown-service-attribute", BASE + "    imgae: b:1\n")
case("extension-top", "x-foo: {a: 1}\n" + BASE)
case("extension-service", BASE + "    x-foo: 1\n")
case("service-named-like-extension", "services:\n  x-web:\n    image: a:1\n")
case("service-name-slash", "services:\n  a/b:\n    image: a:1\n")
case("key-number", "services:\n  1:\n    image: a:1\n")
case("key-number-quoted", 'services:\n  "1":\n    image: a:1\n')
case("key-bool", "services:\n  true:\n    image: a:1\n")
case("key-yes", "services:\n  yes:\n    image: a:1\n")
case("key-null", "services:\n  ~:\n    image: a:1\n")
case("key-date", "services:\n  2026-01-01:\n    image: a:1\n")
case("key-number-in-extension", "x-a:\n  1: b\n" + BASE)
case("duplicate-image", BASE + "    image: b:1\n")
case("duplicate-service", BASE + "  web:\n    image: b:1\n")
case("duplicate-quoted", BASE + '    "image": b:1\n')
case("duplicate-in-extension", "x-a:\n  b: 1\n  b: 2\n" + BASE)
case("duplicate-in-flow", "services: {web: {image: a:1, image: b:1}}\n")
case("bad-yaml", "services:\n  web:\n    image: [a\n")
case("bad-indent", "services:\n  web:\n    image: a:1\n   build: .\n")
case("bad-escape", one('"a\\q"'))

# --- anchors and merge keys -----------------------------------------------------------------------------------
case("alias", "x-i: &i a:1\nservices:\n  web:\n    image: *i\n")
case("alias-inline", "services:\n  web:\n    image: &i a:1\n  db:\n    image: *i\n")
case("alias-redefined", "x-a: &i a:1\nx-b: &i b:1\nservices:\n  web:\n    image: *i\n")
case("alias-before-anchor", "services:\n  web:\n    image: *i\nx-i: &i a:1\n")
case("alias-of-service", "services:\n  web: &w\n    image: a:1\n  db: *w\n")
case("alias-cycle", "x-a: &a [*a]\n" + BASE)
case("alias-cycle-map", "services: &s\n  web:\n    image: a:1\n    x-s: *s\n")
case("alias-tagged", "x-i: &i !!str 12\nservices:\n  web:\n    image: *i\n")
case("alias-in-key", "x-k: &k web\nservices:\n  *k :\n    image: a:1\n")
case("anchor-dotted", "x-i: &i.j a:1\nservices:\n  web:\n    image: *i.j\n")
case("merge", "x-b: &b\n  image: a:1\nservices:\n  web:\n    <<: *b\n")
case("merge-local-wins", "x-b: &b\n  image: a:1\nservices:\n  web:\n    <<: *b\n    image: b:1\n")
case("merge-local-wins-before", "x-b: &b\n  image: a:1\nservices:\n  web:\n    image: b:1\n    <<: *b\n")
case("merge-list", "x-a: &a {image: a:1}\nx-b: &b {image: b:1, build: .}\nservices:\n  web:\n    <<: [*a, *b]\n")
case("merge-alias-of-list", "x-a: &a {image: a:1}\nx-l: &l [*a]\nservices:\n  web:\n    <<: *l\n")
case("merge-nested", "x-a: &a {image: a:1}\nx-b: &b\n  <<: *a\nservices:\n  web:\n    <<: *b\n")
case("merge-inline", "services:\n  web:\n    <<: {image: a:1}\n")
case("merge-scalar", "services:\n  web:\n    image: a:1\n    <<: x\n")
case("merge-quoted", 'services:\n  web:\n    image: a:1\n    "<<": {image: b:1}\n')
case("merge-local-null", "x-b: &b\n  image: a:1\nservices:\n  web:\n    <<: *b\n    image:\n")
case("merge-services", "x-s: &s\n  db:\n    image: d:1\nservices:\n  <<: *s\n  web:\n    image: a:1\n")
case("merge-top", "x-s: &s\n  services:\n    db:\n      image: d:1\n<<: *s\n")
case("merge-twice", "x-a: &a {image: a:1}\nservices:\n  web:\n    <<: *a\n    <<: *a\n")

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
T=trailing space   
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

# --- which files ----------------------------------------------------------------------------------------------
case("find-docker-compose", files={"docker-compose.yml": BASE})
case("find-order", files={"docker-compose.yml": BASE, "compose.yml": one("c:1"), "compose.yaml": one("y:1")})
case("find-override", BASE, files={"compose.override.yaml": one("over:1")})
case("find-override-other", BASE, files={"docker-compose.override.yml": one("over:1")})
case("find-override-order", BASE, files={"compose.override.yml": one("o1:1"), "compose.override.yaml": one("o2:1")})
case("find-none", files={"other.yaml": BASE})
case("file-option", BASE, files={"a.yaml": one("a:1")}, request={"Files": ["a.yaml"]})
case("file-several", files={"a.yaml": one("a:1"), "b.yaml": one("b:1")}, request={"Files": ["a.yaml", "b.yaml"]})
case("file-missing", BASE, request={"Files": ["none.yaml"]})
case("file-stdin", BASE, request={"Files": ["-"]}, stdin=one("s:1").encode())
case("file-stdin-and-file", BASE, request={"Files": ["-", "compose.yaml"]}, stdin=one("s:1").encode())
case("file-variable", files={"a.yaml": one("a:1")}, environment={"COMPOSE_FILE": "a.yaml"})
case(
    "file-variable-separator",
    files={"a.yaml": one("a:1"), "b.yaml": one("b:1")},
    environment={"COMPOSE_FILE": "a.yaml;b.yaml", "COMPOSE_PATH_SEPARATOR": ";"},
)
case("file-variable-dotenv", files={"a.yaml": one("a:1"), ".env": "COMPOSE_FILE=a.yaml\n"})
case("file-variable-empty", BASE, environment={"COMPOSE_FILE": ""})
case("file-variable-missing", BASE, environment={"COMPOSE_FILE": "none.yaml"})
case("file-sub-directory-env", files={"sub/c.yaml": one("a${A}"), "sub/.env": "A=sub\n"}, request={"Files": ["sub/c.yaml"]})
case(
    "file-both-env",
    files={"sub/c.yaml": one("a${A}${B}"), "sub/.env": "A=sub\nB=sub\n", ".env": "A=top\n"},
    request={"Files": ["sub/c.yaml"]},
)
case("project-directory", files={"sub/compose.yaml": BASE, "sub/.env": ""}, request={"ProjectDirectory": "sub"})
case(
    "project-directory-extends",
    files={"c.yaml": "services:\n  web:\n    extends: {file: b.yaml, service: web}\n", "sub/b.yaml": one("sub:1"), "b.yaml": one("top:1")},
    request={"ProjectDirectory": "sub", "Files": ["c.yaml"]},
)
case("name-option", BASE, request={"Name": "given"})
case("name-option-bad", BASE, request={"Name": "Given!"})
case("name-variable-bad", BASE, environment={"COMPOSE_PROJECT_NAME": "Bad Name"})
case("name-in-file", "name: My_App!\n" + BASE)
case("name-number", "name: 5\n" + BASE)
case("name-later-file", "name: first\n" + BASE, files={"compose.override.yaml": "name: second\n"})
case("name-only-in-override", BASE, files={"compose.override.yaml": "name: second\n"})

# --- several files, documents, tags ---------------------------------------------------------------------------
def two(name: str, first: str, second: str, **more: object) -> None:
    case(name, first, files={"compose.override.yaml": second}, **more)


two("override-adds", BASE, "services:\n  db:\n    image: d:1\n")
two("override-null", BASE, "services:\n  web:\n    image:\n")
two("override-service-null", BASE, "services:\n  web:\n")
two("override-empty-string", BASE, one("''"))
two("override-build", BASE, "services:\n  web:\n    build: .\n")
two("override-reset", BASE + "    build: .\n", "services:\n  web:\n    image: !reset null\n")
two("override-reset-service", BASE + "  db:\n    image: d:1\n", "services:\n  web: !reset\n")
two("override-reset-nothing", BASE, "services:\n  db:\n    image: d:1\n    command: !reset []\n")
two("override-override", BASE + "    build: .\n", "services:\n  web: !override\n    image: o:1\n")
two("override-override-image", BASE, one("!override o:1"))
two("override-reset-inside-override", BASE + "    build: .\n", "services:\n  web: !override\n    image: !reset o:1\n")
two("override-services-override", BASE, "services: !override\n  db:\n    image: d:1\n")
two("override-reset-all-services", BASE, "services: !reset {}\n")
two("override-reset-alias", BASE, "x-r: &r !reset null\nservices:\n  web:\n    build: .\n    image: *r\n")
two("override-reset-merge", BASE, "x-r: &r\n  image: !reset null\nservices:\n  web:\n    <<: *r\n    build: .\n")
two("override-reset-top-merge", BASE, "x-r: &r\n  services:\n    web:\n      image: !reset null\n      build: .\n<<: *r\n")
two("override-reset-root", BASE, "!reset null\n")
two("override-build-mapping", "services:\n  web:\n    build: .\n", "services:\n  web:\n    build:\n      additional_contexts:\n        b: docker-image://b:1\n")
two(
    "override-contexts",
    "services:\n  web:\n    build:\n      additional_contexts: [a=docker-image://a:1, b=docker-image://b:1]\n",
    "services:\n  web:\n    build:\n      additional_contexts:\n        b: docker-image://b:2\n",
)
two(
    "override-cache",
    "services:\n  web:\n    build:\n      cache_from: [a:1, b:1]\n",
    "services:\n  web:\n    build:\n      cache_from: [b:1, c:1]\n",
)
two("override-image-list", BASE, one("[a]"))
two("override-services-list", BASE, "services: []\n")
two("override-version-1", BASE, "web:\n  image: o:1\n")
two(
    "override-volume-same-target",
    "services:\n  web:\n    image: a:1\n    volumes:\n      - {type: image, source: i:1, target: /d}\n",
    "services:\n  web:\n    volumes:\n      - ./x:/d\n",
)
two(
    "override-volume-image-same-target",
    "services:\n  web:\n    image: a:1\n    volumes: ['./x:/d:ro', '/e', 'C:\\x:/f']\n",
    "services:\n  web:\n    volumes:\n      - {type: image, source: i:1, target: /d}\n      - {type: image, source: i:2, target: /g}\n",
)
two(
    "override-hooks",
    "services:\n  web:\n    image: a:1\n    pre_start:\n      - {image: h:1, command: x}\n",
    "services:\n  web:\n    pre_start:\n      - {image: h:2, command: y}\n      - {image: h:1, command: x}\n",
)
two("override-command-types", BASE + "    command: a\n", "services:\n  web:\n    command: [b]\n")
two("override-environment-types", BASE + "    environment: [A=1]\n", "services:\n  web:\n    environment: {B: 2}\n")
case("documents", BASE + "---\n" + one("second:1") + "---\nservices:\n  db:\n    image: d:1\n")
case("documents-empty", BASE + "---\n")
case("documents-empty-first", "---\n---\n" + BASE)
case("documents-end", BASE + "...\n")
case("documents-anchor", "x-i: &i a:1\nservices: {}\n---\nservices:\n  web:\n    image: *i\n")
case("documents-reset", BASE + "    build: .\n---\nservices:\n  web:\n    image: !reset null\n")
case("documents-comment-between", "# a\n---\n# b\n" + BASE + "# c\n...\n# d\n")

# --- extends --------------------------------------------------------------------------------------------------
case("extends", "services:\n  base:\n    image: b:1\n  web:\n    extends: base\n")
case("extends-long", "services:\n  base:\n    image: b:1\n  web:\n    extends: {service: base}\n")
case("extends-chain", "services:\n  a:\n    image: a:1\n  b:\n    extends: a\n  c:\n    extends: b\n    build: .\n")
case("extends-local-wins", "services:\n  base:\n    image: b:1\n  web:\n    extends: base\n    image: w:1\n")
case("extends-null", "services:\n  base:\n    image: b:1\n  web:\n    extends: base\n    image:\n")
case("extends-cycle", "services:\n  a:\n    extends: b\n  b:\n    extends: a\n")
case("extends-self", "services:\n  a:\n    image: a:1\n    extends: a\n")
case("extends-missing", "services:\n  a:\n    extends: none\n")
case("extends-no-service", "services:\n  a:\n    image: a:1\n    extends: {file: b.yaml}\n")
case("extends-unknown", "services:\n  b:\n    image: a:1\n  a:\n    extends: {service: b, x: 1}\n")
case("extends-number", "services:\n  a:\n    image: a:1\n    extends: 5\n")
FILE = "services:\n  web:\n    extends: {file: base.yaml, service: app}\n"
case("extends-file", FILE, files={"base.yaml": "services:\n  app:\n    image: b:1\n"})
case("extends-file-missing", FILE)
case("extends-file-no-service", FILE, files={"base.yaml": BASE})
case("extends-file-no-services", FILE, files={"base.yaml": "name: x\n"})
case("extends-file-empty", FILE, files={"base.yaml": ""})
case("extends-file-chain", FILE, files={"base.yaml": "services:\n  app:\n    extends: low\n  low:\n    image: low:1\n"})
case(
    "extends-file-directory",
    "services:\n  web:\n    extends: {file: sub/base.yaml, service: app}\n",
    files={
        "sub/base.yaml": "services:\n  app:\n    extends: {file: low.yaml, service: low}\n",
        "sub/low.yaml": "services:\n  low:\n    image: sub:1\n",
        "low.yaml": "services:\n  low:\n    image: top:1\n",
    },
)
case("extends-file-itself", "services:\n  b:\n    image: b:1\n  web:\n    extends: {file: compose.yaml, service: b}\n")
case(
    "extends-file-cycle",
    FILE,
    files={"base.yaml": "services:\n  app:\n    extends: {file: compose.yaml, service: web}\n"},
)
case("extends-file-interpolated", FILE, files={"base.yaml": "services:\n  app:\n    image: b:${V}\n"}, environment={"V": "v"})
case(
    "extends-file-env-not-read",
    "services:\n  web:\n    extends: {file: sub/base.yaml, service: app}\n",
    files={"sub/base.yaml": "services:\n  app:\n    image: b:${V:-none}\n", "sub/.env": "V=sub\n"},
)
case("extends-file-unknown-attribute", FILE, files={"base.yaml": "services:\n  app:\n    image: b:1\n  other:\n    foo: 1\n"})
case("extends-file-unknown-used", FILE, files={"base.yaml": "services:\n  app:\n    image: b:1\n    foo: 1\n"})
case("extends-file-include", FILE, files={"base.yaml": "include: [x.yaml]\nservices:\n  app:\n    image: b:1\n"})
case("extends-file-documents", FILE, files={"base.yaml": "services:\n  app:\n    image: b:1\n---\nservices:\n  app:\n    image: b:2\n"})
case("extends-file-null", FILE, files={"base.yaml": "services:\n  app:\n"})
case("extends-null-base-with-image", FILE + "    image: w:1\n", files={"base.yaml": "services:\n  app:\n"})
case("extends-interpolated", "services:\n  base:\n    image: b:1\n  web:\n    extends: ${V}\n", environment={"V": "base"})
case("extends-reset", "services:\n  base:\n    image: b:1\n  web:\n    extends: base\n    image: !reset null\n    build: .\n")
case("extends-override-tag", "services:\n  base:\n    build: .\n    image: b:1\n  web:\n    extends: base\n    build: !override {context: x}\n")
two("extends-in-override", BASE, "services:\n  web:\n    extends: base\n  base:\n    image: o:1\n")
two("extends-in-override-other-file", BASE + "  base:\n    image: b:1\n", "services:\n  db:\n    extends: base\n")
two("extends-reset-in-override", "services:\n  b:\n    image: b:1\n  web:\n    extends: b\n", "services:\n  web:\n    extends: !reset null\n    image: w:1\n")
case("extends-hooks", "services:\n  base:\n    image: b:1\n    pre_start: [{image: h:1, command: x}]\n  web:\n    extends: base\n    pre_start: [{image: h:2, command: x}]\n")
case("extends-merge-key", "x-e: &e {extends: base}\nservices:\n  base:\n    image: b:1\n  web:\n    <<: *e\n")

# --- include --------------------------------------------------------------------------------------------------
def include(name: str, value: str, main: str = "", **more: object) -> None:
    files = more.pop("files", {})
    case(name, f"include: {value}\n{main or BASE}", files={"inc.yaml": "services:\n  db:\n    image: d:${T:-1}\n", **files}, **more)  # type: ignore[dict-item]


include("include", "[inc.yaml]")
include("include-string", "inc.yaml")
include("include-long", "[{path: inc.yaml}]")
include("include-paths", "[{path: [inc.yaml, over.yaml]}]", files={"over.yaml": "services:\n  db:\n    image: over:1\n"})
include("include-null", "")
include("include-missing", "[none.yaml]")
include("include-no-path", "[{env_file: x}]")
include("include-unknown", "[{path: inc.yaml, x: 1}]")
include("include-conflict", "[inc.yaml]", "services:\n  db:\n    image: local:1\n")
include("include-extended", "[inc.yaml]", "services:\n  web:\n    extends: db\n")
include("include-only", "[inc.yaml]", "name: x\n")
include("include-environment", "[inc.yaml]", environment={"T": "env"})
include("include-own-env", "[sub/inc.yaml]", files={"sub/inc.yaml": "services:\n  s:\n    image: s:${T:-none}\n", "sub/.env": "T=sub\n"})
include("include-own-env-scoped", "[sub/inc.yaml]", one("w:${T:-none}"), files={"sub/inc.yaml": "services:\n  s:\n    image: s:${T}\n", "sub/.env": "T=sub\n"})
include("include-outer-env-wins", "[sub/inc.yaml]", files={"sub/inc.yaml": "services:\n  s:\n    image: s:${T}\n", "sub/.env": "T=sub\n", ".env": "T=top\n"})
include("include-env-file", "[{path: inc.yaml, env_file: x.env}]", files={"x.env": "T=x\n"})
include("include-env-files", "[{path: inc.yaml, env_file: [x.env, y.env]}]", files={"x.env": "T=x\n", "y.env": "T=y$T\n"})
include("include-env-file-missing", "[{path: inc.yaml, env_file: none.env}]")
include("include-env-file-null", "[{path: sub/inc.yaml, env_file: /dev/null}]", files={"sub/inc.yaml": "services:\n  s:\n    image: s:${T:-none}\n", "sub/.env": "T=sub\n"})
include(
    "include-project-directory",
    "[{path: sub/inc.yaml, project_directory: other}]",
    files={
        "sub/inc.yaml": "services:\n  s:\n    image: s:${T:-none}\n  e:\n    extends: {file: b.yaml, service: web}\n",
        "other/.env": "T=other\n",
        "other/b.yaml": one("other:1"),
        "sub/b.yaml": one("sub:1"),
    },
)
include("include-nested", "[sub/a.yaml]", files={"sub/a.yaml": "include: [b.yaml]\nservices: {}\n", "sub/b.yaml": "services:\n  n:\n    image: n:1\n"})
include("include-cycle", "[a.yaml]", files={"a.yaml": "include: [compose.yaml]\nservices: {}\n"})
include("include-self", "[compose.yaml]")
include("include-diamond", "[a.yaml, b.yaml]", files={"a.yaml": "include: [inc.yaml]\nservices: {}\n", "b.yaml": "include: [inc.yaml]\nservices: {}\n"})
include("include-two-conflict", "[a.yaml, b.yaml]", files={"a.yaml": one("a:1"), "b.yaml": one("b:1")}, main="services: {}\n")
include("include-empty-file", "[e.yaml]", files={"e.yaml": ""})
include("include-bad-service", "[e.yaml]", files={"e.yaml": "services:\n  x: 1\n"})
include("include-reset", "[inc.yaml]", "services:\n  db:\n    image: !reset null\n    build: .\n")
include("include-model", "[m.yaml]", files={"m.yaml": "models:\n  llm:\n    model: ai/x\n"})
include("include-number", "[5]")
include("include-interpolated", "['${F}']", environment={"F": "inc.yaml"})
include("include-absolute-escape", "[../inc.yaml]")
two("include-in-override", BASE, "include: [inc.yaml]\n")

# --- profiles, builds, other fields ---------------------------------------------------------------------------
PROFILES = BASE + "  debug:\n    image: d:1\n    profiles: [dbg, other]\n"
case("profiles", PROFILES)
case("profiles-active", PROFILES, request={"Profiles": ["dbg"]})
case("profiles-all", PROFILES, request={"Profiles": ["*"]})
case("profiles-variable", PROFILES, environment={"COMPOSE_PROFILES": "x, other"})
case("profiles-dotenv", PROFILES, files={".env": "COMPOSE_PROFILES=dbg\n"})
case("profiles-empty", BASE + "  debug:\n    image: d:1\n    profiles: []\n")
case("profiles-string", BASE + "  debug:\n    image: d:1\n    profiles: dbg\n")
case("profiles-no-image", BASE + "  debug:\n    profiles: [dbg]\n")
case("profiles-no-image-active", BASE + "  debug:\n    profiles: [dbg]\n", request={"Profiles": ["dbg"]})
case("build-string", "services:\n  web:\n    build: .\n")
case("build-null", "services:\n  web:\n    image: a:1\n    build:\n")
case("build-list", "services:\n  web:\n    build: [a]\n")
case("build-empty", "services:\n  web:\n    build: {}\n")
case("build-unknown", "services:\n  web:\n    build: {foo: 1}\n")
case("build-image", BASE + "    build: .\n")
case("build-contexts", "services:\n  web:\n    build:\n      additional_contexts:\n        a: docker-image://a:1\n        b: ./x\n        c: service:db\n  db:\n    build: .\n")
case("build-contexts-list", "services:\n  web:\n    build:\n      additional_contexts: [a=docker-image://a:1]\n")
case("build-contexts-bad", "services:\n  web:\n    build:\n      additional_contexts: [a]\n")
case("build-contexts-string", "services:\n  web:\n    build:\n      additional_contexts: a=b\n")
case("build-cache", "services:\n  web:\n    build:\n      cache_from: [a:1, 'type=registry,ref=b:1']\n      cache_to: ['type=local,dest=x']\n")
case("build-cache-string", "services:\n  web:\n    build:\n      cache_from: a:1\n")
case("build-inline", "services:\n  web:\n    build:\n      dockerfile_inline: |\n        FROM a:1\n")
case("hook", BASE + "    pre_start:\n      - image: h:1\n        command: x\n      - command: y\n")
case("hook-unknown", BASE + "    pre_start:\n      - {image: h:1, foo: 1}\n")
case("hook-string", BASE + "    pre_start: x\n")
case("hook-image-number", BASE + "    pre_start:\n      - {image: 1, command: x}\n")
case("volume-image", BASE + "    volumes:\n      - {type: image, source: i:1, target: /i}\n")
case("volume-image-service", BASE + "    volumes:\n      - {type: image, source: web, target: /i}\n")
case("volume-twice", BASE + "    volumes:\n      - {type: image, source: i:1, target: /i}\n      - {type: image, source: i:2, target: /i}\n")
case("volume-no-target", BASE + "    volumes:\n      - {type: image, source: i:1}\n")
case("volume-no-type", BASE + "    volumes:\n      - {source: i:1, target: /i}\n")
case("volume-bad-type", BASE + "    volumes:\n      - {type: foo, source: i:1, target: /i}\n")
case("volume-string", BASE + "    volumes: x\n")
case("volume-hook", BASE + "    pre_start:\n      - {command: x, volumes: [{type: image, source: i:1, target: /i}]}\n")
case("model", BASE + "models:\n  llm:\n    model: ai/smollm2\n")
case("model-missing", BASE + "models:\n  llm:\n    context_size: 1\n")
case("model-string", BASE + "models:\n  llm: ai/x\n")
case("jobs", BASE + "jobs:\n  once:\n    image: j:1\n    triggers: {manual: true}\n")
case("jobs-unknown", BASE + "jobs:\n  once:\n    image: j:1\n    foo: 1\n")
case("provider", "services:\n  web:\n    provider: {type: x}\n")
case("pull-policy-bad", BASE + "    pull_policy: sometimes\n")
case("pull-policy-never", BASE + "    pull_policy: never\n")
case("pull-policy-every", BASE + "    pull_policy: every_12h\n")
case("depends-on-undefined", BASE + "    depends_on: [none]\n")
case("ports-bad", BASE + "    ports: foo\n")
