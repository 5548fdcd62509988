"""Small Compose projects, each for one thing that a loader must get right."""

from __future__ import annotations

from tests.peers.support import (
    compose_file_cases,
    compose_model_cases,
    compose_variable_cases,
    compose_yaml_cases,
)
from tests.peers.support.compose_case import CASES, Case

TABLES = (compose_yaml_cases, compose_variable_cases, compose_file_cases, compose_model_cases)

__all__ = ["CASES", "TABLES", "Case"]
