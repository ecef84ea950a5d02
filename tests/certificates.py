"""Certificates for servers, signed by an authority that nobody trusts."""

import datetime
import ipaddress
import shutil
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization import NoEncryption
from cryptography.hazmat.primitives.serialization import PrivateFormat
from cryptography.x509.oid import NameOID

DAY = datetime.timedelta(days=1)


@dataclass
class Certificate:
    """A certificate and its key, with the files that have them."""

    file: Path
    key_file: Path
    key: rsa.RSAPrivateKey
    name: x509.Name

    def give_to(self, user: str | None) -> None:
        """Let a user read the files, if it is not this one."""
        for path in (self.file, self.key_file):
            if user is not None:
                shutil.chown(path, user)


def certificate(
    folder: Path, name: str, authority: Certificate | None = None
) -> Certificate:
    """Make a certificate.

    :param folder: where its files are written.
    :param name: that of an authority, or the address of a server.
    :param authority: what signs it; an authority signs its own.
    """
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(authority.name if authority else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - DAY)
        .not_valid_after(now + DAY)
        .add_extension(x509.BasicConstraints(authority is None, None), critical=True)
    )
    if authority:
        address = x509.IPAddress(ipaddress.ip_address(name))
        names = x509.SubjectAlternativeName([address])
        builder = builder.add_extension(names, critical=False)

    signed = builder.sign(authority.key if authority else key, hashes.SHA256())
    made = Certificate(folder / f"{name}.pem", folder / f"{name}.key", key, subject)
    made.file.write_bytes(signed.public_bytes(Encoding.PEM))
    made.key_file.touch(0o600)
    made.key_file.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    return made
