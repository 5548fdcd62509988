"""What the `oras` library attaches is found, as what cosign attaches is."""

from __future__ import annotations

from pathlib import Path

import oras.client
import oras.oci
import pytest

from tests.flow.attachments import bundled
from tests.support.registry import LoopbackRegistry
from tests.support.signing import BUNDLE_V03, signing_key
from verifier.cli import run
from verifier.output.exit_code import ALLOW, DENY

KEY = signing_key("release")


@pytest.mark.parametrize(("signer", "code"), [("release", ALLOW), ("stranger", DENY)])
def test_a_bundle_that_oras_attaches_counts_by_its_signer(tmp_path: Path, signer: str, code: int) -> None:
    (tmp_path / "release.pub").write_bytes(KEY.pem)
    with LoopbackRegistry(referrers=True) as registry:
        digest = registry.put_image("app", "1")
        (tmp_path / "bundle.json").write_bytes(bundled(digest, signing_key(signer)))
        subject = oras.oci.Subject("application/vnd.oci.image.manifest.v1+json", str(digest), 0)
        client = oras.client.OrasClient(hostname=registry.host, insecure=True)
        client.push(
            target=f"{registry.host}/app:signature",
            files=[f"{tmp_path / 'bundle.json'}:{BUNDLE_V03}"],
            disable_path_validation=True,
            subject=subject,
        )

        assert run(["verify", f"{registry.host}/app:1", "--key", str(tmp_path / "release.pub")]) == code
