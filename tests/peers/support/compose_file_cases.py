"""Which files, what they are called, and how one is laid over another."""

# ruff: noqa: E501 - a project on one line reads as a row of a table
from __future__ import annotations

from tests.peers.support.compose_case import BASE, case, one, two

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
case(
    "file-sub-directory-env",
    files={"sub/c.yaml": one("a${A}"), "sub/.env": "A=sub\n"},
    request={"Files": ["sub/c.yaml"]},
)
case(
    "file-both-env",
    files={"sub/c.yaml": one("a${A}${B}"), "sub/.env": "A=sub\nB=sub\n", ".env": "A=top\n"},
    request={"Files": ["sub/c.yaml"]},
)
case("project-directory", files={"sub/compose.yaml": BASE, "sub/.env": ""}, request={"ProjectDirectory": "sub"})
case(
    "project-directory-extends",
    files={
        "c.yaml": "services:\n  web:\n    extends: {file: b.yaml, service: web}\n",
        "sub/b.yaml": one("sub:1"),
        "b.yaml": one("top:1"),
    },
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
two(
    "override-reset-top-merge",
    BASE,
    "x-r: &r\n  services:\n    web:\n      image: !reset null\n      build: .\n<<: *r\n",
)
two("override-reset-root", BASE, "!reset null\n")
two(
    "override-build-mapping",
    "services:\n  web:\n    build: .\n",
    "services:\n  web:\n    build:\n      additional_contexts:\n        b: docker-image://b:1\n",
)
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
