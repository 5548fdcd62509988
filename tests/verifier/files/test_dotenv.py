from __future__ import annotations

import pytest

from verifier.errors import SourceError
from verifier.files.compose.dotenv import read_env_file
from verifier.files.compose.variables import Variable, from_environment


def values(text: str | bytes, **environment: str) -> dict[str, str]:
    content = text if isinstance(text, bytes) else text.encode()
    found = read_env_file(content, ".env", from_environment(environment), {})
    return {name: variable.value for name, variable in found.items()}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("A=1\nB=2", {"A": "1", "B": "2"}, id="two"),
        pytest.param("A = 1 \n", {"A": "1"}, id="spaces"),
        pytest.param("export A=1\n", {"A": "1"}, id="export"),
        pytest.param("A: 1\n", {"A": "1"}, id="colon"),
        pytest.param("A=1 # c\nB=1#c\n# d\n", {"A": "1", "B": "1#c"}, id="comments"),
        pytest.param("A='$B \\n'\n", {"A": "$B \\n"}, id="single-quotes"),
        pytest.param('A="a\\n\\"b\\""\n', {"A": 'a\n"b"'}, id="double-quotes"),
        pytest.param('A="a\nb"\nB=1\n', {"A": "a\nb", "B": "1"}, id="several-lines"),
        pytest.param("A=1\nB=$A-${A:-x}-${C:-y}\n", {"A": "1", "B": "1-1-y"}, id="variables"),
        pytest.param('A=$$B\nC="\\$B"\n', {"A": "$B", "C": "$B"}, id="escaped-dollar"),
        pytest.param("A=a=b\n", {"A": "a=b"}, id="equals"),
        pytest.param("A=\n", {"A": ""}, id="empty"),
        pytest.param(b"\xef\xbb\xbfA=1\r\nB=2\r\n", {"A": "1", "B": "2"}, id="windows"),
        pytest.param('A="\\0101\\x"\n', {"A": "A\\x"}, id="octal"),
        pytest.param("A\nB=1\n", {"B": "1"}, id="name-alone-that-nobody-knows"),
        pytest.param("", {}, id="nothing"),
    ],
)
def test_an_env_file_is_read(text: str | bytes, found: dict[str, str]) -> None:
    assert values(text) == found


def test_the_environment_counts_more_than_the_file_that_uses_it() -> None:
    assert values("A=file\nB=$A\nC\n", A="env", C="given") == {"A": "file", "B": "env", "C": "given"}


def test_a_later_file_sees_and_overrides_an_earlier_one() -> None:
    before = {"A": Variable("1", "one.env"), "B": Variable("1", "one.env")}

    found = read_env_file(b"B=$A+\n", "two.env", {}, before)

    assert found == {"A": Variable("1", "one.env"), "B": Variable("1+", "two.env")}


@pytest.mark.parametrize(
    ("text", "place"),
    [
        pytest.param("A=1\nB!=2\n", ".env:2:2", id="name"),
        pytest.param("A B=2\n", ".env:1:1", id="space-in-name"),
        pytest.param("A='x\n", ".env:1:3", id="open-quote"),
        pytest.param("A=${\n", ".env:1:3", id="template"),
        pytest.param("A=${B:?no}\n", ".env:1:3", id="required"),
        pytest.param(b"A=\xff\n", ".env:1:3", id="bytes"),
    ],
)
def test_what_compose_cannot_read_is_refused_with_its_place(text: str | bytes, place: str) -> None:
    with pytest.raises(SourceError) as caught:
        values(text)

    assert caught.value.message.startswith(place + ": ")


def test_a_file_that_doubles_itself_is_refused() -> None:
    text = "A0=xxxxxxxxxx\n" + "".join(f"A{n}=$A{n - 1}$A{n - 1}\n" for n in range(1, 40))

    with pytest.raises(SourceError, match="grows beyond"):
        values(text)
