"""The root of all errors, and those of policies and trusted material."""

from __future__ import annotations

from typing import ClassVar


class ImgtrustError(Exception):
    """Something that imgtrust was not able to do.

    An error is about us; what is wrong with an image is a finding. The code of an error is also the code of
    the finding that it becomes in an undecided verdict.

    Attributes:
        code: stable and documented in `docs/reference/findings.md`; one for each class.
        message: what was asked and what was found, in one line.
        hint: the way out, or None.

    """

    code: ClassVar[str] = "internal"

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class PolicyError(ImgtrustError):
    """Policy text that cannot be enforced. The message starts with `file:line:column`."""

    code = "policy-invalid"


class TrustRootError(ImgtrustError):
    """A key or another piece of trusted material that cannot be used."""

    code = "trust-root-invalid"
