"""The usual variables of the environment for the way to the network."""

from collections.abc import Mapping

from jackfield.config.secrets import demand_text
from jackfield.http.network import NetworkSettings


def network_settings(environ: Mapping[str, str]) -> NetworkSettings:
    """Proxies (``HTTP_PROXY``, ``HTTPS_PROXY``, ``ALL_PROXY``, ``NO_PROXY``) and CAs (``SSL_CERT_FILE``, ``SSL_CERT_DIR``).

    Names in small letters go first, as in curl; an empty value is none.
    """

    def given(name: str) -> str:
        variable = name if environ.get(name) else name.upper()
        return demand_text(environ.get(variable) or "", variable)

    proxies = {scheme: given(f"{scheme}_proxy") for scheme in ("http", "https", "all")}
    return NetworkSettings(
        proxies={scheme: address for scheme, address in proxies.items() if address},
        no_proxy=given("no_proxy"),
        ca_file=environ.get("SSL_CERT_FILE") or None,
        ca_folder=environ.get("SSL_CERT_DIR") or None,
    )
