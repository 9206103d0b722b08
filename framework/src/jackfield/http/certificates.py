"""Which certificate authorities a connection trusts, and when they are read."""

import ssl
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from jackfield.errors import BadConfig
from jackfield.files import read_foreign
from jackfield.http.network import NetworkSettings

CA_PATH = "SSL_CERT_FILE or SSL_CERT_DIR"


def demand_regular_cas(network: NetworkSettings) -> None:
    """Raise BadConfig where the CA bundle is no regular file: OpenSSL waits for a pipe, and aiohttp reads it when imported."""
    if network.ca_file is None:
        return
    try:
        read_foreign(Path(network.ca_file), what="the CA bundle", path=CA_PATH)
    except OSError as error:
        raise BadConfig(f"the CA bundle can't be read: {type(error).__name__}", path=CA_PATH) from None


def trusted(network: NetworkSettings) -> ssl.SSLContext:
    """The CAs given, else the system's, else those that come with the HTTP library."""
    try:
        if network.ca_file or network.ca_folder:
            return ssl.create_default_context(cafile=network.ca_file, capath=network.ca_folder)
    except (OSError, ssl.SSLError) as error:
        raise BadConfig(f"the CA bundle can't be read: {type(error).__name__}", path=CA_PATH) from None
    context = ssl.create_default_context()
    if not context.cert_store_stats()["x509_ca"]:
        import certifi

        context.load_verify_locations(certifi.where())
    return context


class _ReadLate(ssl.SSLContext):
    """A context that reads the system's CAs when it is first used."""

    def wrap_bio(self, *arguments: Any, **named: Any) -> ssl.SSLObject:
        self._read()
        return self.wrap_bio(*arguments, **named)

    def wrap_socket(self, *arguments: Any, **named: Any) -> ssl.SSLSocket:
        self._read()
        return self.wrap_socket(*arguments, **named)

    def _read(self) -> None:
        self.__class__ = ssl.SSLContext  # pyright: ignore[reportAttributeAccessIssue]
        self.set_default_verify_paths()


@contextmanager
def cas_read_late() -> Generator[None]:
    """Let each context that is made within the block read the system's CAs only when it is first used.

    aiohttp makes two as soon as it is imported, which takes 50 ms and is for nothing here: each connection has its own.
    Whoever else uses aiohttp finds them as it left them.
    """

    def later(self: ssl.SSLContext) -> None:
        self.__class__ = _ReadLate

    # Contexts inherit this method, so that it is seen again once this one is gone.
    ssl.SSLContext.set_default_verify_paths = later
    try:
        yield
    finally:
        del ssl.SSLContext.set_default_verify_paths
