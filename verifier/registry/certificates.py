"""Certificates for TLS, as Docker's `certs.d` has them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from trust.value import dataclass
from verifier.errors import CredentialError

if TYPE_CHECKING:
    import ssl


@dataclass(frozen=True, slots=True)
class RegistryCertificates:
    """What a `certs.d` folder has for one registry.

    Attributes:
        authorities: `*.crt`, added to those of the system.
        clients: `*.cert` with the `*.key` beside it.

    """

    authorities: tuple[Path, ...] = ()
    clients: tuple[tuple[Path, Path], ...] = ()


def default_certs_dirs(home: Path) -> tuple[Path, ...]:
    """Where Docker and Podman look for certificates."""
    return (
        home / ".docker/certs.d",
        home / ".config/docker/certs.d",
        home / ".config/containers/certs.d",
        Path("/etc/docker/certs.d"),
        Path("/etc/containers/certs.d"),
    )


def registry_certificates(registry: str, certs_dirs: Sequence[Path]) -> RegistryCertificates:
    """The certificates for exactly `registry`, from the first of `certs_dirs` that has a folder for it.

    Spec: Docker Engine, "Verify repository client with certificates".

    Raises:
        CredentialError: a folder cannot be read, or has a certificate without its key.

    """
    for directory in certs_dirs:
        folder = directory / registry
        try:
            if folder.is_dir():
                return _read(folder)
        except OSError as error:
            raise CredentialError(f"{folder}: {error.strerror}") from error
    return RegistryCertificates()


def tls_context(certificates: RegistryCertificates, ca_files: Sequence[Path]) -> ssl.SSLContext:
    """A context that verifies names and chains, with `ca_files` and `certificates` beside the system's authorities.

    The system's are those of OpenSSL, which `SSL_CERT_FILE` and `SSL_CERT_DIR` replace.

    Raises:
        CredentialError: one of the files holds no certificate, or not the key for it.

    """
    import ssl  # here, because it costs 10 ms that a run without TLS does not pay

    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    for path in (*ca_files, *certificates.authorities):
        try:
            context.load_verify_locations(cafile=path)
        except OSError as error:
            raise CredentialError(
                f"{path}: no certificate of an authority can be read: {_why(error)}",
                hint="the file has to hold certificates in PEM form",
            ) from error
    for certificate, key in certificates.clients:
        try:
            # The password is never asked for on the terminal: an encrypted key is an error.
            context.load_cert_chain(certificate, key, password=lambda: b"")
        except OSError as error:
            raise CredentialError(f"{certificate}: no client certificate with its key: {_why(error)}") from error
    return context


def _read(folder: Path) -> RegistryCertificates:
    clients = []
    for certificate in sorted(folder.glob("*.cert")):
        key = certificate.with_suffix(".key")
        if not key.is_file():
            raise CredentialError(f"{certificate}: the key `{key.name}` is not beside it")
        clients.append((certificate, key))
    return RegistryCertificates(tuple(sorted(folder.glob("*.crt"))), tuple(clients))


def _why(error: OSError) -> str:
    return getattr(error, "reason", None) or error.strerror or str(error)
