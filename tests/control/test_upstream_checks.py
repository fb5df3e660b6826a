"""What an upstream may look like: addresses above all, which a hostile or careless hand may write."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.control.known_upstreams import KNOWN_UPSTREAMS
from outlay.control.upstream import OPEN_NAMES, Auth, Timeouts
from outlay.control.upstream_checks import UpstreamSettings, check_credential, checked, origin_of
from outlay.errors import UpstreamInvalid
from outlay.pricing.providers import canonical_provider

FIELDS = UpstreamSettings.__struct_fields__


def settings(**changes: Any) -> UpstreamSettings:
    return UpstreamSettings(**{"name": "ours", "provider": "openai", "base_url": "https://api.example.com"} | changes)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("https://api.example.com", "https://api.example.com"),
        (" https://API.Example.com/ ", "https://api.example.com"),
        ("https://api.example.com:443/v1/", "https://api.example.com/v1"),
        ("https://api.example.com:8443", "https://api.example.com:8443"),
        ("https://[2606:4700::1]:8443/x", "https://[2606:4700::1]:8443/x"),
        ("https://8.8.8.8", "https://8.8.8.8"),
        ("https://a_b.example.com/x%20y/~z", "https://a_b.example.com/x%20y/~z"),
    ],
)
def test_an_address_is_kept_tidy(written: str, kept: str) -> None:
    assert checked(settings(base_url=written)).base_url == kept


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("", "begins with https"),
        ("api.example.com", "begins with https"),
        ("https://", "begins with https"),
        ("ftp://api.example.com", "begins with https"),
        ("file:///etc/passwd", "begins with https"),
        ("javascript:alert(1)", "begins with https"),
        ("https://user:pass@api.example.com", "no user"),
        ("https://@api.example.com", "no user"),
        ("https://api.example.com?x=1", "no user"),
        ("https://api.example.com#x", "no user"),
        ("https://api.example.com:0x50", "no address"),
        ("https://api.example.com:99999", "no address"),
        ("https://[::1", "no address"),
        ("https://api.example.com/../x", "ASCII"),
        ("https://api.example.com/x/..", "ASCII"),
        ("https://bücher.example", "ASCII"),
        ("https://api.example.com/ü", "ASCII"),
        ("https://api.example.com\\@evil.example", "no blanks"),
        ("https://api.example.com/x y", "no blanks"),
        ("https://api.example.com/\r\nx", "no blanks"),
        ("https://api.example.com/" + "x" * 500, "at most 500"),
        ("http://api.example.com", "only the private network is"),
        ("https://127.0.0.1", "private network"),
        ("https://[::ffff:10.0.0.1]", "private network"),
        ("https://169.254.169.254/latest", "never called"),
        ("https://[fe80::1%25eth0]", "never called"),
        ("https://0.0.0.0", "never called"),
    ],
)
def test_an_address_that_can_not_be_is_refused(written: str, said: str) -> None:
    with pytest.raises(UpstreamInvalid, match=said) as raised:
        checked(settings(base_url=written))
    assert raised.value.field == "base_url"


@pytest.mark.parametrize("address", ["http://127.0.0.1:11434", "http://ollama.internal:11434", "https://10.0.0.7"])
def test_the_private_network_is_open_where_it_was_allowed(address: str) -> None:
    assert checked(settings(base_url=address, allow_private=True)).base_url == address


@pytest.mark.parametrize("address", ["http://169.254.169.254", "https://[fd00:ec2::254]", "http://0.0.0.0:80"])
def test_metadata_is_closed_even_there(address: str) -> None:
    with pytest.raises(UpstreamInvalid, match="never called"):
        checked(settings(base_url=address, allow_private=True))


@given(st.text())
def test_no_text_breaks_the_check_of_an_address(text: str) -> None:
    try:
        kept = checked(settings(base_url=text)).base_url
    except UpstreamInvalid:
        return
    assert checked(settings(base_url=kept)).base_url == kept


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "Ours"),
        ("name", "a/b"),
        ("name", ".."),
        ("name", "-a"),
        ("name", "a-"),
        ("name", "a" * 41),
        ("name", "via"),
        ("provider", ""),
        ("provider", "My Company"),
        ("provider", "../x"),
        ("auth", "basic"),
        ("reading", "Open AI"),
        ("region", "eu west"),
        ("headers", (("authorization", "Bearer x"),)),
        ("headers", (("Host", "evil.example"),)),
        ("headers", (("x y", "1"),)),
        ("headers", (("x-a", "1\r\nx-b: 2"),)),
        ("headers", (("x-a", ""),)),
        ("headers", (("x-a", "ü"),)),
        ("headers", tuple((f"x-{number}", "1") for number in range(17))),
        ("connect_seconds", 0),
        ("idle_seconds", -1),
        ("total_seconds", 86_401),
        ("first_byte_seconds", float("nan")),
    ],
)
def test_what_else_can_not_be_is_refused_by_field(field: str, value: Any) -> None:
    with pytest.raises(UpstreamInvalid) as raised:
        checked(settings(**{field: value} if field in FIELDS else {"timeouts": Timeouts(**{field: value})}))
    assert raised.value.field == field


@pytest.mark.parametrize(
    ("auth", "credential"),
    [
        ("bearer", "sk-proj-abc_DEF.123"),
        ("x-api-key", "x"),
        ("aws-sigv4", "AKIDEXAMPLE:wJalrXUtnFEMI/K7MDENG+bPxRfiCY"),
        ("aws-sigv4", "ASIAEXAMPLE:secret:token=="),
    ],
)
def test_a_credential_that_can_be(auth: Auth, credential: str) -> None:
    check_credential(auth, credential)


@pytest.mark.parametrize(
    ("auth", "credential"),
    [
        ("bearer", ""),
        ("bearer", "sk secret"),
        ("bearer", "sk-secret\r\nhost: evil"),
        ("bearer", "sk-sécret"),
        ("bearer", "s" * 8193),
        ("none", "sk-secret"),
        ("aws-sigv4", "sk-secret"),
        ("aws-sigv4", "a:b:c:d"),
        ("aws-sigv4", "a:"),
    ],
)
def test_a_credential_that_can_not_be_is_refused_and_not_repeated(auth: Auth, credential: str) -> None:
    with pytest.raises(UpstreamInvalid) as raised:
        check_credential(auth, credential)
    assert raised.value.field == "credential"
    assert "secret\r" not in raised.value.message
    assert "sk" not in raised.value.message.replace("risk", "")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://a.example/v1", "https://a.example/v2", True),
        ("https://a.example", "https://a.example:8443", False),
        ("https://a.example", "http://a.example", False),
        ("https://a.example", "https://a.example.evil.example", False),
    ],
)
def test_to_whom_a_credential_would_be_shown(one: str, other: str, *, same: bool) -> None:
    assert (origin_of(one) == origin_of(other)) is same


@pytest.mark.parametrize("known", KNOWN_UPSTREAMS, ids=lambda known: known.name)
def test_what_is_known_of_a_provider_can_be_kept_and_is_filed_under_its_id(known: Any) -> None:
    address = known.base_url or known.example
    wanted = settings(name=known.name, provider=known.provider, base_url=address, allow_private=known.name == "ollama")
    assert checked(wanted).base_url == address
    assert canonical_provider(known.name) == known.provider == canonical_provider(known.provider)


def test_every_open_name_is_a_known_provider() -> None:
    assert {known.name for known in KNOWN_UPSTREAMS} == OPEN_NAMES
