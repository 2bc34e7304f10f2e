"""Servers that are not ours: the same chain as ``openssl s_client -showcerts`` sees, and the right request state."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace

import pytest

from ekuscan.model import ClientCertificate
from tests.loopback import free_port
from tests.real_servers import LIMITS, REQUESTS, VERSIONS, Files, free_ports, program, same_chain, seen, serving, state

# --- openssl s_server -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("request_state", REQUESTS)
@pytest.mark.parametrize("names", [True, False])
def test_openssl(files, version, request_state, names):
    port = free_port()
    asking = {"none": (), "optional": ("-verify", "3"), "required": ("-Verify", "3")}[request_state]
    trusting = ("-CAfile", files.clients) if names else ()
    command = (program("openssl"), "s_server", "-accept", f"127.0.0.1:{port}", "-quiet", *asking, *trusting)
    with serving(
        port,
        *command,
        *("-cert", files.leaf, "-cert_chain", files.issuer, "-key", files.key, f"-tls{version.replace('.', '_')}"),
        log=files.directory / "openssl.log",
    ):
        found = seen(port)
        assert same_chain(found, port, version)
    refused_by = "alert" if request_state == "required" else None
    assert state(found) == ClientCertificate(request_state, refused_by)
    wanted = ("CN=Server Root,O=Test",) if names and request_state != "none" else ()
    assert found.sights[0].client_certificate.ca_names == wanted
    alert = {"1.2": 40, "1.3": 116}[version]
    assert [one.number for one in found.sights[0].alerts] == ([alert] if refused_by else [])


# --- nginx ----------------------------------------------------------------------------------------------------


def nginx(files: Files, port: int, version: str, verify: str) -> str:
    return f"""
daemon off;
master_process off;
error_log {files.directory}/nginx-error.log;
pid {files.directory}/nginx.pid;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path {files.directory}/nginx-body;
  proxy_temp_path {files.directory}/nginx-proxy;
  fastcgi_temp_path {files.directory}/nginx-fastcgi;
  uwsgi_temp_path {files.directory}/nginx-uwsgi;
  scgi_temp_path {files.directory}/nginx-scgi;
  server {{
    listen 127.0.0.1:{port} ssl;
    ssl_protocols TLSv{version};
    ssl_certificate {files.chain};
    ssl_certificate_key {files.key};
    ssl_client_certificate {files.clients};
    ssl_verify_depth 3;
    ssl_verify_client {verify};
    location / {{ return 200 "hello"; }}
  }}
}}
"""


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("verify", "wanted"),
    [
        ("off", ClientCertificate("none")),
        ("optional", ClientCertificate("optional")),
        ("optional_no_ca", ClientCertificate("optional")),
        ("on", ClientCertificate("required", "http")),
    ],
)
def test_nginx(files, version, verify, wanted):
    port = free_port()
    settings = files.directory / "nginx.conf"
    settings.write_text(nginx(files, port, version, verify))
    with serving(port, program("nginx"), "-c", settings, "-p", files.directory, log=files.directory / "nginx.log"):
        found = seen(port, "https")
        assert same_chain(found, port, version)
    assert state(found) == wanted


# --- Kamailio -------------------------------------------------------------------------------------------------

_KAMAILIO = """
debug=1
log_stderror=yes
children=1
tcp_children=1
enable_tls=yes
listen=tls:127.0.0.1:{port}
listen=udp:127.0.0.1:{port}
loadmodule "tls.so"
loadmodule "sl.so"
loadmodule "pv.so"
modparam("tls", "config", "{directory}/tls.cfg")
server_header="Server: Cisco-CUCM14.0"
request_route {{
  sl_send_reply("200", "Keepalive");
}}
"""

_KAMAILIO_TLS = """
[server:default]
method = {method}
certificate = {chain}
private_key = {key}
ca_list = {clients}
verify_certificate = {verify}
require_certificate = {require}
"""


@contextlib.contextmanager
def kamailio(files: Files, version: str, verify: bool, require: bool) -> Iterator[int]:
    port = free_port()
    answers = {True: "yes", False: "no"}
    (files.directory / "tls.cfg").write_text(
        _KAMAILIO_TLS.format(
            # Its word for TLS 1.3 alone came later; this one takes the newest that both know.
            method={"1.2": "TLSv1.2", "1.3": "TLSv1.2+"}[version],
            chain=files.chain,
            key=files.key,
            clients=files.clients,
            verify=answers[verify],
            require=answers[require],
        )
    )
    settings = files.directory / "kamailio.cfg"
    settings.write_text(_KAMAILIO.format(port=port, directory=files.directory))
    running = files.directory / "kamailio-run"
    running.mkdir(exist_ok=True)
    command = (program("kamailio"), "-DD", "-E", "-m", "32", "-M", "8", "-f", settings, "-Y", running)
    with serving(port, *command, log=files.directory / "kamailio.log"):
        yield port


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("request_state", REQUESTS)
def test_kamailio(files, version, request_state):
    with kamailio(files, version, request_state != "none", request_state == "required") as port:
        found = seen(port, "sips")
        assert same_chain(found, port, version)
    refused_by = "alert" if request_state == "required" else None
    assert state(found) == ClientCertificate(request_state, refused_by)
    if refused_by is None:
        assert (found.banner.product, found.banner.release) == ("cucm", "14.0")


def test_kamailio_over_udp(files):
    with kamailio(files, "1.2", False, False) as port:
        found = seen(port, "sip-udp")
    assert (found.status, found.banner.release) == ("seen", "14.0")


# --- GnuTLS ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        (("--disable-client-cert",), ClientCertificate("none")),
        ((), ClientCertificate("optional")),
        (("--require-client-cert",), ClientCertificate("required", "alert")),
    ],
)
def test_gnutls(files, version, options, wanted):
    port = free_port()
    priority = f"NORMAL:-VERS-ALL:+VERS-TLS{version}"
    with serving(
        port,
        *(program("gnutls-serv"), "--echo", "--port", str(port), "--priority", priority, *options),
        *("--x509certfile", files.chain, "--x509keyfile", files.key, "--x509cafile", files.clients),
        log=files.directory / "gnutls.log",
    ):
        found = seen(port)
        assert same_chain(found, port, version)
    assert state(found) == wanted


def test_gnutls_without_tickets_is_undecided_until_it_answers(files):
    port = free_port()
    command = (program("gnutls-serv"), "--echo", "--noticket", "--port", str(port))
    with serving(
        port,
        *(*command, "--priority", "NORMAL:-VERS-ALL:+VERS-TLS1.3"),
        *("--x509certfile", files.chain, "--x509keyfile", files.key, "--x509cafile", files.clients),
        log=files.directory / "gnutls.log",
    ):
        silent, spoken_to = seen(port), seen(port, "sips", replace(LIMITS, answer=0.3))
    assert (silent.status, silent.failure.reason) == ("partial", "request-undecided")
    # It echoes our OPTIONS: no SIP answer, but application data.
    assert state(spoken_to) == ClientCertificate("optional")


# --- HAProxy --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("request_state", REQUESTS)
def test_haproxy(files, version, request_state):
    port = free_port()
    asking = "" if request_state == "none" else f"ca-file {files.clients} verify {request_state}"
    settings = files.directory / "haproxy.cfg"
    settings.write_text(
        f"""
global
  stats timeout 5s
defaults
  mode http
  timeout client 5s
  timeout server 5s
  timeout connect 5s
frontend front
  bind 127.0.0.1:{port} ssl crt {files.both} ssl-min-ver TLSv{version} ssl-max-ver TLSv{version} {asking}
  http-request return status 200 content-type text/plain string hello
"""
    )
    with serving(port, program("haproxy"), "-db", "-f", settings, log=files.directory / "haproxy.log"):
        found = seen(port, "https")
        assert same_chain(found, port, version)
    refused_by = "alert" if request_state == "required" else None
    assert state(found) == ClientCertificate(request_state, refused_by)


# --- coturn ---------------------------------------------------------------------------------------------------


# As long as plain TCP is allowed on the port for TLS too, it looks at the first bytes and speaks TLS 1.2 at most.
@pytest.mark.parametrize(("version", "tcp"), [("1.2", ()), ("1.3", ("--no-tcp",))], ids=VERSIONS)
@pytest.mark.parametrize("request_state", ["none", "required"])
@pytest.mark.parametrize("protocol", ["turns", "tls"])
def test_coturn(files, version, tcp, request_state, protocol):
    ports = free_ports(("plain", "tls"))
    asking = ("--CA-file", files.clients) if request_state == "required" else ()
    command = (
        *(program("turnserver"), "-n", "--no-cli", "--no-udp", "--no-dtls", *tcp, "--log-file", "stdout"),
        *("--listening-ip", "127.0.0.1", "--relay-ip", "127.0.0.1", "--listening-port", str(ports["plain"])),
        *("--tls-listening-port", str(ports["tls"]), "--cert", files.chain, "--pkey", files.key, *asking),
        *("--pidfile", files.directory / "turnserver.pid", "--db", files.directory / "turndb"),
    )
    with serving(ports["tls"], *command, log=files.directory / "turnserver.log"):
        found = seen(ports["tls"], protocol)
        assert found.sights[0].tls.version == f"TLSv{version}"
        assert same_chain(found, ports["tls"], version)
    assert state(found) == ClientCertificate(request_state, "alert" if request_state == "required" else None)
