"""An Expressway pair in a targets file, and what its UC traversal zone answers."""

from __future__ import annotations

from tests.cisco_document.situation import Shorthand, inventory

CONNECTED = "- {use_case: uc-traversal, from: c, to: e}"


def pair(e: str, c: str, connections: str = CONNECTED, more: str = "") -> str:
    """A targets file with Expressway-E ``e`` and Expressway-C ``c``, by default with their UC traversal zone."""
    return inventory(f"e: {{role: expressway-e, {e}}}\nc: {{role: expressway-c, {c}}}\n{more}", connections)


def zone(
    dialling: Shorthand,
    tunnels: Shorthand,
    service: Shorthand,
    mra: Shorthand,
    *,
    answering: Shorthand = "ok",
    same: Shorthand = "ok",
    e: str = "e",
    c: str = "c",
) -> dict[str, Shorthand]:
    """``dialling``: C dials, E checks it; ``answering``: the other half of that handshake; ``tunnels``: port 2222;
    ``service``: E's certificate in SIP SERVICE; ``same``: the same release."""
    return {
        f"{c}>{e}/uc-traversal/X11": dialling,
        f"{e}>{c}/uc-traversal/X11S": answering,
        f"{c}>{e}/ssh-tunnels/X14": tunnels,
        f"{e}>{c}/mra-sip-service/X17": service,
        f"{c}>{e}/same-release/X37": same,
        f"{c}>{e}/mra/MRA": mra,
    }


TWO_SERVERS = "release: X15.5, slots: {server: digicert-server.pem, client: digicert-server.pem}"
