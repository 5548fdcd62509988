"""One repository of a registry, over a real registry on loopback."""

from __future__ import annotations

import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.images import artifact, docker_image, encoded, image, index, platform_index
from tests.support.loopback import Reply
from tests.support.registry import LoopbackRegistry
from tests.support.registry_auth import BasicAuth, TokenAuth
from trust.digest import Digest
from trust.errors import ImgtrustError
from verifier.errors import (
    BadReference,
    ContentNotFound,
    LimitExceeded,
    MalformedContent,
    RegistryDenied,
    RegistryError,
    RegistryUnreachable,
)
from verifier.manifest import MANIFEST_LIMIT_BYTES, MANIFEST_TYPES, OCI_INDEX, OCI_MANIFEST, Descriptor, Manifest
from verifier.reference import DOCKER_HUB
from verifier.registry.client import TAG_LIMIT, RegistrySource
from verifier.registry.transport import Deadline, HttpSettings, Transport

MANIFESTS = r"/manifests/"


def test_a_tag_is_resolved_to_the_digest_of_its_bytes(registry: LoopbackRegistry, source: RegistrySource) -> None:
    digest = registry.put_image("app", "1")

    fetched = source.by_tag("1")

    assert fetched.descriptor.digest == digest
    assert Digest.of(fetched.content) == digest
    assert registry.lines == ["GET /v2/app/manifests/1"]


def test_all_four_types_are_asked_for_always_in_one_header(registry: LoopbackRegistry, source: RegistrySource) -> None:
    digest = registry.put_image("app", "1")

    source.by_tag("1")
    RegistrySource(source._transport, registry.host, "app").manifest(digest)

    assert [request.headers["accept"] for request in registry.server.log] == [", ".join(MANIFEST_TYPES)] * 2


@pytest.mark.parametrize("made", [image(), docker_image(), platform_index("linux/amd64")])
def test_manifests_of_every_kind_are_read(registry: LoopbackRegistry, source: RegistrySource, made: object) -> None:
    digest = registry.put("app", made)  # type: ignore[arg-type]

    assert source.manifest(digest).descriptor.digest == digest


def test_a_sha512_digest_is_asked_for_and_checked(registry: LoopbackRegistry, source: RegistrySource) -> None:
    content = image().content
    digest = Digest("sha512", hashlib.sha512(content).hexdigest())
    registry.stored("app").manifests[digest] = (OCI_MANIFEST, content)

    assert source.manifest(digest).descriptor.digest == digest


def test_nothing_is_asked_for_twice(registry: LoopbackRegistry, source: RegistrySource) -> None:
    made = image()
    registry.put("app", made, tag="1")

    for _ in range(3):
        fetched = source.by_tag("1")
        source.manifest(made.digest)
        source.manifest(fetched.descriptor)
        source.blob(made.parts[1].digest, limit_bytes=10_000)
        source.referrers(made.digest)
        source.tags()

    assert len(registry.lines) == len(set(registry.lines)) == 4


def test_threads_that_ask_for_the_same_share_one_request(registry: LoopbackRegistry, source: RegistrySource) -> None:
    digest = registry.put_image("app", "1")
    registry.fault(MANIFESTS, delay_s=0.2)
    barrier = threading.Barrier(8)

    def ask(_: int) -> Digest:
        barrier.wait()
        return source.by_tag("1").descriptor.digest

    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(ask, range(8)))

    assert found == {digest}
    assert len(registry.lines) == 1


def test_a_refusal_is_remembered_too(registry: LoopbackRegistry, source: RegistrySource) -> None:
    for _ in range(2):
        with pytest.raises(ContentNotFound):
            source.by_tag("gone")

    assert len(registry.lines) == 1


def test_what_is_not_there_is_named(registry: LoopbackRegistry, source: RegistrySource) -> None:
    digest = Digest.of(b"x")

    with pytest.raises(ContentNotFound, match=f"manifest `gone` of `{registry.host}/app`"):
        source.by_tag("gone")
    with pytest.raises(ContentNotFound, match=str(digest)):
        source.manifest(digest)
    with pytest.raises(ContentNotFound, match=str(digest)):
        source.blob(digest, limit_bytes=10)


@pytest.mark.parametrize("tag", ["", "a/b", "../x", "x\n", "a?b", "a b"])
def test_what_is_no_tag_is_never_sent(registry: LoopbackRegistry, source: RegistrySource, tag: str) -> None:
    with pytest.raises(BadReference):
        source.by_tag(tag)

    assert registry.lines == []


@pytest.mark.parametrize("path", ["", "a/../b", "A", "a//b", "a?x", "a/"])
def test_what_is_no_path_is_no_source(transport: Transport, path: str) -> None:
    with pytest.raises(BadReference):
        RegistrySource(transport, DOCKER_HUB, path)


@pytest.mark.parametrize(
    "content_type",
    [
        OCI_MANIFEST,
        f"{OCI_MANIFEST}; charset=utf-8",
        OCI_MANIFEST.upper(),
        None,
        "",
        "application/octet-stream",
        "application/json",
        "text/plain; charset=utf-8",
    ],
)
def test_a_header_that_names_the_type_or_says_nothing_of_it_is_enough(
    registry: LoopbackRegistry, source: RegistrySource, content_type: str | None
) -> None:
    digest = registry.put_image("app", "1")
    registry.fault(MANIFESTS, headers={"Content-Type": content_type})

    assert source.by_tag("1").descriptor.digest == digest


@pytest.mark.parametrize("content_type", [None, "application/octet-stream", "application/json", "text/plain"])
def test_a_header_that_says_nothing_leaves_it_to_the_body(
    registry: LoopbackRegistry, source: RegistrySource, content_type: str | None
) -> None:
    registry.put("app", image().changed(mediaType=None), tag="1")
    registry.fault(MANIFESTS, headers={"Content-Type": content_type})

    with pytest.raises(MalformedContent, match="nothing says"):
        source.by_tag("1")


def test_a_body_without_a_type_is_what_the_header_says(registry: LoopbackRegistry, source: RegistrySource) -> None:
    digest = registry.put("app", image().changed(mediaType=None), tag="1")

    assert source.by_tag("1").descriptor.digest == digest


def test_a_blob_is_held_to_its_limit_and_its_descriptor(registry: LoopbackRegistry, source: RegistrySource) -> None:
    content = b"x" * 100
    digest = registry.put_blob("app", content)

    assert source.blob(digest, limit_bytes=100) == content
    assert source.blob(Descriptor("x", digest, 100), limit_bytes=100) == content
    with pytest.raises(LimitExceeded):
        source.blob(digest, limit_bytes=99)
    with pytest.raises(MalformedContent):
        source.blob(Descriptor("x", digest, 99), limit_bytes=100)


def test_a_blob_that_says_it_is_too_large_is_not_asked_for(registry: LoopbackRegistry, source: RegistrySource) -> None:
    digest = registry.put_blob("app", b"x")

    with pytest.raises(LimitExceeded):
        source.blob(Descriptor("x", digest, 101), limit_bytes=100)
    with pytest.raises(LimitExceeded):
        source.manifest(Descriptor(OCI_MANIFEST, digest, MANIFEST_LIMIT_BYTES + 1))

    assert registry.lines == []


def test_a_manifest_larger_than_manifests_are_is_a_limit(registry: LoopbackRegistry, source: RegistrySource) -> None:
    large = image(annotations={"x": "x" * MANIFEST_LIMIT_BYTES})
    registry.put("app", large, tag="large")

    with pytest.raises(LimitExceeded):
        source.by_tag("large")


def test_referrers_are_listed_over_all_pages(transport: Transport) -> None:
    made = image()
    with LoopbackRegistry(page_size=2) as registry:
        registry.put("app", made)
        attached = [registry.attach("app", made, "application/x", bytes([at])) for at in range(5)]

        found = RegistrySource(transport, registry.host, "app").referrers(made.digest)

        assert [one.digest for one in found.descriptors] == attached
        assert found.supported
        assert len(registry.lines) == 3
        assert not any("artifactType" in line for line in registry.lines)


def test_nothing_attached_is_an_empty_list(registry: LoopbackRegistry, source: RegistrySource) -> None:
    found = source.referrers(registry.put_image("app"))

    assert (found.descriptors, found.supported) == ((), True)


def test_a_registry_without_the_api_has_the_list_at_the_fallback_tag(transport: Transport) -> None:
    made = image()
    with LoopbackRegistry(referrers=False) as registry:
        registry.put("app", made)
        attached = registry.attach("app", made, "application/x", b"x")
        source = RegistrySource(transport, registry.host, "app")

        assert not source.referrers(made.digest).supported
        listed = source.by_tag(f"sha256-{made.digest.hex}").document
        assert [one.digest for one in listed.children] == [attached]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 400},
        {"status": 404},
        {"status": 405},
        {"status": 406},
        {"headers": {"Content-Type": "text/html"}, "body": b"<html>"},
        {"headers": {"Content-Type": "text/plain"}, "body": b"404 page not found"},
        {"headers": {"Content-Type": "application/json"}, "body": b'{"errors":[]}'},
        {"headers": {"Content-Type": None}, "body": b""},
    ],
    ids=str,
)
def test_an_answer_that_is_no_list_means_that_there_is_no_api(
    registry: LoopbackRegistry, source: RegistrySource, fault: dict[str, object]
) -> None:
    digest = registry.put_image("app")
    registry.fault("/referrers/", **fault)

    found = source.referrers(digest)

    assert (found.descriptors, found.supported) == ((), False)


def test_a_list_may_be_called_json(registry: LoopbackRegistry, source: RegistrySource) -> None:
    made = image()
    registry.put("app", made)
    attached = registry.attach("app", made, "application/x", b"x")
    registry.fault("/referrers/", headers={"Content-Type": "application/json"})

    assert [one.digest for one in source.referrers(made.digest).descriptors] == [attached]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"body": b"{"}, MalformedContent),
        ({"body": b'{"schemaVersion":2,"manifests":[1]}'}, MalformedContent),
        ({"body": encoded({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "manifests": []})}, MalformedContent),
        ({"status": 410}, RegistryError),
        ({"status": 503, "headers": {"Retry-After": "0"}}, RegistryUnreachable),
    ],
    ids=str,
)
def test_a_list_that_cannot_be_had_is_an_error(
    registry: LoopbackRegistry, source: RegistrySource, fault: dict[str, object], error: type[ImgtrustError]
) -> None:
    registry.fault("/referrers/", **fault)

    with pytest.raises(error):
        source.referrers(registry.put_image("app"))


def test_a_later_page_that_is_missing_is_an_error(transport: Transport) -> None:
    made = image()
    with LoopbackRegistry(page_size=1) as registry:
        for at in range(2):
            registry.attach("app", made, "application/x", bytes([at]))
        registry.fault("/referrers/", first=2, status=404)

        with pytest.raises(ContentNotFound):
            RegistrySource(transport, registry.host, "app").referrers(made.digest)


def test_tags_are_listed_over_all_pages(transport: Transport) -> None:
    with LoopbackRegistry(page_size=2) as registry:
        for at in range(5):
            registry.put_image("app", f"v{at}")

        assert RegistrySource(transport, registry.host, "app").tags() == ("v0", "v1", "v2", "v3", "v4")
        assert len(registry.lines) == 3


def test_a_repository_without_tags_may_say_null(registry: LoopbackRegistry, source: RegistrySource) -> None:
    registry.fault("/tags/list", body=b'{"name":"app","tags":null}')

    assert source.tags() == ()


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"[]", MalformedContent),
        (b'{"tags":{}}', MalformedContent),
        (b'{"tags":[1]}', MalformedContent),
        (b'{"tags":["a/b"]}', MalformedContent),
        (b'{"tags":["a\\u001b[2J"]}', MalformedContent),
        (encoded({"tags": [str(at) for at in range(TAG_LIMIT + 1)]}), LimitExceeded),
    ],
    ids=["list", "object", "number", "slash", "escape", "many"],
)
def test_a_list_of_tags_that_is_none_is_refused(
    registry: LoopbackRegistry, source: RegistrySource, body: bytes, error: type[ImgtrustError]
) -> None:
    registry.fault("/tags/list", body=body)

    with pytest.raises(error):
        source.tags()


def test_a_repository_that_is_not_there_has_no_tags(registry: LoopbackRegistry, source: RegistrySource) -> None:
    registry.fault("/tags/list", status=404)

    with pytest.raises(ContentNotFound):
        source.tags()


def test_tokens_and_passwords_open_the_registry() -> None:
    auth = TokenAuth()
    with LoopbackRegistry(auth=auth) as registry:
        digest = registry.put_image("app", "1")
        settings = HttpSettings(token_realms={registry.host: auth.server.host})
        with Transport(settings) as transport:
            source = RegistrySource(transport, registry.host, "app")

            assert source.by_tag("1").descriptor.digest == digest
            assert len(auth.server.log) == 1


def test_without_a_password_the_registry_stays_shut(transport: Transport) -> None:
    with LoopbackRegistry(auth=BasicAuth("user", "secret")) as registry:
        registry.put_image("app", "1")

        with pytest.raises(RegistryDenied):
            RegistrySource(transport, registry.host, "app").by_tag("1")


def test_a_deadline_ends_every_question(registry: LoopbackRegistry, transport: Transport) -> None:
    registry.put_image("app", "1")
    registry.fault(MANIFESTS, delay_s=5)
    source = RegistrySource(transport, registry.host, "app", Deadline.after(0.2))

    with pytest.raises(RegistryError):
        source.by_tag("1")


def test_the_place_is_what_is_asked(registry: LoopbackRegistry, source: RegistrySource) -> None:
    assert source.place == f"{registry.host}/app"


def test_a_client_has_one_memory_for_each_repository(registry: LoopbackRegistry, transport: Transport) -> None:
    registry.put_image("one", "1", text="one")
    registry.put_image("two", "1", text="two")

    found = {RegistrySource(transport, registry.host, path).by_tag("1").descriptor.digest for path in ("one", "two")}

    assert len(found) == 2


def test_an_artifact_is_read_with_its_subject(registry: LoopbackRegistry, source: RegistrySource) -> None:
    made = artifact("application/x", subject=image())
    document = source.manifest(registry.put("app", made)).document

    assert isinstance(document, Manifest)
    assert document.subject is not None
    assert document.subject.digest == image().digest


def test_a_descriptor_with_another_type_is_refused_and_spoils_nothing(
    registry: LoopbackRegistry, source: RegistrySource
) -> None:
    made = image()
    registry.put("app", made)

    with pytest.raises(MalformedContent, match="was named as"):
        source.manifest(Descriptor(OCI_INDEX, made.digest, len(made.content)))
    assert source.manifest(made.digest).descriptor.media_type == OCI_MANIFEST


def test_answers_by_the_header_are_what_they_say(registry: LoopbackRegistry, source: RegistrySource) -> None:
    one, other = image("one"), index([image("one")])
    registry.fault(
        MANIFESTS,
        reply=lambda asked: (
            Reply(200, (("Content-Type", OCI_INDEX),), other.content)
            if OCI_INDEX in asked.headers["accept"]
            else Reply(200, (("Content-Type", OCI_MANIFEST),), one.content)
        ),
    )

    assert source.by_tag("1").descriptor.digest == other.digest


def test_a_decision_has_a_deadline_of_its_own_and_shares_what_was_answered(
    registry: LoopbackRegistry, transport: Transport
) -> None:
    digest = registry.put_image("app", "1")
    source = RegistrySource(transport, registry.host, "app")
    late = source.until(Deadline.after(0))

    with pytest.raises(RegistryUnreachable):
        late.by_tag("2")
    fetched = source.by_tag("1")

    assert fetched.descriptor.digest == digest
    assert late.by_tag("1") is fetched


def test_a_plain_request_that_tls_may_have_refused_comes_with_a_hint(
    registry: LoopbackRegistry, source: RegistrySource
) -> None:
    registry.put_image("app", "1")
    registry.fault(MANIFESTS, status=400)

    with pytest.raises(RegistryError) as refused:
        source.by_tag("1")

    assert refused.value.hint is not None
    assert "--ca-file" in refused.value.hint
