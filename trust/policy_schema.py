"""JSON Schema of the policy file, from the model that the reader uses."""

from __future__ import annotations

from trust.policy_keys import POLICY
from trust.policy_shape import Schema

SCHEMA_ID = "urn:imgtrust:policy:1"


def policy_schema() -> Schema:
    """The schema, in JSON Schema 2020-12, by which editors complete and check a policy.

    What it refuses, the reader refuses too. The reader refuses more: names that no key has, keys that cannot be
    used, rules that can never decide, days that are in no calendar.
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        "title": "imgtrust policy",
        "description": "What must hold of a container image before it may run.",
        **POLICY.schema(),
    }
