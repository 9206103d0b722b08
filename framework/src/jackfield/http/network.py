"""The way to the network: proxies and the hosts that are reached without one.

Promises that nothing leaves this machine in the clear for a proxy elsewhere; hides how exceptions are written.
"""

from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

import msgspec

from jackfield.http.address import is_loopback


class NetworkSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Proxies by scheme of the address (``all`` for any), hosts reached without one, and a bundle of trusted CAs.

    A proxy's address may hold a password; it shows nowhere.
    """

    proxies: dict[str, str] = {}
    no_proxy: str = ""
    ca_file: str | None = None
    ca_folder: str | None = None

    def __repr__(self) -> str:
        return f"NetworkSettings(proxies for {sorted(self.proxies)}, ca_file={self.ca_file!r})"


def proxy_for(url: str, network: NetworkSettings) -> str | None:
    """The proxy through which *url* is reached, None for none; ``NO_PROXY`` as in curl, with networks (10.0.0.0/8)."""
    parts = urlsplit(url)
    proxy = network.proxies.get(parts.scheme) or network.proxies.get("all")
    if not proxy:
        return None
    host = (parts.hostname or "").rstrip(".")
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    if any(_excepts(entry.lower(), host, port) for entry in network.no_proxy.replace(",", " ").split()):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def way_to(url: str, network: NetworkSettings) -> str | None:
    """As ``proxy_for``, but straight to this machine where the request would leave it in the clear."""
    proxy = proxy_for(url, network)
    if proxy is None or not url.startswith("http:"):
        return proxy
    try:
        parts = urlsplit(proxy)
    except ValueError:
        return proxy  # it is refused when it is to be used
    outside = parts.scheme in ("http", "https") and parts.hostname and not is_loopback(parts.hostname)
    return None if outside else proxy


def _excepts(entry: str, host: str, port: int | None) -> bool:
    """Whether one entry of NO_PROXY means *host*: ``*``, a name and all below it, an address, a network; ``:port``."""
    if _holds(entry, host):
        return True
    name, colon, only_port = entry.rpartition(":")
    if colon and only_port.isdecimal():
        if port != int(only_port):
            return False
        entry = name
    entry = entry.strip("[]")
    if _holds(entry, host):
        return True
    entry = entry.lstrip("*").strip(".")
    return not entry or host == entry or host.endswith("." + entry)


def _holds(network: str, host: str) -> bool:
    try:
        return ip_address(host) in ip_network(network, strict=False)
    except ValueError:
        return False
