"""What every command that asks a registry shares: options, transport, sources, the pool of requests."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from trust import __version__
from trust.errors import PolicyError
from trust.policy import Policy
from trust.policy_values import registry
from trust.value import dataclass
from verifier.errors import UsageError
from verifier.reference import Repository
from verifier.registry.certificates import default_certs_dirs
from verifier.registry.credentials import CredentialStore
from verifier.registry.hosts import RegistryMap
from verifier.registry.transport import HttpSettings, Transport
from verifier.sources import DECISION_TIMEOUT_S, Sources

CONNECTIONS = 32
"""Requests that run at a time in one run, and so connections that are open at most."""


class _Seconds(click.FloatRange):
    """A number of seconds, and not what `float` takes for one besides."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:  # noqa: ANN401 - click's
        """The number."""
        seconds = float(super().convert(value, param, ctx))
        if math.isnan(seconds):
            self.fail(f"{value} is not a number of seconds.", param, ctx)
        return seconds


@dataclass(frozen=True, slots=True)
class RegistryOptions:
    """What the command line says of registries."""

    registry_map: tuple[str, ...]
    aliases: tuple[str, ...]
    insecure_registries: tuple[str, ...]
    ca_files: tuple[str, ...]
    token_realms: tuple[str, ...]
    proxy: str | None
    timeout_s: float


@dataclass(frozen=True, slots=True)
class Session:
    """One run's ways to registries and layouts."""

    sources: Sources
    transport: Transport
    requests: Executor


format_option = click.option(
    "--format",
    "output",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Text for people, or JSON for programs.",
)


def registry_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """`command` with the options that are about registries, handed over as `registries`."""
    options = (
        click.option(
            "--registry-map",
            multiple=True,
            metavar="FROM=TO",
            help="Fetch names of FROM (a registry, a repository prefix, or `*`) at TO (HOST[/PREFIX] or oci:DIR).",
        ),
        click.option("--alias", "aliases", multiple=True, metavar="MIRROR=IDENTITY", help="Judge MIRROR as IDENTITY."),
        click.option(
            "--insecure-registry",
            "insecure_registries",
            multiple=True,
            metavar="HOST[:PORT]",
            help="Ask this host over plain HTTP.",
        ),
        click.option(
            "--ca-file", "ca_files", multiple=True, metavar="FILE", help="Trust these certificate authorities too."
        ),
        click.option(
            "--token-realm",
            "token_realms",
            multiple=True,
            metavar="REGISTRY=HOST",
            help="Send credentials of REGISTRY to the token service at HOST.",
        ),
        click.option("--proxy", metavar="URL", help="Send requests through this proxy; none is used otherwise."),
        click.option(
            "--timeout",
            type=_Seconds(min=0, min_open=True),
            metavar="SECONDS",
            default=DECISION_TIMEOUT_S,
            show_default=True,
            help="Wait for registries at most this long for each image.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def options_from(values: Mapping[str, Any]) -> RegistryOptions:
    """The registry options among the `values` of a command's parameters."""
    return RegistryOptions(
        registry_map=values["registry_map"],
        aliases=values["aliases"],
        insecure_registries=values["insecure_registries"],
        ca_files=values["ca_files"],
        token_realms=values["token_realms"],
        proxy=values["proxy"],
        timeout_s=values["timeout"],
    )


@contextmanager
def open_session(options: RegistryOptions, policy: Policy | None, base: Path) -> Iterator[Session]:
    """The session for `options` and what `policy`, whose folder is `base`, says of registries.

    Raises:
        UsageError: an option does not say what it should.

    """
    pairs = _pairs(options.registry_map, "--registry-map")
    registry_map = RegistryMap.parse(
        _merged(policy.registry_map if policy else {}, base, pairs),
        aliases={**(policy.aliases if policy else {}), **_pairs(options.aliases, "--alias")},
    )
    home = _home()
    realms = _pairs(options.token_realms, "--token-realm")
    _check_registries(options.insecure_registries, "--insecure-registry")
    _check_registries((*realms, *realms.values()), "--token-realm")
    insecure = (policy.insecure_registries if policy else frozenset()) | frozenset(options.insecure_registries)
    settings = HttpSettings(
        insecure_registries=insecure,
        certs_dirs=default_certs_dirs(home),
        ca_files=tuple(Path(name) for name in options.ca_files),
        token_realms={**(policy.token_realms if policy else {}), **realms},
        proxy=options.proxy,
        connections=CONNECTIONS,
        user_agent=f"imgtrust/{__version__}",
    )
    named = policy.signature_repository if policy else None
    signature_repository = None if named is None else Repository.parse(named)
    credentials = CredentialStore(environment=os.environ, home=home)
    requests = ThreadPoolExecutor(max_workers=CONNECTIONS, thread_name_prefix="request")
    with Transport(settings, credentials) as transport:
        try:
            sources = Sources(transport, registry_map, signature_repository, options.timeout_s)
            yield Session(sources, transport, requests)
        finally:
            requests.shutdown(wait=False, cancel_futures=True)


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError:
        # A user without a name, as containers have them, and without HOME. Never a directory that files come from.
        return Path("/")


def _check_registries(texts: Iterable[str], option: str) -> None:
    # An entry in another form would never be met, and so would do nothing.
    for text in texts:
        try:
            registry(text)
        except PolicyError as error:
            raise UsageError(f"{option}: {error.message}", hint=error.hint) from error


def _pairs(texts: Sequence[str], option: str) -> dict[str, str]:
    pairs = {}
    for text in texts:
        left, equals, right = text.partition("=")
        if not equals or not left or not right:
            raise UsageError(f"`{option} {text}` is not of the form LEFT=RIGHT")
        pairs[left] = right
    return pairs


def _merged(policy_map: Mapping[str, str], base: Path, pairs: Mapping[str, str]) -> dict[str, str]:
    # A layout that the policy names lies beside the policy; one on the command line, where the command runs.
    scheme = "oci:"
    beside = {
        left: f"{scheme}{base / right.removeprefix(scheme)}" if right.startswith(scheme) else right
        for left, right in policy_map.items()
    }
    return {**beside, **pairs}
