from __future__ import annotations

import pytest
import yaml

from trust.errors import ImgtrustError
from verifier.errors import LimitExceeded
from verifier.files.place import Place
from verifier.files.yaml import reader
from verifier.files.yaml.node import Alias, Mapping, Node, Scalar, Sequence
from verifier.files.yaml.reader import FILE_LIMIT_BYTES, read_documents


def root(text: str | bytes) -> Node:
    content = text.encode() if isinstance(text, str) else text
    (node,) = read_documents(content, "f.yaml")
    assert node is not None
    return node


def value(text: str | bytes, key: str = "k") -> Scalar:
    node = root(text)
    assert isinstance(node, Mapping)
    found = next(one for name, one in node.pairs if isinstance(name, Scalar) and name.text == key)
    bare = found.target if isinstance(found, Alias) else found
    assert isinstance(bare, Scalar)
    return bare


def message(text: str | bytes) -> str:
    with pytest.raises(ImgtrustError) as caught:
        read_documents(text.encode() if isinstance(text, str) else text, "f.yaml")
    return caught.value.message


@pytest.mark.parametrize(
    ("written", "text"),
    [
        pytest.param("nginx:1", "nginx:1", id="plain"),
        pytest.param("a\n  b\n\n  c", "a b\nc", id="plain-folded"),
        pytest.param("'it''s'", "it's", id="single"),
        pytest.param("'a\n  b'", "a b", id="single-folded"),
        pytest.param(r'"\u0041\x42\t\"\\\/\e"', 'AB\t"\\/\x1b', id="double"),
        pytest.param('"a \\\n   b"', "a b", id="double-joined"),
        pytest.param('"a\n\n  b"', "a\nb", id="double-folded"),
        pytest.param('" a "', " a ", id="double-spaces"),
        pytest.param("|\n  a\n  b\n", "a\nb\n", id="literal"),
        pytest.param("|-\n  a\n   b\n", "a\n b", id="literal-strip"),
        pytest.param("|+\n  a\n\n\n", "a\n\n\n", id="literal-keep"),
        pytest.param("|2-\n    a\n", "  a", id="literal-indent"),
        pytest.param(">\n  a\n  b\n\n  c\n", "a b\nc\n", id="folded"),
        pytest.param(">-\n  a\n    b\n  c\n", "a\n  b\nc", id="folded-deeper"),
        pytest.param(">-\n\n  a\n", "\na", id="folded-leading-blank"),
        pytest.param("| # c\n  a", "a", id="literal-comment-no-final-newline"),
        pytest.param("|-\n", "", id="literal-empty"),
        pytest.param("", "", id="nothing"),
        pytest.param("é😀", "é😀", id="beyond-ascii"),
    ],
)
def test_a_scalar_is_decoded(written: str, text: str) -> None:
    assert value(f"k: {written}").text == text


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_line_ends_make_no_difference(line_end: str) -> None:
    text = "k: |\n  a\n\n  b\nl: 'c\n  d'\n".replace("\n", line_end)

    assert value(text).text == "a\n\nb\n"
    assert value(text, "l").text == "c d"


@pytest.mark.parametrize(
    ("text", "sliced"),
    [
        pytest.param("k: a:1 # c\n", "a:1", id="plain"),
        pytest.param("k: a:1\t# c\n", "a:1", id="tab-before-comment"),
        pytest.param("k: 'a:1'\n", "a:1", id="quoted"),
        pytest.param('k: "a:\\u0031"\n', "a:\\u0031", id="escaped"),
        pytest.param("k: &i a:1\n", "a:1", id="behind-an-anchor"),
        pytest.param("k: !!str a:1\n", "a:1", id="behind-a-tag"),
        pytest.param("é: ü\nk: a:1\n", "a:1", id="behind-other-letters"),
        pytest.param("k: >-\n  a:1\nl: b\n", "a:1", id="block"),
        pytest.param("k: &i !!str # c\n  a:1\n", "a:1", id="behind-properties-and-a-comment"),
        pytest.param("k: &i !!str |- # c\n\n  a:1\n\n", "a:1", id="block-behind-properties"),
        pytest.param("\ufeffk: a:1\n", "a:1", id="behind-a-byte-order-mark"),
        pytest.param("k: &i\nl: b\n", "", id="nothing-behind-an-anchor"),
        pytest.param("k: |\n\n    a:1\n", "a:1", id="block-after-a-blank-line"),
        pytest.param("{k: a:1}\n", "a:1", id="flow"),
    ],
)
def test_a_span_is_the_bytes_of_the_value_alone(text: str, sliced: str) -> None:
    span = value(text).span

    assert text.encode()[span.start : span.end].decode() == sliced


@pytest.mark.parametrize(
    ("text", "place"),
    [
        pytest.param("a: b\nk:  v\n", (2, 5), id="plain"),
        pytest.param("k: &x 'v'\n", (1, 7), id="quote-behind-an-anchor"),
        pytest.param("é: x\r\n😀: {ü: ä, k: v}\r\n", (2, 14), id="columns-are-characters"),
        pytest.param("\ufeffk: v\n", (1, 4), id="byte-order-mark"),
        pytest.param("x: y\rk: &a # c\r\n\r\n  v\n", (4, 3), id="behind-an-anchor-on-another-line"),
    ],
)
def test_a_place_has_its_line_and_column(text: str, place: tuple[int, int]) -> None:
    node = root(text)
    assert isinstance(node, Mapping)
    inner = node.pairs[-1][1]
    scalar = inner.pairs[-1][1] if isinstance(inner, Mapping) else inner
    assert isinstance(scalar, Scalar)

    assert scalar.place == Place("f.yaml", *place)


@pytest.fixture
def without_libyaml(monkeypatch: pytest.MonkeyPatch) -> None:
    # PyYAML is built without libyaml where there is no wheel of it, which is no machine that tests run on.
    monkeypatch.setattr(reader, "_LOADER", yaml.SafeLoader)


@pytest.mark.usefixtures("without_libyaml")
def test_without_libyaml_places_and_spans_are_the_same() -> None:
    text = "\ufeffé: ü\nk: &i !!str # c\n  'a:1'\n"
    scalar = value(text)

    assert scalar.place == Place("f.yaml", 3, 3)
    assert text.encode()[scalar.span.start : scalar.span.end] == b"a:1"


@pytest.mark.usefixtures("without_libyaml")
@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        pytest.param('k: "\\ud800"\n', "f.yaml:1:4: half of a surrogate pair", id="surrogate"),
        pytest.param("k: [a\n", "f.yaml:2:1: this is not YAML", id="syntax"),
        pytest.param("k: a\t# c\n", "f.yaml:1:5: this is not YAML", id="tab"),
        pytest.param("- " * 65 + "a", "nested deeper", id="depth"),
    ],
)
def test_without_libyaml_what_is_refused_has_its_place(text: str, wanted: str) -> None:
    assert wanted in message(text)


def test_an_alias_is_the_nearest_node_before_it() -> None:
    node = root("a: &i 1\nb: &i 2\nk: *i\nc: &i 3\n")
    assert isinstance(node, Mapping)
    alias = node.pairs[2][1]

    assert isinstance(alias, Alias)
    assert alias.target is node.pairs[1][1]


def test_an_anchor_inside_of_a_node_with_the_same_anchor_is_the_nearer_one() -> None:
    assert value("a: &i [b, &i c]\nk: *i\n").text == "c"


def test_every_document_has_its_root() -> None:
    roots = read_documents(b"a: 1\n---\n---\n- b\n...\n# end\n", "f")

    assert [type(one) for one in roots] == [Mapping, Scalar, Sequence]


def test_a_file_of_comments_has_no_documents() -> None:
    assert read_documents(b"# nothing\n", "f") == ()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        pytest.param("k: [a\n", "f.yaml:2:1: this is not YAML", id="syntax"),
        pytest.param("k: 1\nk: 2\n", "f.yaml:2:1: the key `k` is given twice, first at f.yaml:1:1", id="twice"),
        pytest.param('k: 1\n"k": 2\n', "f.yaml:2:1: the key `k` is given twice", id="twice-quoted"),
        pytest.param("{k: 1, k: 2}\n", "f.yaml:1:8: the key `k` is given twice", id="twice-flow"),
        pytest.param("k: *i\n", "f.yaml:1:4: the alias `*i` stands before, or without", id="no-anchor"),
        pytest.param("k: &i [*i]\n", "f.yaml:1:8: the alias `*i` is inside of what it names", id="cycle"),
        pytest.param("k: !foo x\n", "f.yaml:1:4: the tag `!foo` is not one", id="tag"),
        pytest.param("? [a]\n: b\n", "f.yaml:1:3: a key is a single value", id="key-list"),
        pytest.param("%TAG !! tag:x,2026:\n---\na: !!str b\n", "f.yaml:3:4: the tag `tag:x,2026:str`", id="directive"),
        pytest.param("%YAML 1.2\n---\na: b\n", "f.yaml:1:1: Compose's reader refuses", id="version"),
        pytest.param(b"k: \xff\n", "f.yaml:1:4: these bytes are not UTF-8", id="bytes"),
        pytest.param("k: !!str [a]\n", "f.yaml:1:4: the tag `!!str` is not one", id="tag-of-another-kind"),
        pytest.param("{[a]: b}\n", "f.yaml:1:2: a key is a single value", id="key-list-flow"),
        pytest.param("a: &i [b]\n*i : c\n", "f.yaml:2:1: a key is a single value", id="key-alias"),
        pytest.param(b"k: a\x00b\n", "f.yaml:1:5: U+0000 has no place", id="nul"),
        pytest.param("k: a\ufeffb\n", "f.yaml:1:5: U+FEFF has no place", id="bom-inside"),
        pytest.param("k: a # c\u0085l: b\n", "f.yaml:1:9: U+0085 ends a line", id="nel"),
        pytest.param("k: a # c\u2028l: b\n", "f.yaml:1:9: U+2028 ends a line", id="ls"),
        pytest.param("k: a # c\u2029l: b\n", "f.yaml:1:9: U+2029 ends a line", id="ps"),
    ],
)
def test_what_is_refused_is_refused_with_its_place(text: str | bytes, wanted: str) -> None:
    assert wanted in message(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("[" * 65 + "]" * 65, id="flow"),
        pytest.param("- " * 65 + "a", id="block"),
        pytest.param("- " * 5000 + "a", id="block-beyond-the-parsers-own-buffer"),
        pytest.param("\n".join(" " * at + "a:" for at in range(300)), id="mappings"),
        pytest.param("{a: " * 3000, id="flow-mappings"),
        pytest.param("[" * 500_000, id="never-closed"),
        pytest.param("a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 70)), id="aliases"),
        pytest.param("a: [" + ",".join(f"&a{n} x" for n in range(101)) + "]", id="anchors"),
        pytest.param("[" + "a," * 100_001 + "]", id="nodes"),
        pytest.param("\n---\n".join("a: b" for _ in range(101)), id="documents"),
        pytest.param("k: " + "x" * FILE_LIMIT_BYTES, id="bytes"),
    ],
)
def test_a_limit_that_is_hit_is_an_error(text: str) -> None:
    with pytest.raises(LimitExceeded):
        read_documents(text.encode(), "f.yaml")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("[" * 63 + "]" * 63, id="flow"),
        pytest.param("- " * 63 + "a", id="block"),
        pytest.param("a: [" + ",".join(f"&a{n} x" for n in range(100)) + "]", id="anchors"),
        pytest.param("\n---\n".join("a: b" for _ in range(100)), id="documents"),
        pytest.param("k: " + "x" * (FILE_LIMIT_BYTES - 3), id="bytes"),
    ],
)
def test_what_stays_within_the_limits_is_read(text: str) -> None:
    assert read_documents(text.encode(), "f.yaml")
