from __future__ import annotations

import pytest

from verifier.errors import AddressRefused, RegistryUnreachable
from verifier.registry.address import Origin, Reach, addresses, parse_url, reach, split_registry

HTTPS = Origin("https", "registry.test", 443)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("93.184.216.34", Reach.PUBLIC),
        ("2606:4700::1", Reach.PUBLIC),
        ("::ffff:93.184.216.34", Reach.PUBLIC),
        ("64:ff9b::5db8:d822", Reach.PUBLIC),
        ("127.0.0.1", Reach.INTERNAL),
        ("127.8.8.8", Reach.INTERNAL),
        ("::1", Reach.INTERNAL),
        ("::ffff:127.0.0.1", Reach.INTERNAL),
        ("10.1.2.3", Reach.INTERNAL),
        ("172.16.0.1", Reach.INTERNAL),
        ("192.168.1.1", Reach.INTERNAL),
        ("100.64.0.1", Reach.INTERNAL),
        ("fd12::1", Reach.INTERNAL),
        ("64:ff9b::a00:1", Reach.INTERNAL),
        ("2002:a00:1::", Reach.INTERNAL),
        ("::10.0.0.1", Reach.INTERNAL),
        ("169.254.169.254", Reach.FORBIDDEN),
        ("::ffff:169.254.169.254", Reach.FORBIDDEN),
        ("64:ff9b::a9fe:a9fe", Reach.FORBIDDEN),
        ("2002:a9fe:a9fe::", Reach.FORBIDDEN),
        ("fe80::1", Reach.FORBIDDEN),
        ("fe80::1%eth0", Reach.FORBIDDEN),
        ("fd00:ec2::254", Reach.FORBIDDEN),
        ("100.100.100.200", Reach.FORBIDDEN),
        ("168.63.129.16", Reach.FORBIDDEN),
        ("0.0.0.0", Reach.FORBIDDEN),
        ("0.1.2.3", Reach.FORBIDDEN),
        ("::", Reach.FORBIDDEN),
        ("224.0.0.1", Reach.FORBIDDEN),
        ("ff02::1", Reach.FORBIDDEN),
        ("240.0.0.1", Reach.FORBIDDEN),
        ("255.255.255.255", Reach.FORBIDDEN),
        ("192.0.2.1", Reach.FORBIDDEN),
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2", Reach.FORBIDDEN),
        ("not an address", Reach.FORBIDDEN),
    ],
)
def test_every_class_of_addresses_is_known(address: str, expected: Reach) -> None:
    assert reach(address) is expected


@pytest.mark.parametrize(
    ("url", "origin", "target"),
    [
        ("https://a.test/x?y=1", Origin("https", "a.test", 443), "/x?y=1"),
        ("HTTPS://A.Test:8443", Origin("https", "a.test", 8443), "/"),
        ("http://[::1]:5000/v2/", Origin("http", "[::1]", 5000), "/v2/"),
        ("https://a.test?x#y", Origin("https", "a.test", 443), "/?x"),
    ],
)
def test_a_url_is_read(url: str, origin: Origin, target: str) -> None:
    assert parse_url(url, "it") == (origin, target)


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("ftp://a.test/", id="another scheme"),
        pytest.param("file:///etc/passwd", id="a file"),
        pytest.param("gopher://a.test/", id="an old scheme"),
        pytest.param("//a.test/", id="no scheme"),
        pytest.param("/path", id="no host"),
        pytest.param("https://", id="an empty host"),
        pytest.param("https://user:pw@a.test/", id="user info"),
        pytest.param("https://a.test\\@b.test/", id="a backslash"),
        pytest.param("https://a.test:999999/", id="a long port"),
        pytest.param("https://a.test:/", id="an empty port"),
        pytest.param("https://a.test:80:80/", id="two ports"),
        pytest.param("https://a.te st/", id="a space"),
        pytest.param("https://a.test/\r\nX: y", id="a line end"),
        pytest.param("https://ä.test/", id="letters beyond ASCII"),
        pytest.param("https://a%2etest/", id="an escape in the host"),
        pytest.param("https://a.test/" + "x" * 9000, id="endless"),
    ],
)
def test_a_url_that_two_readers_could_read_differently_is_refused(url: str) -> None:
    with pytest.raises(AddressRefused):
        parse_url(url, "it")


def test_a_name_is_resolved_once_and_every_address_counts() -> None:
    asked: list[str] = []

    def resolver(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["93.184.216.34", "10.0.0.1"]

    with pytest.raises(AddressRefused):
        addresses(HTTPS, resolver, internal=False)
    assert addresses(HTTPS, resolver, internal=True) == ("93.184.216.34", "10.0.0.1")
    assert asked == ["registry.test", "registry.test"]


@pytest.mark.parametrize("answer", [["169.254.169.254"], ["0.0.0.0"], ["93.184.216.34", "fe80::1"]])
def test_addresses_that_no_registry_has_are_refused_even_where_the_registry_was_named(answer: list[str]) -> None:
    with pytest.raises(AddressRefused):
        addresses(HTTPS, lambda *_: answer, internal=True)


@pytest.mark.parametrize("host", ["127.1", "0x7f000001", "2130706433", "017700000001", "10.1.", "a.0x1"])
def test_addresses_in_other_forms_are_refused_before_they_are_resolved(host: str) -> None:
    asked: list[str] = []

    with pytest.raises(AddressRefused):
        addresses(Origin("https", host, 443), lambda name, _: asked.append(name) or ["93.184.216.34"], internal=True)
    assert asked == []


def test_a_name_without_an_address_is_unreachable() -> None:
    def resolver(host: str, port: int) -> list[str]:
        raise OSError(-2, "Name or service not known")

    with pytest.raises(RegistryUnreachable):
        addresses(HTTPS, resolver, internal=True)
    with pytest.raises(RegistryUnreachable):
        addresses(HTTPS, lambda *_: [], internal=True)


def test_an_origin_is_named_by_exactly_its_host_and_port() -> None:
    origin = Origin("https", "auth.test", 443)

    assert origin.names("auth.test")
    assert origin.names("AUTH.test:443")
    assert not origin.names("auth.test:80")
    assert not origin.names("test")
    assert not origin.names("x.auth.test")
    assert not origin.names("auth.test/path")
    assert not origin.names("")


def test_an_origin_is_written_without_the_port_that_goes_without_saying() -> None:
    assert str(Origin("https", "a.test", 443)) == "https://a.test"
    assert str(Origin("http", "[::1]", 5000)) == "http://[::1]:5000"
    assert Origin("http", "a.test", 443).authority == "a.test:443"


def test_a_registry_is_a_host_and_a_port() -> None:
    assert split_registry("ghcr.io") == ("ghcr.io", None)
    assert split_registry("[::1]:5000") == ("[::1]", 5000)
    for text in ("user@host", "host/path", "", "host:port"):
        with pytest.raises(AddressRefused):
            split_registry(text)
