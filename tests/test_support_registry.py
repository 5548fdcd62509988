"""The registry of the tests is itself a registry: pushed to, pulled from and made to fail."""

from __future__ import annotations

import json
import socket
import urllib.error
import urllib.request
from collections.abc import Mapping

import pytest

from tests.conftest import NetworkRefused
from tests.support.images import artifact, image
from tests.support.registry import LoopbackRegistry
from tests.support.registry_auth import BasicAuth, TokenAuth, basic
from trust.digest import Digest
from verifier.manifest import OCI_MANIFEST


def ask(
    registry: LoopbackRegistry, method: str, path: str, body: bytes | None = None, **headers: str
) -> tuple[int, Mapping[str, str], bytes]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    url = path if path.startswith("http") else registry.server.url + path
    request = urllib.request.Request(url, data=body, method=method, headers=named)
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=5) as answer:
            return answer.status, dict(answer.headers), answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, dict(error.headers), error.read()


def test_what_is_pushed_can_be_pulled(registry: LoopbackRegistry) -> None:
    made = image()
    for part in made.parts:
        status, headers, _ = ask(registry, "POST", "/v2/app/blobs/uploads/", b"")
        assert status == 202
        half = len(part.content) // 2
        assert ask(registry, "PATCH", headers["Location"], part.content[:half])[0] == 202
        status, _, _ = ask(registry, "PUT", f"{headers['Location']}?digest={part.digest}", part.content[half:])
        assert status == 201
        assert ask(registry, "GET", f"/v2/app/blobs/{part.digest}")[2] == part.content
    status, headers, _ = ask(registry, "PUT", "/v2/app/manifests/1", made.content, content_type=OCI_MANIFEST)

    assert (status, headers["Docker-Content-Digest"]) == (201, str(made.digest))
    assert ask(registry, "GET", "/v2/app/manifests/1")[2] == made.content
    status, headers, content = ask(registry, "HEAD", f"/v2/app/manifests/{made.digest}")
    assert (status, headers["Content-Length"], content) == (200, str(len(made.content)), b"")


def test_a_push_with_another_digest_is_refused(registry: LoopbackRegistry) -> None:
    digest = Digest.of(b"other")

    assert ask(registry, "POST", f"/v2/app/blobs/uploads/?digest={digest}", b"x")[0] == 400
    assert ask(registry, "PUT", f"/v2/app/manifests/{digest}", b"{}")[0] == 400
    assert ask(registry, "POST", f"/v2/app/blobs/uploads/?digest={Digest.of(b'x')}", b"x")[0] == 201


@pytest.mark.parametrize("supported", [True, False])
def test_a_pushed_referrer_is_listed_where_there_is_the_api(supported: bool) -> None:
    made = artifact("application/x", subject=image(), annotations={"a": "b"})
    with LoopbackRegistry(referrers=supported) as registry:
        _, headers, _ = ask(registry, "PUT", "/v2/app/manifests/x", made.content, content_type=OCI_MANIFEST)
        status, _, content = ask(registry, "GET", f"/v2/app/referrers/{image().digest}")

        assert ("OCI-Subject" in headers) == supported
        assert status == (200 if supported else 404)
        if supported:
            (found,) = json.loads(content)["manifests"]
            assert (found["artifactType"], found["annotations"]) == ("application/x", {"a": "b"})


def test_what_is_not_there_is_404(registry: LoopbackRegistry) -> None:
    for path in ("/v2/app/manifests/1", f"/v2/app/blobs/{Digest.of(b'x')}", "/v2/", "/x"):
        assert ask(registry, "GET", path)[0] == (200 if path == "/v2/" else 404)


def test_every_request_is_logged(registry: LoopbackRegistry) -> None:
    ask(registry, "GET", "/v2/?a=1", x_test="here")

    assert registry.lines == ["GET /v2/?a=1"]
    assert registry.server.log[0].headers["x-test"] == "here"


def test_a_fault_happens_to_the_requests_it_names_and_no_others(registry: LoopbackRegistry) -> None:
    registry.fault("/v2/$", first=2, times=1, status=500)

    assert [ask(registry, "GET", "/v2/")[0] for _ in range(3)] == [200, 500, 200]
    registry.fault("/v2/$", method="HEAD", status=418)
    assert ask(registry, "GET", "/v2/")[0] == 200
    registry.server.forget_faults()
    assert ask(registry, "HEAD", "/v2/")[0] == 200


def test_basic_authentication_opens_with_its_password_alone() -> None:
    with LoopbackRegistry(auth=BasicAuth("user", "secret")) as registry:
        assert ask(registry, "GET", "/v2/")[0] == 401
        assert ask(registry, "GET", "/v2/", authorization=basic("user", "wrong"))[0] == 401
        assert ask(registry, "GET", "/v2/", authorization=basic("user", "secret"))[0] == 200


def test_a_token_opens_the_repository_it_was_given_for() -> None:
    auth = TokenAuth({"user": "secret"})
    with LoopbackRegistry(auth=auth) as registry:
        registry.put_image("app", "1")
        status, headers, _ = ask(registry, "GET", "/v2/app/manifests/1")
        assert (status, headers["WWW-Authenticate"].startswith("Bearer realm=")) == (401, True)
        url = f"{auth.server.url}/token?service=loopback&scope=repository:app:pull"
        assert ask(registry, "GET", url)[0] == 401
        token = json.loads(ask(registry, "GET", url, authorization=basic("user", "secret"))[2])["token"]

        bearer = f"Bearer {token}"
        assert ask(registry, "GET", "/v2/app/manifests/1", authorization=bearer)[0] == 200
        assert ask(registry, "GET", "/v2/other/manifests/1", authorization=bearer)[0] == 401
        assert ask(registry, "PUT", "/v2/app/manifests/1", b"{}", authorization=bearer)[0] == 401


def test_an_identity_token_is_exchanged() -> None:
    auth = TokenAuth(identity_token="identity")
    with LoopbackRegistry(auth=auth) as registry:
        form = "grant_type=refresh_token&service=loopback&scope=repository:app:pull&refresh_token="

        assert ask(registry, "POST", f"{auth.server.url}/token", f"{form}wrong".encode())[0] == 401
        assert ask(registry, "POST", f"{auth.server.url}/token", f"{form}identity".encode())[0] == 200


def test_no_test_leaves_this_machine() -> None:
    with socket.socket() as connection, pytest.raises(NetworkRefused):
        connection.connect(("192.0.2.1", 80))
    with socket.socket(type=socket.SOCK_DGRAM) as connection, pytest.raises(NetworkRefused):
        connection.sendto(b"x", ("192.0.2.1", 53))
