"""Signatures: where they are, what they say, and whether they hold. Everything here but `discover` is pure."""
