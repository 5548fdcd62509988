"""The page that compares imgtrust with cosign says what the tests against cosign hold. No peer is needed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.peers.support.cases import CASES
from tests.peers.support.comparison import COSIGN_VERSIONS, Why, table

CHECKOUT = Path(__file__).parents[2]
PAGE = (CHECKOUT / "docs" / "reference" / "compared-with-cosign.md").read_text()


def test_the_page_has_the_table_of_the_tests() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("|")]

    assert rows == table(CASES).splitlines(), "`python -m tests.peers.support.cases` prints the table"


@pytest.mark.parametrize("why", Why)
def test_every_difference_has_its_paragraph_and_a_row(why: Why) -> None:
    assert f"\n### {why.value}\n" in PAGE
    assert any(case.why is why for case in CASES)


def test_the_page_has_no_paragraph_about_a_difference_that_is_not_there() -> None:
    assert set(re.findall(r"^### (.+)$", PAGE, re.MULTILINE)) == {why.value for why in Why}


def test_the_page_is_about_the_versions_that_are_installed() -> None:
    installed = re.findall(r"^install cosign\d v(\S+)", (CHECKOUT / ".ci" / "peers").read_text(), re.MULTILINE)

    assert sorted(installed) == sorted(COSIGN_VERSIONS)


def test_rows_have_names_and_repositories_of_their_own() -> None:
    assert len({case.name for case in CASES}) == len({case.slug for case in CASES}) == len(CASES)
