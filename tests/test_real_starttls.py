"""Servers in whose protocols TLS starts late, and the same servers on ports where it starts at once."""

from __future__ import annotations

import getpass
import grp
import os
import shutil
import subprocess
from itertools import product
from pathlib import Path

import pytest

from ekuscan.model import ClientCertificate, Observation
from tests.loopback import free_port
from tests.real_servers import (
    REQUESTS,
    VERSIONS,
    free_ports,
    program,
    same_chain,
    seen,
    serving_all,
    state,
    unavailable,
)

AS_ROOT = os.geteuid() == 0

# What s_client is told, by the protocol of ours.
STARTTLS = {
    "xmpp-client": ("-starttls", "xmpp", "-xmpphost", "127.0.0.1"),
    "xmpp-server": ("-starttls", "xmpp-server", "-xmpphost", "127.0.0.1"),
    "smtp": ("-starttls", "smtp"),
    "imap": ("-starttls", "imap"),
    "ldap": ("-starttls", "ldap"),
    "postgresql": ("-starttls", "postgres"),
    "tls": (),
}


def undecided(found: Observation) -> bool:
    """Whether the peer asked for a certificate, and nothing has shown what it makes of none."""
    (sight,) = found.sights
    return (found.status, sight.client_certificate.request) == ("partial", "unknown")


# --- Prosody --------------------------------------------------------------------------------------------------

_PROSODY = """
run_as_root = true
daemonize = false
pidfile = "{directory}/prosody.pid"
data_path = "{directory}"
log = {{ {{ levels = {{ min = "info" }}, to = "console" }} }}
interfaces = {{ "127.0.0.1" }}
c2s_ports = {{ {ports[xmpp-client]} }}
c2s_direct_tls_ports = {{ {ports[client-tls]} }}
s2s_ports = {{ {ports[xmpp-server]} }}
s2s_direct_tls_ports = {{ {ports[server-tls]} }}
modules_enabled = {{ "tls", "saslauth", "s2s" }}
modules_disabled = {{ "admin_shell", "http", "offline" }}
ssl = {{ certificate = "{chain}", key = "{key}", cafile = "{clients}", protocol = "tlsv{protocol}" }}
c2s_ssl = {{ verify = {verify} }}
c2s_direct_tls_ssl = {{ verify = {verify} }}
VirtualHost "127.0.0.1"
"""

_PROSODY_VERIFY = {"none": '"none"', "optional": '"peer"', "required": '{ "peer", "fail_if_no_peer_cert" }'}


@pytest.fixture(scope="module", params=product(VERSIONS, REQUESTS), ids="-".join)
def prosody(files, request):
    """Version, what it asks of clients, and its ports."""
    version, asking = request.param
    ports = free_ports(("xmpp-client", "client-tls", "xmpp-server", "server-tls"))
    settings = files.directory / "prosody.cfg.lua"
    settings.write_text(
        _PROSODY.format(
            directory=files.directory,
            chain=files.chain,
            key=files.key,
            clients=files.clients,
            protocol=version.replace(".", "_"),
            verify=_PROSODY_VERIFY[asking],
            ports=ports,
        )
    )
    command = (program("prosody"), "-F", "--config", settings)
    with serving_all(ports.values(), *command, log=files.directory / "prosody.log"):
        yield version, asking, ports


@pytest.mark.parametrize(("listener", "protocol"), [("xmpp-client", "xmpp-client"), ("client-tls", "tls")])
def test_prosody_to_clients(prosody, listener, protocol):
    version, asking, ports = prosody
    found = seen(ports[listener], protocol)
    assert same_chain(found, ports[listener], version, *STARTTLS[protocol])
    assert state(found) == ClientCertificate(asking, "alert" if asking == "required" else None)


# Servers are always asked for one, whatever clients are.
@pytest.mark.parametrize(("listener", "protocol"), [("xmpp-server", "xmpp-server"), ("server-tls", "tls")])
def test_prosody_to_servers(prosody, listener, protocol):
    version, _, ports = prosody
    found = seen(ports[listener], protocol)
    assert same_chain(found, ports[listener], version, *STARTTLS[protocol])
    assert state(found) == ClientCertificate("optional")


# --- Postfix --------------------------------------------------------------------------------------------------

_POSTFIX = """
compatibility_level = 3.6
queue_directory = {queue}
data_directory = {data}
maillog_file = /dev/stdout
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = server.example
mydestination =
local_transport = error
local_recipient_maps =
alias_maps =
alias_database =
smtpd_relay_restrictions = reject
smtpd_recipient_restrictions = reject
smtpd_tls_security_level = encrypt
smtpd_tls_chain_files = {key}, {chain}
smtpd_tls_CAfile = {clients}
smtpd_tls_session_cache_database =
"""

_POSTFIX_SERVICE = """
127.0.0.1:{port} inet n - n - - smtpd
  -o smtpd_tls_mandatory_protocols=TLSv{version}
  -o smtpd_tls_wrappermode={wrapped}
  -o smtpd_tls_{asking}=yes
"""

# The first changes nothing here.
_POSTFIX_ASKING = {"none": "always_issue_session_ids", "optional": "ask_ccert", "required": "req_ccert"}

_POSTFIX_OWN = """
tlsmgr unix - - n 1000? 1 tlsmgr
anvil unix - - n - 1 anvil
rewrite unix - - n - - trivial-rewrite
cleanup unix n - n - 0 cleanup
postlog unix-dgram n - n - 1 postlogd
"""


@pytest.fixture(scope="module")
def postfix(files):
    """The port of each version, request and protocol."""
    master = program("/usr/lib/postfix/sbin/master")
    if not AS_ROOT:
        unavailable("Postfix starts as root only")
    ports = free_ports([*product(VERSIONS, REQUESTS, ["smtp"]), *product(VERSIONS, ("none", "optional"), ["tls"])])
    settings, queue, data = (files.directory / name for name in ("postfix", "queue", "data"))
    owned = (data, *(queue / name for name in ("private", "public", "incoming", "active", "deferred")))
    for directory in (settings, queue, queue / "pid", *owned):
        directory.mkdir()
    for directory in owned:
        shutil.chown(directory, "postfix")
    services = (
        _POSTFIX_SERVICE.format(
            port=port,
            version=version,
            wrapped="yes" if protocol == "tls" else "no",
            asking=_POSTFIX_ASKING[asking],
        )
        for (version, asking, protocol), port in ports.items()
    )
    (settings / "main.cf").write_text(
        _POSTFIX.format(queue=queue, data=data, key=files.key, chain=files.chain, clients=files.clients)
    )
    (settings / "master.cf").write_text("".join(services) + _POSTFIX_OWN)
    with serving_all(ports.values(), master, "-d", "-c", settings, log=files.directory / "postfix.log"):
        yield ports


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("asking", ["none", "optional"])
@pytest.mark.parametrize("protocol", ["smtp", "tls"])
def test_postfix(postfix, version, asking, protocol):
    port = postfix[version, asking, protocol]
    found = seen(port, protocol)
    assert same_chain(found, port, version, *STARTTLS[protocol])
    assert state(found) == ClientCertificate(asking)


# It completes the handshake, in TLS 1.3 with tickets, and refuses what comes first after it.
@pytest.mark.parametrize("version", VERSIONS)
def test_postfix_that_demands_a_certificate(postfix, version):
    port = postfix[version, "required", "smtp"]
    found = seen(port, "smtp")
    assert same_chain(found, port, version, *STARTTLS["smtp"])
    assert state(found) == ClientCertificate("required", "smtp")


# --- OpenLDAP -------------------------------------------------------------------------------------------------

_SLAPD = """
include /etc/ldap/schema/core.schema
pidfile {directory}/slapd.pid
argsfile {directory}/slapd.args
TLSCertificateFile {chain}
TLSCertificateKeyFile {key}
TLSCACertificateFile {clients}
TLSVerifyClient {verify}
TLSCipherSuite NORMAL:-VERS-ALL:+VERS-TLS{version}
"""


@pytest.fixture(scope="module", params=product(VERSIONS, ("never", "allow", "try", "demand")), ids="-".join)
def slapd(files, request):
    """Version, TLSVerifyClient, and the ports."""
    version, verify = request.param
    ports = free_ports(("ldap", "tls"))
    settings = files.directory / "slapd.conf"
    settings.write_text(
        _SLAPD.format(
            directory=files.directory,
            version=version,
            verify=verify,
            chain=files.chain,
            key=files.key,
            clients=files.clients,
        )
    )
    places = f"ldap://127.0.0.1:{ports['ldap']} ldaps://127.0.0.1:{ports['tls']}"
    command = (program("slapd"), "-d", "0", "-h", places, "-f", settings)
    with serving_all(ports.values(), *command, log=files.directory / "slapd.log"):
        yield version, verify, ports


# Debian's is made with GnuTLS: it refuses by closing the connection, without an alert, and sends no ticket. So in TLS
# 1.3 its consent shows only where it is asked something.
@pytest.mark.parametrize("protocol", ["ldap", "tls"])
def test_slapd(slapd, protocol):
    version, verify, ports = slapd
    found = seen(ports[protocol], protocol)
    assert same_chain(found, ports[protocol], version, *STARTTLS[protocol])
    if verify == "never":
        assert state(found) == ClientCertificate("none")
    elif verify == "demand":
        assert state(found) == ClientCertificate("required", "close")
    elif version == "1.3" and protocol == "tls":
        assert undecided(found)
    else:
        assert state(found) == ClientCertificate("optional")


# --- Dovecot --------------------------------------------------------------------------------------------------

_DOVECOT = """
base_dir = {directory}/dovecot
state_dir = {directory}/dovecot
log_path = /dev/stderr
protocols = imap
listen = 127.0.0.1
default_internal_user = {internal}
default_internal_group = {group}
default_login_user = {login}
import_environment = OPENSSL_CONF={newest}
ssl = required
ssl_cert = <{chain}
ssl_key = <{key}
ssl_ca = <{clients}
ssl_min_protocol = TLSv{version}
ssl_verify_client_cert = {verify}
auth_ssl_require_client_cert = {verify}
passdb {{
  driver = static
  args = nopassword=y
}}
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {ports[imap]}
  }}
  inet_listener imaps {{
    port = {ports[tls]}
    ssl = yes
  }}
}}
"""

# It cannot be told a newest version; OpenSSL can, for any program.
_OPENSSL = """
openssl_conf = settings
[settings]
ssl_conf = contexts
[contexts]
system_default = newest
[newest]
MaxProtocol = TLSv{version}
"""


@pytest.fixture(scope="module", params=product(VERSIONS, ("no", "yes")), ids="-".join)
def dovecot(files, request):
    """Version, ssl_verify_client_cert, and the ports."""
    version, verify = request.param
    ports = free_ports(("imap", "tls"))
    settings, newest = files.directory / "dovecot.conf", files.directory / "openssl.cnf"
    newest.write_text(_OPENSSL.format(version=version))
    settings.write_text(
        _DOVECOT.format(
            directory=files.directory,
            internal="dovecot" if AS_ROOT else getpass.getuser(),
            group="dovecot" if AS_ROOT else grp.getgrgid(os.getegid()).gr_name,
            login="dovenull" if AS_ROOT else getpass.getuser(),
            newest=newest,
            chain=files.chain,
            key=files.key,
            clients=files.clients,
            version=version,
            verify=verify,
            ports=ports,
        )
    )
    command = (program("dovecot"), "-F", "-c", settings)
    with serving_all(ports.values(), *command, log=files.directory / "dovecot.log"):
        yield version, verify, ports


# Where a certificate is demanded, that is of those who log in: TLS goes on without one.
@pytest.mark.parametrize("protocol", ["imap", "tls"])
def test_dovecot(dovecot, protocol):
    version, verify, ports = dovecot
    found = seen(ports[protocol], protocol)
    assert same_chain(found, ports[protocol], version, *STARTTLS[protocol])
    assert state(found) == ClientCertificate("optional" if verify == "yes" else "none")


# --- PostgreSQL -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cluster(files):
    """The server's program, its data, its key and its account. It refuses to run as root, and others' keys."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    programs = found[-1] if found else Path("/usr/lib/postgresql/15/bin")
    account = "postgres" if AS_ROOT else None
    home, key = files.directory / "postgresql", files.directory / "postgresql" / "key.pem"
    home.mkdir()
    shutil.copyfile(files.key, key)
    key.chmod(0o600)
    if account is not None:
        shutil.chown(home, account)
        shutil.chown(key, account)
    command = (program(str(programs / "initdb")), "--no-sync", "--auth=reject", "--encoding=UTF8", "--locale=C")
    subprocess.run((*command, "-D", home / "data"), user=account, capture_output=True, timeout=60, check=True)
    (home / "data" / "pg_hba.conf").write_text("hostssl all all 127.0.0.1/32 trust clientcert=verify-ca\n")
    return programs / "postgres", home / "data", key, account


# It asks as soon as it has CAs for clients. What pg_hba.conf demands it says to those who log in: TLS goes on without
# a certificate.
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("asking", [False, True])
def test_postgresql(files, cluster, version, asking):
    postgres, data, key, account = cluster
    port = free_port()
    settings = {
        "port": port,
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "ssl": "on",
        "ssl_cert_file": files.chain,
        "ssl_key_file": key,
        "ssl_ca_file": files.clients if asking else "",
        "ssl_min_protocol_version": f"TLSv{version}",
        "ssl_max_protocol_version": f"TLSv{version}",
        "fsync": "off",
    }
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    log = files.directory / "postgresql.log"
    with serving_all((port,), postgres, "-D", data, *options, log=log, account=account):
        found = seen(port, "postgresql")
        assert same_chain(found, port, version, *STARTTLS["postgresql"])
    assert state(found) == ClientCertificate("optional" if asking else "none")
