"""YAML: how values are written, keys, anchors and merge keys."""

from __future__ import annotations

from tests.peers.support.compose_case import BASE, case, one

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
for text in [
    "1.5",
    "12",
    "0x1f",
    "0o17",
    "0b101",
    "0777",
    "08",
    "1_000",
    "12e03",
    ".5",
    "+1",
    "-1",
    "1e3",
    ".inf",
    ".nan",
    "-.INF",
    "true",
    "True",
    "yes",
    "on",
    "off",
    "no",
    "null",
    "~",
    "Null",
    "2026-01-01",
    "1:30",
    "1_",
    "0x",
    "0b2",
    "1.2.3",
    "1e",
    "12e",
    "1__0",
    "0_1",
    "+.5",
    "-_1",
    "_1",
    ".1_0",
    "0xg",
    "1e+5",
    "1.e5",
    "01.5",
    "00",
    "0o8",
    "0b",
    "0B1",
    "0X1F",
    "0O7",
    "y",
    "n",
    "=",
    "<<",
]:
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
case("alias-nested", "x-a: &i {b: &i a:1}\nservices:\n  web:\n    image: *i\n")
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
