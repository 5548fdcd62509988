"""Real signatures that keys made, with the verdicts that their publishers state."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support.signing import signing_key
from trust.digest import Digest
from trust.errors import TrustRootError
from trust.evidence import Origin, Rejection, VerifiedSignature, VerifiedStatement
from trust.key import VerificationKey
from verifier.signatures.annotations import signature_candidate
from verifier.signatures.bundle import bundle_candidate
from verifier.signatures.candidate import Candidate, CertificateMaterial, MessageSignature
from verifier.signatures.entry import logged_verifier
from verifier.signatures.verify import Outcome, verify, verify_bundle

SHARED = Path(__file__).parents[4] / "shared" / "fixtures"
NEEDS_TRUSTED_ROOTS = {
    "containers-image/key-rekor-wrong-rekor-key": "tells the log's key from another",
}


def cases() -> list[Mapping[str, Any]]:
    if not SHARED.is_dir():
        return []
    listed = json.loads((SHARED / "cases.json").read_bytes())
    return [case for case in listed if case["scored"] and keyed(case) and case["id"] not in NEEDS_TRUSTED_ROOTS]


def keyed(case: Mapping[str, Any]) -> bool:
    return case["key"] is not None or (isinstance(case["trust"], dict) and "key" in case["trust"])


def of_kind(*kinds: str) -> list[Any]:
    return [pytest.param(case, id=case["id"]) for case in cases() if case["kind"] in kinds]


def keys_of(case: Mapping[str, Any], shared: Path) -> list[VerificationKey]:
    named = [case["key"]] if case["key"] else case["trust"]["key"]
    return [VerificationKey.from_pem((shared / name).read_bytes(), name) for name in named]


def layout(folder: Path) -> tuple[bytes, list[tuple[bytes, Mapping[str, str]]]]:
    index = json.loads((folder / "index.json").read_bytes())
    by_name = {one["annotations"]["org.opencontainers.image.ref.name"]: one for one in index["manifests"]}
    image = blob(folder, by_name["image"]["digest"])
    signed = next(one for name, one in by_name.items() if name.endswith(".sig"))
    layers = json.loads(blob(folder, signed["digest"]))["layers"]
    return image, [(blob(folder, layer["digest"]), layer["annotations"]) for layer in layers]


def blob(folder: Path, digest: str) -> bytes:
    return Digest.parse(digest).check((folder / "blobs" / digest.replace(":", "/")).read_bytes(), digest)


def outcomes(
    layers: list[tuple[bytes, Mapping[str, str]]], digest: Digest, keys: list[VerificationKey]
) -> Iterator[Outcome]:
    for at, (payload, beside) in enumerate(layers):
        found = signature_candidate(Origin("fixture", "simple signing", at), digest, payload, beside)
        yield found if isinstance(found, Rejection) else verify(found, keys)


def accepted(found: Iterator[Outcome]) -> bool:
    return any(isinstance(one, VerifiedSignature) for one in found)


def test_there_are_cases_of_every_kind(shared: Path) -> None:
    assert (shared / "cases.json").is_file()
    assert all(of_kind(kind) for kind in ("oci-sig-old", "bundle", "npm"))
    assert inline_cases()
    assert keyless_bundles()


@pytest.mark.parametrize("case", of_kind("oci-sig-old"))
def test_images_with_simple_signing_get_the_verdict_that_is_stated(case: Mapping[str, Any], shared: Path) -> None:
    folder = next(shared / name for name in case["files"] if name.startswith("derived-oci"))
    image, layers = layout(folder)

    answer = accepted(outcomes(layers, Digest.of(image), keys_of(case, shared)))

    assert answer == (case["expected"] == "accept")


@pytest.mark.parametrize("case", of_kind("bundle"))
def test_bundles_of_files_get_the_verdict_that_is_stated(case: Mapping[str, Any], shared: Path) -> None:
    content, artifact = (shared / case["files"][0]).read_bytes(), (shared / case["artifact"]).read_bytes()

    try:
        outcome = verify_bundle(content, artifact, keys_of(case, shared), Origin("fixture", "bundle"))
        answer = isinstance(outcome, VerifiedSignature)
    except TrustRootError:
        answer = False

    assert answer == (case["expected"] == "accept")


@pytest.mark.parametrize("case", of_kind("npm"))
def test_publish_attestations_get_the_verdict_that_is_stated(case: Mapping[str, Any], shared: Path) -> None:
    listed = json.loads((shared / case["files"][0]).read_bytes())["attestations"]
    bundle = next(one["bundle"] for one in listed if "publickey" in json.dumps(one).lower())
    artifact = (shared / case["files"][1]).read_bytes()

    outcome = verify_bundle(json.dumps(bundle).encode(), artifact, keys_of(case, shared), Origin("fixture", "bundle"))

    assert isinstance(outcome, VerifiedStatement) == (case["expected"] == "accept"), outcome


def inline_cases() -> list[Any]:
    path = SHARED / "inline-cosign" / "cases-A.json"
    listed = json.loads(path.read_bytes()) if path.is_file() else []
    return [pytest.param(case, id=case["id"]) for case in listed if case["public_key_pem"]]


@pytest.mark.parametrize("case", inline_cases())
def test_signatures_from_other_projects_tests_get_the_verdict_that_is_stated(case: Mapping[str, Any]) -> None:
    payload = case["payload"].encode()
    digest = Digest.parse(json.loads(payload)["critical"]["image"]["docker-manifest-digest"])
    key = VerificationKey.from_pem(case["public_key_pem"].encode(), case["id"])

    answer = accepted(outcomes([(payload, case["annotations"])], digest, [key]))

    assert answer == (case["expected"] == "accept")


def keyless_bundles() -> list[Any]:
    listed = json.loads((SHARED / "cases.json").read_bytes()) if SHARED.is_dir() else []
    return [
        pytest.param(case, id=case["id"])
        for case in listed
        if case["scored"]
        and case["kind"] in ("bundle", "oci-new-format")
        and case["expected"] == "accept"
        and not keyed(case)
        and "bundle_index" not in case
        and "#" not in case["id"]
    ]


@pytest.mark.parametrize("case", keyless_bundles())
def test_real_bundles_with_certificates_are_read_and_never_accepted_as_a_keys(
    case: Mapping[str, Any], shared: Path
) -> None:
    content = (shared / case["files"][0]).read_bytes()
    artifact = (shared / case["artifact"]).read_bytes() if case["artifact"] else b""

    outcome = verify_bundle(content, artifact, [signing_key().trusted], Origin("fixture", "bundle"))

    assert isinstance(outcome, Rejection)
    assert outcome.step == "certificate"


@pytest.mark.parametrize("case", keyless_bundles())
def test_log_entries_of_real_bundles_are_about_the_bundle_and_its_certificate(
    case: Mapping[str, Any], shared: Path
) -> None:
    candidate = bundle_candidate(Origin("fixture", "bundle"), Digest.of(b""), (shared / case["files"][0]).read_bytes())
    assert isinstance(candidate, Candidate)
    artifact = (shared / case["artifact"]).read_bytes() if case["artifact"] else None
    if artifact is None and isinstance(candidate.content, MessageSignature):
        pytest.skip("the file that was signed is not part of the case")

    logged = [logged_verifier(entry, candidate, artifact) for entry in candidate.log_entries]

    assert isinstance(candidate.material, CertificateMaterial)
    assert all(one.der == candidate.material.leaf for one in logged)
