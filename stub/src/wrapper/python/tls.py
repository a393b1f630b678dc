"""[1] TLS connections. At first only Amazon's own authorities are loaded, which sign for its services: loading all 140 of the
system takes 40 ms of every cold start. If they do not suffice, all are loaded.
"""

import os
import socket
import ssl
import threading

#: The system's certificates, for a build of OpenSSL that does not know their path.
bundles = ("/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/certs/ca-certificates.crt")
#: What precedes each of Amazon's certificates in the bundles of Amazon Linux.
label = "# Amazon Root CA "
end = "-----END CERTIFICATE-----"

_lock = threading.Lock()
#: Amazon's own authorities; None if they were not found or did not suffice.
_few = None
_all = None
_is_prepared = False


def connected(name, port, bound):
    """A connection whose other end has proven its name."""
    global _few
    context = authorities()
    try:
        return handshake(context, name, port, bound)
    except ssl.SSLCertVerificationError:
        with _lock:
            if context is not _few:
                raise
            _few = None
    return handshake(authorities(), name, port, bound)


def handshake(context, name, port, bound):
    connection = socket.create_connection((name, port), bound)
    try:
        return context.wrap_socket(connection, server_hostname=name)
    except Exception:
        connection.close()
        raise


def authorities():
    global _few, _all, _is_prepared
    with _lock:
        if not _is_prepared:
            _few, _is_prepared = amazons(), True
        if _few is None and _all is None:
            _all = every()
        return _few or _all


def amazons():
    if os.environ.get("AWS_CA_BUNDLE"):
        return None
    for bundle in (os.environ.get("SSL_CERT_FILE"), *bundles):
        try:
            with open(bundle or "", encoding="utf-8", errors="replace") as file:
                parts = file.read().split(end)
        except OSError:
            continue
        found = [part[part.index(label) :] + end + "\n" for part in parts if label in part]
        if found:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.load_verify_locations(cadata="".join(found))
            return context
    return None


def every():
    context = ssl.create_default_context(cafile=os.environ.get("AWS_CA_BUNDLE") or None)
    for bundle in bundles:
        if context.cert_store_stats()["x509_ca"] == 0 and os.path.exists(bundle):
            context.load_verify_locations(bundle)
    return context
