"""Whatever a file holds, reading it ends with a value or with an error of ours."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.compose import loaded
from trust.errors import ImgtrustError
from verifier.files.compose.dotenv import read_env_file
from verifier.files.compose.template import BadTemplate, expand
from verifier.files.compose.variables import from_environment
from verifier.files.yaml.node import Alias, Mapping, Node, Scalar, Sequence
from verifier.files.yaml.reader import read_documents

PIECES = [
    "services:",
    "\n",
    "\n  ",
    "\n    ",
    "web:",
    " image: ",
    "image:",
    "a:1",
    "'b:2'",
    '"c"',
    "- ",
    "? ",
    ": ",
    "&a ",
    "*a",
    "<<: ",
    "<<: *a",
    "!reset ",
    "!override ",
    "!!str ",
    "!foo ",
    "[",
    "]",
    "{",
    "}",
    ", ",
    "|",
    ">-",
    "#",
    " # c",
    "\t",
    "\r\n",
    "\r",
    "---\n",
    "...\n",
    "${V}",
    "${N:-x}",
    "${",
    "$",
    "build: .",
    "extends: web",
    "include: [c.yaml]",
    "volumes:",
    "pre_start:",
    "profiles: [x]",
    "null",
    "1.5",
    "é",
    "😀",
    "\ufeff",
    "\u2028",
    "\x00",
    "x-a: ",
    "%YAML 1.1\n",
]
YAML = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=30).map("".join).map(lambda text: text.encode("utf-8")),
    st.binary(max_size=60),
)


@given(YAML)
@settings(max_examples=300, deadline=None)
def test_reading_yaml_raises_nothing_but_our_errors(content: bytes) -> None:
    with contextlib.suppress(ImgtrustError):
        read_documents(content, "f.yaml")


@given(YAML)
@settings(max_examples=150, deadline=None)
def test_loading_a_project_raises_nothing_but_our_errors(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as directory, contextlib.suppress(ImgtrustError):
        loaded(Path(directory), {"compose.yaml": b"services:\n  web:\n    image: a\n" + content})


@given(YAML, st.sampled_from([b"", b"\xef\xbb\xbf", "# é😀\n".encode()]))
@settings(max_examples=300, deadline=None)
def test_the_span_of_a_plain_scalar_is_its_text(content: bytes, before: bytes) -> None:
    content = before + content
    try:
        roots = read_documents(content, "f.yaml")
    except ImgtrustError:
        return

    for scalar in [one for root in roots for one in scalars(root)]:
        sliced = content[scalar.span.start : scalar.span.end].decode("utf-8")
        if scalar.style == "plain" and "\n" not in sliced and "\r" not in sliced:
            assert sliced == scalar.text
        if scalar.style == "plain" and scalar.text:
            line = content.removeprefix(b"\xef\xbb\xbf").decode().replace("\r\n", "\n").replace("\r", "\n").split("\n")
            assert line[scalar.place.line - 1][scalar.place.column - 1 :].startswith(scalar.text[0])


@given(st.lists(st.sampled_from(["$", "${", "}", "V", "N", ":-", "-", ":?", "+", "{", " ", "\n", "x"])).map("".join))
@settings(max_examples=300, deadline=None)
def test_a_template_without_a_dollar_is_itself_and_others_end(template: str) -> None:
    with contextlib.suppress(BadTemplate):
        text = expand(template, from_environment({"V": "v"})).text
        assert "$" in template or text == template


@given(
    st.lists(st.sampled_from(["A", "=", "'", '"', "\\", "\n", "#", " ", "$", "{", "}", "export ", "\r", "é"])).map(
        "".join
    )
)
@settings(max_examples=300, deadline=None)
def test_reading_an_env_file_raises_nothing_but_our_errors(text: str) -> None:
    with contextlib.suppress(ImgtrustError):
        read_env_file(text.encode(), ".env", {}, {})


def scalars(node: Node) -> list[Scalar]:
    match node:
        case Scalar():
            return [node]
        case Alias():
            return []
        case Sequence():
            return [one for item in node.items for one in scalars(item)]
        case Mapping():
            return [one for pair in node.pairs for part in pair for one in scalars(part)]
