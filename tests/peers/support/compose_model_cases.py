"""`extends`, `include`, profiles, builds, hooks, volumes, models."""

# ruff: noqa: E501 - a project on one line reads as a row of a table
from __future__ import annotations

from tests.peers.support.compose_case import BASE, case, one, two

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
case(
    "extends-file-interpolated",
    FILE,
    files={"base.yaml": "services:\n  app:\n    image: b:${V}\n"},
    environment={"V": "v"},
)
case(
    "extends-file-env-not-read",
    "services:\n  web:\n    extends: {file: sub/base.yaml, service: app}\n",
    files={"sub/base.yaml": "services:\n  app:\n    image: b:${V:-none}\n", "sub/.env": "V=sub\n"},
)
case(
    "extends-file-unknown-attribute",
    FILE,
    files={"base.yaml": "services:\n  app:\n    image: b:1\n  other:\n    foo: 1\n"},
)
case("extends-file-unknown-used", FILE, files={"base.yaml": "services:\n  app:\n    image: b:1\n    foo: 1\n"})
case("extends-file-include", FILE, files={"base.yaml": "include: [x.yaml]\nservices:\n  app:\n    image: b:1\n"})
case(
    "extends-file-documents",
    FILE,
    files={"base.yaml": "services:\n  app:\n    image: b:1\n---\nservices:\n  app:\n    image: b:2\n"},
)
case("extends-file-null", FILE, files={"base.yaml": "services:\n  app:\n"})
case("extends-null-base-with-image", FILE + "    image: w:1\n", files={"base.yaml": "services:\n  app:\n"})
case(
    "extends-interpolated", "services:\n  base:\n    image: b:1\n  web:\n    extends: ${V}\n", environment={"V": "base"}
)
case(
    "extends-reset",
    "services:\n  base:\n    image: b:1\n  web:\n    extends: base\n    image: !reset null\n    build: .\n",
)
case(
    "extends-override-tag",
    "services:\n  base:\n    build: .\n    image: b:1\n  web:\n    extends: base\n    build: !override {context: x}\n",
)
two("extends-in-override", BASE, "services:\n  web:\n    extends: base\n  base:\n    image: o:1\n")
two("extends-in-override-other-file", BASE + "  base:\n    image: b:1\n", "services:\n  db:\n    extends: base\n")
two(
    "extends-reset-in-override",
    "services:\n  b:\n    image: b:1\n  web:\n    extends: b\n",
    "services:\n  web:\n    extends: !reset null\n    image: w:1\n",
)
case(
    "extends-hooks",
    "services:\n  base:\n    image: b:1\n    pre_start: [{image: h:1, command: x}]\n  web:\n    extends: base\n    pre_start: [{image: h:2, command: x}]\n",
)
case("extends-merge-key", "x-e: &e {extends: base}\nservices:\n  base:\n    image: b:1\n  web:\n    <<: *e\n")


# --- include --------------------------------------------------------------------------------------------------
def include(name: str, value: str, main: str = "", **more: object) -> None:
    files = more.pop("files", {})
    case(
        name,
        f"include: {value}\n{main or BASE}",
        files={"inc.yaml": "services:\n  db:\n    image: d:${T:-1}\n", **files},
        **more,
    )  # type: ignore[dict-item]


include("include", "[inc.yaml]")
include("include-string", "inc.yaml")
include("include-long", "[{path: inc.yaml}]")
include(
    "include-paths", "[{path: [inc.yaml, over.yaml]}]", files={"over.yaml": "services:\n  db:\n    image: over:1\n"}
)
include("include-null", "")
include("include-missing", "[none.yaml]")
include("include-no-path", "[{env_file: x}]")
include("include-unknown", "[{path: inc.yaml, x: 1}]")
include("include-conflict", "[inc.yaml]", "services:\n  db:\n    image: local:1\n")
include("include-extended", "[inc.yaml]", "services:\n  web:\n    extends: db\n")
include("include-only", "[inc.yaml]", "name: x\n")
include("include-environment", "[inc.yaml]", environment={"T": "env"})
include(
    "include-own-env",
    "[sub/inc.yaml]",
    files={"sub/inc.yaml": "services:\n  s:\n    image: s:${T:-none}\n", "sub/.env": "T=sub\n"},
)
include(
    "include-own-env-scoped",
    "[sub/inc.yaml]",
    one("w:${T:-none}"),
    files={"sub/inc.yaml": "services:\n  s:\n    image: s:${T}\n", "sub/.env": "T=sub\n"},
)
include(
    "include-outer-env-wins",
    "[sub/inc.yaml]",
    files={"sub/inc.yaml": "services:\n  s:\n    image: s:${T}\n", "sub/.env": "T=sub\n", ".env": "T=top\n"},
)
include("include-env-file", "[{path: inc.yaml, env_file: x.env}]", files={"x.env": "T=x\n"})
include(
    "include-env-files", "[{path: inc.yaml, env_file: [x.env, y.env]}]", files={"x.env": "T=x\n", "y.env": "T=y$T\n"}
)
include("include-env-file-missing", "[{path: inc.yaml, env_file: none.env}]")
include(
    "include-env-file-null",
    "[{path: sub/inc.yaml, env_file: /dev/null}]",
    files={"sub/inc.yaml": "services:\n  s:\n    image: s:${T:-none}\n", "sub/.env": "T=sub\n"},
)
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
include(
    "include-nested",
    "[sub/a.yaml]",
    files={"sub/a.yaml": "include: [b.yaml]\nservices: {}\n", "sub/b.yaml": "services:\n  n:\n    image: n:1\n"},
)
include("include-cycle", "[a.yaml]", files={"a.yaml": "include: [compose.yaml]\nservices: {}\n"})
include("include-self", "[compose.yaml]")
include(
    "include-diamond",
    "[a.yaml, b.yaml]",
    files={"a.yaml": "include: [inc.yaml]\nservices: {}\n", "b.yaml": "include: [inc.yaml]\nservices: {}\n"},
)
include(
    "include-two-conflict",
    "[a.yaml, b.yaml]",
    files={"a.yaml": one("a:1"), "b.yaml": one("b:1")},
    main="services: {}\n",
)
include("include-empty-file", "[e.yaml]", files={"e.yaml": ""})
include("include-bad-service", "[e.yaml]", files={"e.yaml": "services:\n  x: 1\n"})
include("include-reset", "[inc.yaml]", "services:\n  db:\n    image: !reset null\n    build: .\n")
include("include-model", "[m.yaml]", files={"m.yaml": "models:\n  llm:\n    model: ai/x\n"})
include("include-number", "[5]")
include("include-interpolated", "['${F}']", environment={"F": "inc.yaml"})
include("include-absolute-escape", "[../inc.yaml]")
two("include-of-the-file-below", BASE, "include: [compose.yaml]\n")
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
case(
    "build-contexts",
    "services:\n  web:\n    build:\n      additional_contexts:\n        a: docker-image://a:1\n        b: ./x\n        c: service:db\n  db:\n    build: .\n",
)
case("build-contexts-list", "services:\n  web:\n    build:\n      additional_contexts: [a=docker-image://a:1]\n")
case("build-contexts-bad", "services:\n  web:\n    build:\n      additional_contexts: [a]\n")
case("build-contexts-string", "services:\n  web:\n    build:\n      additional_contexts: a=b\n")
case(
    "build-cache",
    "services:\n  web:\n    build:\n      cache_from: [a:1, 'type=registry,ref=b:1']\n      cache_to: ['type=local,dest=x']\n",
)
case("build-cache-string", "services:\n  web:\n    build:\n      cache_from: a:1\n")
case("build-inline", "services:\n  web:\n    build:\n      dockerfile_inline: |\n        FROM a:1\n")
case("hook", BASE + "    pre_start:\n      - image: h:1\n        command: x\n      - command: y\n")
case("hook-unknown", BASE + "    pre_start:\n      - {image: h:1, foo: 1}\n")
case("hook-string", BASE + "    pre_start: x\n")
case("hook-image-number", BASE + "    pre_start:\n      - {image: 1, command: x}\n")
case("volume-image", BASE + "    volumes:\n      - {type: image, source: i:1, target: /i}\n")
case("volume-image-service", BASE + "    volumes:\n      - {type: image, source: web, target: /i}\n")
case(
    "volume-twice",
    BASE
    + "    volumes:\n      - {type: image, source: i:1, target: /i}\n      - {type: image, source: i:2, target: /i}\n",
)
case("volume-no-target", BASE + "    volumes:\n      - {type: image, source: i:1}\n")
case("volume-no-type", BASE + "    volumes:\n      - {source: i:1, target: /i}\n")
case("volume-bad-type", BASE + "    volumes:\n      - {type: foo, source: i:1, target: /i}\n")
case("volume-string", BASE + "    volumes: x\n")
case("volume-hook", BASE + "    pre_start:\n      - {command: x, volumes: [{type: image, source: i:1, target: /i}]}\n")
case("model", BASE + "models:\n  llm:\n    model: ai/smollm2\n")
case("model-missing", BASE + "models:\n  llm:\n    context_size: 1\n")
case("model-string", BASE + "models:\n  llm: ai/x\n")
case("jobs", BASE + "jobs:\n  once:\n    image: j:1\n    triggers: {manual: true}\n")
case("jobs-named-like-a-service", BASE + "jobs:\n  web:\n    image: j:1\n")
case("jobs-unknown", BASE + "jobs:\n  once:\n    image: j:1\n    foo: 1\n")
case("provider", "services:\n  web:\n    provider: {type: x}\n")
case("pull-policy-bad", BASE + "    pull_policy: sometimes\n")
case("pull-policy-never", BASE + "    pull_policy: never\n")
case("pull-policy-every", BASE + "    pull_policy: every_12h\n")
case("depends-on-undefined", BASE + "    depends_on: [none]\n")
case("ports-bad", BASE + "    ports: foo\n")
