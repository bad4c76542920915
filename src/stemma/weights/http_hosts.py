"""Which hosts a redirect may lead to.

- Credentials go to the origin they were meant for and to no other.
- A public server may not send the reader to a loopback, private or link-local address: that would let a
  hostile hub look into the network of whoever reads from it. Where the first address is itself private (a
  mirror inside a company, a test hub) redirects are free.
- A redirect from https never falls back to http.

Names are looked up before the connection is made; one that resolves differently a moment later is not
caught.
"""

from __future__ import annotations

import ipaddress
import socket

import httpx

from stemma.errors import BadReference, SourceError

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_DEFAULT_PORTS = {"http": 80, "https": 443}


def parsed(url: str) -> httpx.URL:
    """An address taken apart.

    Raises:
        BadReference: it cannot be one.
    """
    try:
        address = httpx.URL(url)
        address.host  # noqa: B018 names in Punycode are decoded only now
    except (httpx.InvalidURL, UnicodeError) as error:
        raise BadReference(f"{url[:200]!r} is no address: {error}.", advice="Check its host.") from error
    return address


def origin(url: httpx.URL) -> tuple[str, str, int]:
    """Scheme, host and port of an address."""
    return url.scheme, url.host.lower(), url.port or _DEFAULT_PORTS.get(url.scheme, 0)


def shown(url: httpx.URL | str) -> str:
    """The address as it may stand in a message: without credentials, query (signatures) and fragment."""
    address = httpx.URL(str(url))
    return str(address.copy_with(userinfo=b"", query=None, fragment=None))


def is_private_address(text: str) -> bool:
    """Whether an IP address is not one of the public internet (embedded IPv4 addresses are unpacked)."""
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        if address in _NAT64:
            return is_private_address(str(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)))
        embedded = address.ipv4_mapped or address.sixtofour
        if embedded is not None:
            return is_private_address(str(embedded))
    return not address.is_global or address.is_multicast


def is_private_host(host: str) -> bool:
    """Whether any address of a host is private; a name that does not resolve here counts as public."""
    name = host.strip("[]").rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return is_private_address(name)
    except ValueError:
        pass
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return False
    return any(is_private_address(str(entry[4][0])) for entry in found)


def check_redirect(first: httpx.URL, here: httpx.URL, target: httpx.URL) -> None:
    """Refuse a redirect that the rules above forbid.

    Raises:
        SourceError: another scheme than http(s), a fall from https to http, or public to private.
    """
    advice = "Check the address; a server that redirects like this is broken or hostile."
    if target.scheme not in _DEFAULT_PORTS or not target.host:
        raise SourceError(f"{shown(here)} redirects to {shown(target)!r}, expected http(s).", advice=advice)
    if here.scheme == "https" and target.scheme == "http":
        raise SourceError(f"{shown(here)} redirects from https to plain http ({shown(target)}).", advice=advice)
    if origin(first) == origin(target):
        return
    if is_private_host(target.host) and not is_private_host(first.host):
        raise SourceError(
            f"{shown(here)} is public and redirects to the private address {shown(target)}; that is refused.",
            advice=advice,
        )
