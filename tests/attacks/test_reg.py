"""Registries that lie: tags, digests, lists and pages. Rows REG of the attack catalogue."""

from __future__ import annotations

import gzip
import json
from itertools import count

import pytest

from tests.support.images import SIMPLE_SIGNING, Content, artifact, blob, encoded, image, index
from tests.support.loopback import LoopbackServer, Reply, Request
from tests.support.registry import LoopbackRegistry
from trust.digest import Digest, DigestMismatch
from trust.errors import ImgtrustError
from verifier.errors import (
    AddressRefused,
    ContentNotFound,
    LimitExceeded,
    MalformedContent,
    RegistryError,
    RegistryUnreachable,
    UnsupportedManifest,
)
from verifier.manifest import OCI_INDEX, OCI_MANIFEST, Index, Manifest
from verifier.registry.client import REFERRER_LIMIT, REFERRER_PAGE_LIMIT, TAG_PAGE_LIMIT, RegistrySource
from verifier.registry.transport import Deadline, Transport

GOOD, EVIL = image("good"), image("evil")
MANIFESTS, REFERRERS = "/manifests/", "/referrers/"


def manifest_reply(made: Content, **headers: str) -> Reply:
    return Reply(200, (("Content-Type", made.media_type), *headers.items()), made.content)


def list_reply(descriptors: list[object], link: str | None = None) -> Reply:
    body = encoded({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": descriptors})
    return Reply(200, (("Content-Type", OCI_INDEX), *((("Link", link),) if link else ())), body)


def test_reg_01_a_head_that_lies_is_never_asked(registry: LoopbackRegistry, source: RegistrySource) -> None:
    registry.put("app", GOOD, tag="1")
    registry.fault(MANIFESTS, method="HEAD", headers={"Docker-Content-Digest": str(EVIL.digest)})

    assert source.by_tag("1").descriptor.digest == GOOD.digest
    assert [request.method for request in registry.server.log] == ["GET"]


@pytest.mark.parametrize(
    "header", [str(EVIL.digest), "sha256:abc", "md5:" + "0" * 32, "", f"{GOOD.digest}, {EVIL.digest}"]
)
def test_reg_01_a_header_that_names_another_digest_is_an_error(
    registry: LoopbackRegistry, source: RegistrySource, header: str
) -> None:
    registry.put("app", GOOD, tag="1")
    registry.fault(MANIFESTS, headers={"Docker-Content-Digest": header})

    with pytest.raises(DigestMismatch):
        source.by_tag("1")
    with pytest.raises(DigestMismatch):
        source.manifest(GOOD.digest)
    assert len(registry.lines) == 2


@pytest.mark.parametrize("header", [str(GOOD.digest), None])
def test_reg_01_its_twin_agrees_or_says_nothing(
    registry: LoopbackRegistry, source: RegistrySource, header: str | None
) -> None:
    registry.put("app", GOOD, tag="1")
    registry.fault(MANIFESTS, headers={"Docker-Content-Digest": header})

    assert source.by_tag("1").descriptor.digest == GOOD.digest


def test_reg_02_other_bytes_for_a_digest_are_refused_and_never_remembered(
    registry: LoopbackRegistry, source: RegistrySource
) -> None:
    registry.put("app", GOOD)
    lie = {"Docker-Content-Digest": str(GOOD.digest)}
    registry.fault(MANIFESTS, reply=lambda _: manifest_reply(EVIL, **lie))

    for _ in range(2):
        with pytest.raises(DigestMismatch):
            source.manifest(GOOD.digest)
    with pytest.raises(DigestMismatch):
        source.manifest(EVIL.digest)


def test_reg_02_other_bytes_for_a_blob_are_refused(registry: LoopbackRegistry, source: RegistrySource) -> None:
    digest = registry.put_blob("app", b"good")
    registry.fault("/blobs/", body=b"evil")

    with pytest.raises(DigestMismatch):
        source.blob(digest, limit_bytes=100)


def test_reg_02_other_bytes_are_refused_before_anything_reads_them(
    registry: LoopbackRegistry, source: RegistrySource
) -> None:
    registry.fault(MANIFESTS, headers={"Content-Type": OCI_MANIFEST}, body=b"[" * 100_000, status=200)

    with pytest.raises(DigestMismatch):
        source.manifest(GOOD.digest)


def test_reg_03_a_tag_is_asked_for_once_and_the_rest_by_digest(
    registry: LoopbackRegistry, source: RegistrySource
) -> None:
    registry.put("app", GOOD, tag="1")
    registry.fault(MANIFESTS + "1", first=2, reply=lambda _: manifest_reply(EVIL))

    found = {source.by_tag("1").descriptor.digest for _ in range(5)}
    source.manifest(GOOD.digest)

    assert found == {GOOD.digest}
    assert registry.lines == ["GET /v2/app/manifests/1"]


def test_reg_05_withheld_lists_are_empty_or_missing_and_say_so(
    registry: LoopbackRegistry, source: RegistrySource
) -> None:
    registry.put("app", GOOD)
    registry.attach("app", GOOD, "application/x", b"x")
    registry.fault(REFERRERS, status=404)

    found = source.referrers(GOOD.digest)

    assert (found.descriptors, found.supported) == ((), False)
    with pytest.raises(ContentNotFound):
        source.by_tag(f"sha256-{GOOD.digest.hex}")


def test_reg_06_what_a_list_names_says_itself_what_it_is_about(
    registry: LoopbackRegistry, source: RegistrySource
) -> None:
    right = artifact("application/x", subject=GOOD)
    wrong = artifact("application/x", subject=EVIL)
    none = artifact("application/x")
    for made in (right, wrong, none):
        registry.put("app", made)
    registry.fault(REFERRERS, reply=lambda _: list_reply([made.descriptor() for made in (right, wrong, none)]))

    listed = [source.manifest(one).document for one in source.referrers(GOOD.digest).descriptors]

    subjects = [one.subject.digest if one.subject else None for one in listed]
    assert subjects == [GOOD.digest, EVIL.digest, None]


def test_reg_07_no_filter_is_left_to_the_registry(registry: LoopbackRegistry, source: RegistrySource) -> None:
    for kind in ("application/x", "application/y"):
        registry.attach("app", GOOD, kind, kind.encode())

    found = source.referrers(GOOD.digest)

    assert {one.artifact_type for one in found.descriptors} == {"application/x", "application/y"}
    assert registry.lines == [f"GET /v2/app/referrers/{GOOD.digest}"]


def test_reg_08_pages_without_an_end_are_a_limit(registry: LoopbackRegistry, source: RegistrySource) -> None:
    number = count()
    registry.fault(REFERRERS, reply=lambda asked: list_reply([], f'<{asked.route}?page={next(number)}>; rel="next"'))

    with pytest.raises(LimitExceeded):
        source.referrers(GOOD.digest)
    assert len(registry.lines) == REFERRER_PAGE_LIMIT


def test_reg_08_pages_of_tags_without_an_end_are_a_limit(registry: LoopbackRegistry, source: RegistrySource) -> None:
    number = count()
    link = "</v2/app/tags/list?page={}>; rel=next"
    registry.fault("/tags/list", reply=lambda _: Reply(200, (("Link", link.format(next(number))),), b'{"tags":["a"]}'))

    with pytest.raises(LimitExceeded):
        source.tags()
    assert len(registry.lines) == TAG_PAGE_LIMIT


def test_reg_08_pages_in_a_circle_are_a_limit(registry: LoopbackRegistry, source: RegistrySource) -> None:
    other = {"a": "b", "b": "a"}
    registry.fault(
        REFERRERS,
        reply=lambda asked: list_reply([], f'<?p={other[asked.query.get("p", ["b"])[0]]}>; rel="next"'),
    )

    with pytest.raises(LimitExceeded):
        source.referrers(GOOD.digest)
    assert len(registry.lines) == 3


def test_reg_08_a_page_that_names_itself_is_a_limit(registry: LoopbackRegistry, source: RegistrySource) -> None:
    registry.fault(REFERRERS, reply=lambda asked: list_reply([], f'<{asked.path}>; rel="next"'))

    with pytest.raises(LimitExceeded):
        source.referrers(GOOD.digest)
    assert len(registry.lines) == 1


def test_reg_08_more_referrers_than_are_read_are_a_limit(registry: LoopbackRegistry, source: RegistrySource) -> None:
    def page(asked: Request) -> Reply:
        number = int(asked.query.get("p", ["0"])[0])
        entries: list[object] = [
            EVIL.descriptor(digest=str(Digest.of(b"%d %d" % (number, at)))) for at in range(REFERRER_LIMIT // 2)
        ]
        return list_reply(entries, f'<?p={number + 1}>; rel="next"' if number < pages - 1 else None)

    registry.fault(REFERRERS, reply=page)
    pages = 2
    assert len(source.referrers(GOOD.digest).descriptors) == REFERRER_LIMIT
    pages = 3
    with pytest.raises(LimitExceeded):
        source.referrers(EVIL.digest)


@pytest.mark.parametrize(
    "target",
    [
        "http://{sink}/v2/app/referrers/x",
        "//{sink}/v2/app/referrers/x",
        "http://user@{home}/v2/app/referrers/x",
        "https://{home}/v2/app/referrers/x",
        "http://{home}@{sink}/v2/app/referrers/x",
        "http://{home}.evil.test/v2/app/referrers/x",
        "file:///etc/passwd",
        "/v2/other/referrers/x",
        "/v2/app/../other/referrers/x",
        "/v2/app/%2e%2e/other/referrers/x",
        "/v2/app/..%2fother/x",
        "/v2/application/referrers/x",
        "/internal",
        "../../other/referrers/x",
        "\\\\{sink}\\x",
        "http://[::1/x",
        "#x",
    ],
)
def test_reg_09_a_page_that_is_somewhere_else_is_not_asked_for(
    registry: LoopbackRegistry, source: RegistrySource, target: str
) -> None:
    with LoopbackServer(lambda _: Reply(200), address="127.0.0.2") as sink:
        link = f'<{target.format(sink=sink.host, home=registry.host)}>; rel="next"'
        registry.fault(REFERRERS, reply=lambda _: list_reply([], link))

        with pytest.raises((AddressRefused, LimitExceeded)):
            source.referrers(GOOD.digest)

        assert sink.log == ()
        assert len(registry.lines) == 1


@pytest.mark.parametrize(
    "target",
    ["/v2/app/referrers/{digest}?p=2", "?p=2", "http://{home}/v2/app/referrers/{digest}?p=2&last=a%2Fb%3D"],
)
def test_reg_09_its_twin_in_the_same_repository_is(
    registry: LoopbackRegistry, source: RegistrySource, target: str
) -> None:
    link = f'<{target.format(home=registry.host, digest=GOOD.digest)}>; rel="next"'
    registry.fault(REFERRERS, reply=lambda asked: list_reply([], None if "p=2" in asked.path else link))

    assert source.referrers(GOOD.digest).supported
    assert len(registry.lines) == 2


@pytest.mark.parametrize(
    "link",
    [
        "x",
        '<?p=2; rel="next"',
        '<?p=2> rel="next"',
        '<?p=2>; rel="next", <?p=3>; rel="next"',
        '<?p=2>; rel="next" <?p=3>',
        '<?p=2>; rel="' + "x" * 5000 + '"',
    ],
    ids=str,
)
def test_reg_09_a_link_that_two_readers_could_take_differently_is_refused(
    registry: LoopbackRegistry, source: RegistrySource, link: str
) -> None:
    registry.fault(REFERRERS, reply=lambda _: list_reply([], link))

    with pytest.raises(MalformedContent):
        source.referrers(GOOD.digest)


@pytest.mark.parametrize("status", [201, 202, 203, 204, 206, 300, 304, 400, 404, 405, 410, 418])
def test_reg_10_only_200_is_content(registry: LoopbackRegistry, source: RegistrySource, status: int) -> None:
    registry.put("app", GOOD, tag="1")
    registry.fault(
        "", reply=lambda _: Reply(status, manifest_reply(GOOD).headers, b"" if status in (204, 304) else GOOD.content)
    )

    for ask in (
        lambda: source.by_tag("1"),
        lambda: source.manifest(GOOD.digest),
        lambda: source.blob(GOOD.digest, limit_bytes=10_000),
    ):
        with pytest.raises(RegistryError):
            ask()


@pytest.mark.parametrize(
    ("content_type", "error"),
    [
        ("text/html", RegistryError),
        ("text/html; charset=utf-8", RegistryError),
        ("application/xml", ImgtrustError),
        ("application/vnd.oci.image.config.v1+json", ImgtrustError),
        (OCI_INDEX, MalformedContent),
        (f"{OCI_MANIFEST}, text/html", ImgtrustError),
    ],
)
def test_reg_10_only_a_manifest_s_type_is_a_manifest(
    registry: LoopbackRegistry, source: RegistrySource, content_type: str, error: type[ImgtrustError]
) -> None:
    registry.put("app", GOOD, tag="1")
    registry.fault(MANIFESTS, headers={"Content-Type": content_type})

    with pytest.raises(error):
        source.by_tag("1")


@pytest.mark.parametrize("kept", [0, 1, len(GOOD.content) - 1])
def test_reg_11_a_body_that_ends_early_is_never_read(
    registry: LoopbackRegistry, source: RegistrySource, kept: int
) -> None:
    registry.put("app", GOOD, tag="1")
    registry.fault("", cut_after=kept)

    with pytest.raises(RegistryUnreachable):
        source.by_tag("1")
    with pytest.raises(RegistryUnreachable):
        source.blob(registry.put_blob("app", b"x" * 1000), limit_bytes=1000)


def test_reg_11_bytes_behind_the_end_of_a_body_end_the_question(
    registry: LoopbackRegistry, source: RegistrySource
) -> None:
    registry.put("app", GOOD, tag="1")
    length = {"Content-Length": str(len(GOOD.content))}
    registry.fault(MANIFESTS, times=1, body=GOOD.content + b"HTTP/1.1 200 OK\r\n\r\n", headers=length)

    with pytest.raises(RegistryError):
        source.by_tag("1")
    assert source.manifest(GOOD.digest).content == GOOD.content


def test_reg_12_what_is_compressed_is_refused_unread(registry: LoopbackRegistry, source: RegistrySource) -> None:
    registry.put("app", GOOD, tag="1")
    digest = registry.put_blob("app", b"x")
    registry.fault("", gzipped=True)

    with pytest.raises(RegistryError, match="content encoding"):
        source.by_tag("1")
    with pytest.raises(RegistryError, match="content encoding"):
        source.blob(digest, limit_bytes=100)
    assert {request.headers["accept-encoding"] for request in registry.server.log} == {"identity"}


def test_reg_12_a_bomb_is_not_unpacked(registry: LoopbackRegistry, source: RegistrySource) -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)
    registry.fault(MANIFESTS, status=200, body=bomb, headers={"Content-Encoding": "gzip", "Content-Type": OCI_MANIFEST})

    with pytest.raises(RegistryError):
        source.by_tag("1")


def test_reg_13_the_types_that_are_asked_for_never_change(registry: LoopbackRegistry, source: RegistrySource) -> None:
    wanted = index([GOOD])
    for made in (wanted, EVIL):
        registry.put("app", made)
    registry.fault(
        MANIFESTS + "1", reply=lambda asked: manifest_reply(wanted if OCI_INDEX in asked.headers["accept"] else EVIL)
    )

    assert source.by_tag("1").descriptor.digest == wanted.digest
    source.manifest(GOOD.digest)
    assert len({request.headers["accept"] for request in registry.server.log}) == 1


@pytest.mark.parametrize("suffix", ["v1+prettyjws", "v1+json"])
def test_reg_13_schema_1_is_refused_by_name(registry: LoopbackRegistry, source: RegistrySource, suffix: str) -> None:
    kind = f"application/vnd.docker.distribution.manifest.{suffix}"
    registry.put_manifest("app", encoded({"schemaVersion": 1, "fsLayers": [], "history": []}), kind, tag="1")

    with pytest.raises(UnsupportedManifest, match="schema 1"):
        source.by_tag("1")


def test_reg_14_a_tag_that_is_called_immutable_is_asked_for_in_every_run(
    registry: LoopbackRegistry, transport: Transport
) -> None:
    registry.put("app", GOOD, tag="1")
    before = RegistrySource(transport, registry.host, "app").by_tag("1").descriptor.digest
    registry.put("app", EVIL, tag="1")
    registry.fault(MANIFESTS, headers={"Cache-Control": "immutable, max-age=31536000", "ETag": f'"{before}"'})

    after = RegistrySource(transport, registry.host, "app").by_tag("1").descriptor.digest

    assert (before, after) == (GOOD.digest, EVIL.digest)


@pytest.mark.parametrize("name", ["a/../../v2/_catalog", "a//b", "a%2fb", "a b", "a\r\nX: y", "a\0", "/a", "a/"])
def test_reg_16_a_path_that_would_change_the_request_is_never_sent(
    registry: LoopbackRegistry, transport: Transport, name: str
) -> None:
    with pytest.raises(ImgtrustError):
        RegistrySource(transport, registry.host, name)

    assert registry.lines == []


def test_reg_16_the_request_line_is_what_was_asked(registry: LoopbackRegistry, transport: Transport) -> None:
    registry.put("a/b__c.d-e", GOOD, tag="X_1.2-3")

    RegistrySource(transport, registry.host, "a/b__c.d-e").by_tag("X_1.2-3")

    assert registry.lines == ["GET /v2/a/b__c.d-e/manifests/X_1.2-3"]


def test_reg_17_a_signature_tag_is_a_locator_and_says_what_it_holds(
    registry: LoopbackRegistry, source: RegistrySource
) -> None:
    tag = f"sha256-{GOOD.digest.hex}"
    layers = [blob(SIMPLE_SIGNING, b"%d" % at) for at in range(3)]
    registry.put("app", artifact("application/x", layers), tag=f"{tag}.sig")
    registry.put("app", index([GOOD]), tag=f"{tag}.att")

    signatures, attestations = source.by_tag(f"{tag}.sig").document, source.by_tag(f"{tag}.att").document

    assert isinstance(signatures, Manifest)
    assert len(signatures.layers) == 3
    assert isinstance(attestations, Index)


def test_reg_17_a_signature_tag_with_thousands_of_layers_is_a_limit(
    registry: LoopbackRegistry, source: RegistrySource
) -> None:
    tag = f"sha256-{GOOD.digest.hex}.sig"
    flood = GOOD.changed(layers=GOOD.document["layers"] * 5000)
    registry.put_manifest("app", flood.content, tag=tag)

    with pytest.raises(LimitExceeded):
        source.by_tag(tag)
    assert len(registry.lines) == 1


@pytest.mark.parametrize("fault", [{"endless": True, "body": b"x" * 65536}, {"drip_s": 0.05}, {"hang_up": True}])
def test_dos_07_a_registry_that_never_ends_is_left(
    registry: LoopbackRegistry, transport: Transport, fault: dict[str, object]
) -> None:
    registry.put("app", GOOD, tag="1")
    registry.fault("", **fault)
    source = RegistrySource(transport, registry.host, "app", Deadline.after(1.0))

    with pytest.raises((RegistryError, LimitExceeded)):
        source.by_tag("1")


def test_reg_06_a_list_names_every_digest_once(registry: LoopbackRegistry, source: RegistrySource) -> None:
    made = artifact("application/x", subject=GOOD)
    registry.put("app", made)
    registry.fault(REFERRERS, reply=lambda _: list_reply([made.descriptor()] * 10))

    assert len(source.referrers(GOOD.digest).descriptors) == 1
    assert json.loads(made.content)["subject"]["digest"] == str(GOOD.digest)
