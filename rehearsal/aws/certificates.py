"""Certificates of one rehearsal: an authority for the load balancer, one for peers, and what they sign.

usage: certificates.py FOLDER HOST [HOST ...] [--outside NAME [NAME ...]]
Writes PEM files: authority.pem and server.pem (certificate, then key) for the hosts and 127.0.0.1;
expired.pem, the same that ended yesterday; outside.pem for the names; peer-authority.pem and
peer.pem for a client. They last two days and are useless elsewhere.
"""

import datetime
import ipaddress
import pathlib
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

# The name by which variable mutual_tls knows the peer (../terraform/variables.ts).
PEER = "peer.lornu.example"
LIFE = datetime.timedelta(days=2)


def named(common_name):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def issue(common_name, issuer, authority, extensions, life=LIFE):
    """A certificate and its key; self-signed when the issuer is None."""
    key = ec.generate_private_key(ec.SECP256R1())
    issuer_name, issuer_key = (issuer[0].subject, issuer[1]) if issuer else (named(common_name), key)
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(named(common_name))
        .issuer_name(issuer_name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        # An hour back: a clock that was set just now must not refuse it.
        .not_valid_before(now - datetime.timedelta(hours=1) + min(life, datetime.timedelta()) * 2)
        .not_valid_after(now + life)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=0 if authority else None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(issuer_key, hashes.SHA256()), key


def pem(certificate, key=None):
    content = certificate.public_bytes(serialization.Encoding.PEM)
    if key is not None:
        content += key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    return content


def issue_server(authority, names, life=LIFE):
    extensions = [x509.SubjectAlternativeName(names), x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])]
    return issue(names[0].value, authority, False, extensions, life)


def write_all(folder, hosts, outside):
    authority = issue("Lornu rehearsal", None, True, [])
    names = [x509.DNSName(host) for host in hosts] + [x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    server = issue_server(authority, names)
    peers = issue("Lornu rehearsal peers", None, True, [])
    peer = issue(
        PEER,
        peers,
        False,
        [
            x509.SubjectAlternativeName([x509.DNSName(PEER)]),
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]),
        ],
    )
    files = {
        "authority.pem": pem(authority[0]),
        "server.pem": pem(*server),
        "expired.pem": pem(*issue_server(authority, names, -datetime.timedelta(days=1))),
        "outside.pem": pem(*issue_server(authority, [x509.DNSName(name) for name in outside or hosts] + names[-1:])),
        "peer-authority.pem": pem(peers[0]),
        "peer.pem": pem(*peer),
    }
    for name, content in files.items():
        path = folder / name
        path.touch(mode=0o600)
        path.write_bytes(content)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    _, folder, *names = sys.argv
    end = names.index("--outside") if "--outside" in names else len(names)
    write_all(pathlib.Path(folder), names[:end], names[end + 1 :])
