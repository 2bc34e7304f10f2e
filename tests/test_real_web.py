"""Web servers and TLS terminators that are configured with one process for many ports: Apache and stunnel."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from ekuscan.limits import Views
from ekuscan.model import ClientCertificate
from tests.real_servers import LIMITS, VERSIONS, Files, free_ports, program, same_chain, seen, serving_all, state

# --- Apache ---------------------------------------------------------------------------------------------------

_APACHE = """
ServerRoot {directory}
ServerName server.example
PidFile apache.pid
ErrorLog apache-error.log
DefaultRuntimeDir {directory}
Mutex posixsem
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule ssl_module {modules}/mod_ssl.so
StartServers 1
ServerLimit 1
ThreadsPerChild 8
MaxRequestWorkers 8
MinSpareThreads 1
DocumentRoot /usr/share/apache2/default-site
User nobody
Group nogroup
"""

_APACHE_HOST = """
Listen 127.0.0.1:{port}
<VirtualHost 127.0.0.1:{port}>
  SSLEngine on
  SSLProtocol TLSv{version}
  SSLCertificateFile {chain}
  SSLCertificateKeyFile {key}
  SSLCACertificateFile {clients}
  SSLVerifyDepth 3
  {verify}
</VirtualHost>
"""

SERVER_LEVEL = {
    "SSLVerifyClient none": ClientCertificate("none"),
    "SSLVerifyClient optional": ClientCertificate("optional"),
    "SSLVerifyClient optional_no_ca": ClientCertificate("optional"),
    "SSLVerifyClient require": ClientCertificate("required", "alert"),
}
_LOCATION = '<Location "/">\n    SSLVerifyClient {}\n  </Location>'
PER_LOCATION = {
    _LOCATION.format("optional"): ClientCertificate("optional", late=True),
    _LOCATION.format("require"): ClientCertificate("required", "alert", late=True),
}


@pytest.fixture(scope="module")
def apache(files):
    ports = free_ports(product(VERSIONS, (*SERVER_LEVEL, *PER_LOCATION)))
    modules = Path("/usr/lib/apache2/modules")
    settings = files.directory / "apache.conf"
    settings.write_text(
        _APACHE.format(directory=files.directory, modules=modules)
        + "".join(
            _APACHE_HOST.format(
                port=port, version=version, verify=verify, chain=files.chain, key=files.key, clients=files.clients
            )
            for (version, verify), port in ports.items()
        )
    )
    command = (program("apache2"), "-f", settings, "-DFOREGROUND")
    with serving_all(ports.values(), *command, log=files.directory / "apache.log"):
        yield ports


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("verify", SERVER_LEVEL)
def test_apache(apache, version, verify):
    port = apache[version, verify]
    found = seen(port, "https")
    assert same_chain(found, port, version)
    assert state(found) == SERVER_LEVEL[verify]


# In TLS 1.2 it answers our GET with a HelloRequest, in TLS 1.3 with a CertificateRequest after the handshake. Its
# refusal is the alert of the second handshake, 40 or 116, and no page.
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("verify", PER_LOCATION, ids=["optional", "require"])
def test_apache_that_asks_once_it_knows_the_page(apache, version, verify):
    port = apache[version, verify]
    at_first, later = seen(port, "https"), seen(port, "https", replace(LIMITS, views=Views(late=True)))
    assert same_chain(at_first, port, version)
    assert later.presented == at_first.presented
    assert (state(at_first), state(later)) == (ClientCertificate("none"), PER_LOCATION[verify])
    alert = {"1.2": 40, "1.3": 116}[version]
    refused = PER_LOCATION[verify].request == "required"
    assert [one.number for one in later.sights[0].alerts] == ([alert] if refused else [])


# --- stunnel --------------------------------------------------------------------------------------------------

_STUNNEL = """
foreground = yes
pid =
syslog = no
"""

_STUNNEL_SERVICE = """
[{port}]
accept = 127.0.0.1:{port}
exec = /bin/cat
cert = {both}
CAfile = {clients}
sslVersion = TLSv{version}
{verify}
"""

LEVELS = {
    "": ClientCertificate("none"),
    "verify = 0": ClientCertificate("optional"),
    "verify = 1": ClientCertificate("optional"),
    "verify = 2": ClientCertificate("required", "alert"),
    "verify = 3": ClientCertificate("required", "alert"),
    "verifyChain = yes": ClientCertificate("required", "alert"),
}


@pytest.fixture(scope="module")
def stunnel(files: Files):
    ports = free_ports(product(VERSIONS, LEVELS))
    settings = files.directory / "stunnel.conf"
    settings.write_text(
        _STUNNEL
        + "".join(
            _STUNNEL_SERVICE.format(port=port, version=version, verify=verify, both=files.both, clients=files.clients)
            for (version, verify), port in ports.items()
        )
    )
    with serving_all(ports.values(), program("stunnel4"), settings, log=files.directory / "stunnel.log"):
        yield ports


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("verify", LEVELS)
def test_stunnel(stunnel, version, verify):
    port = stunnel[version, verify]
    found = seen(port)
    assert same_chain(found, port, version)
    assert state(found) == LEVELS[verify]
