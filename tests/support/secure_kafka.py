"""A real Kafka that wants TLS, certificates or passwords, with a certificate authority of its own."""

from __future__ import annotations

import ipaddress
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from string import Template

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.support.kafka import FILES, Broker, fetch_jars, format_broker, new_cluster_id
from tests.support.service import free_port

USER, LIMITED, PASSWORD = "publisher", "limited", "correct-horse-battery"
LISTENERS = ("INNER", "MUTUAL", "EXPIRED", "SASL", "SASLPLAIN")
PEM = serialization.Encoding.PEM


@dataclass(frozen=True)
class SecureKafka:
    """The ports of the listeners by name, and the folder with the files of clients.

    ca.crt: whom to trust. client.crt and client.key: a client's own. stranger.crt: an authority that signed nothing.
    """

    folder: Path
    ports: dict[str, int]

    def url(self, listener: str, scheme: str = "kafka+ssl") -> str:
        return f"{scheme}://127.0.0.1:{self.ports[listener]}"

    def file(self, name: str) -> str:
        return str(self.folder / name)


@contextmanager
def secure_kafka() -> Iterator[SecureKafka]:
    """A broker with one listener per way to be secure; INNER is plain."""
    fetch_jars()
    with tempfile.TemporaryDirectory(prefix="secure-kafka-") as name:
        folder = Path(name)
        _write_certificates(folder)
        ports = {listener: free_port() for listener in LISTENERS}
        places = {
            **ports,
            "CONTROLLER": free_port(),
            "FOLDER": folder,
            "USER": USER,
            "LIMITED": LIMITED,
            "PASSWORD": PASSWORD,
        }
        properties = Template((FILES / "secure.properties").read_text()).substitute(places)
        users = [
            argument
            for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-512")
            for user in (USER, LIMITED)
            for argument in ("--add-scram", f"{mechanism}=[name={user},password={PASSWORD}]")
        ]
        broker: Broker = format_broker(folder, ports["INNER"], properties, new_cluster_id(), *users)
        try:
            broker.start()
            yield SecureKafka(folder, ports)
        finally:
            broker.stop()


def _write_certificates(folder: Path) -> None:
    authority, stranger = _Authority("the tests' authority"), _Authority("a stranger")
    (folder / "ca.crt").write_bytes(authority.certificate.public_bytes(PEM))
    (folder / "stranger.crt").write_bytes(stranger.certificate.public_bytes(PEM))
    for name, is_expired in (("broker", False), ("expired", True), ("client", False)):
        certificate, key = authority.issue(name, is_expired=is_expired)
        (folder / f"{name}.crt").write_bytes(certificate)
        (folder / f"{name}.key").write_bytes(key)
        (folder / f"{name}.pem").write_bytes(key + certificate)


class _Authority:
    def __init__(self, name: str) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _named(name)
        constraints = x509.BasicConstraints(ca=True, path_length=None)
        signs = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        builder = _builder(self._name, self._name, self._key, is_expired=False)
        builder = builder.add_extension(constraints, critical=True).add_extension(signs, critical=True)
        self.certificate = builder.sign(self._key, hashes.SHA256())

    def issue(self, name: str, *, is_expired: bool) -> tuple[bytes, bytes]:
        """Certificate and key (PKCS 8) of someone at 127.0.0.1."""
        key = ec.generate_private_key(ec.SECP256R1())
        at_home = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        builder = _builder(_named(name), self._name, key, is_expired=is_expired).add_extension(at_home, critical=False)
        certificate = builder.sign(self._key, hashes.SHA256())
        private = key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        return certificate.public_bytes(PEM), private


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, *, is_expired: bool
) -> x509.CertificateBuilder:
    ends = datetime.now(UTC) + timedelta(days=-1 if is_expired else 30)
    return x509.CertificateBuilder(
        issuer_name=issuer,
        subject_name=subject,
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=ends - timedelta(days=60),
        not_valid_after=ends,
    )
