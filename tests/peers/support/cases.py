"""All rows of the comparison.

`python -m tests.peers.support.cases` prints them as `docs/reference/compared-with-cosign.md` has them.
"""

from __future__ import annotations

import sys

from tests.peers.support.comparison import table
from tests.peers.support.copied_cases import COPIED_CASES
from tests.peers.support.forged_cases import FORGED_CASES
from tests.peers.support.index_cases import INDEX_CASES
from tests.peers.support.key_cases import KEY_CASES
from tests.peers.support.signed_cases import SIGNED_CASES

CASES = SIGNED_CASES + INDEX_CASES + COPIED_CASES + FORGED_CASES + KEY_CASES

if __name__ == "__main__":
    sys.stdout.write(table(CASES))
