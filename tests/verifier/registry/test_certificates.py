from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from tests.support.tls import Authority
from verifier.errors import CredentialError
from verifier.registry.certificates import (
    RegistryCertificates,
    default_certs_dirs,
    registry_certificates,
    tls_context,
)


def test_the_folder_of_exactly_the_registry_counts(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "certs.d/registry.test:5000")

    found = registry_certificates("registry.test:5000", (tmp_path / "none", tmp_path / "certs.d"))

    assert found == RegistryCertificates((authority.file,), ())
    assert registry_certificates("registry.test", (tmp_path / "certs.d",)) == RegistryCertificates()
    assert registry_certificates("test:5000", (tmp_path / "certs.d",)) == RegistryCertificates()


def test_a_client_certificate_has_its_key_beside_it(tmp_path: Path) -> None:
    issued = Authority(tmp_path / "a.test").issue("client")

    found = registry_certificates("a.test", (tmp_path,))
    assert found.clients == ((issued.certificate, issued.key),)

    issued.key.unlink()
    with pytest.raises(CredentialError, match=r"client\.key"):
        registry_certificates("a.test", (tmp_path,))


def test_a_file_that_holds_no_certificate_is_an_error_that_names_it(tmp_path: Path) -> None:
    bad = tmp_path / "bad.crt"
    bad.write_text("not a certificate")

    for path in (bad, tmp_path / "missing.crt"):
        with pytest.raises(CredentialError, match=path.name):
            tls_context(RegistryCertificates(), (path,))


def test_a_client_certificate_with_another_key_is_an_error(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    one, other = authority.issue("one"), authority.issue("other")

    with pytest.raises(CredentialError, match=r"one\.cert"):
        tls_context(RegistryCertificates(clients=((one.certificate, other.key),)), ())


def test_net_10_every_context_verifies(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    issued = authority.issue("a.test")

    context = tls_context(
        RegistryCertificates((authority.file,), ((issued.certificate, issued.key),)), (authority.file,)
    )

    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


def test_docker_and_podman_keep_certificates_at_known_places(tmp_path: Path) -> None:
    assert default_certs_dirs(tmp_path)[0] == tmp_path / ".docker/certs.d"
    assert Path("/etc/docker/certs.d") in default_certs_dirs(tmp_path)
