"""A certificate that nobody has yet: what a CA would issue in the place of one that is there."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Literal, get_args

from ekuscan.extensions import CLIENT_AUTH, SERVER_AUTH
from ekuscan.fingerprint import sha256_hex
from ekuscan.model import Certificate, Chain, Eku, Purpose, Stack
from ekuscan.record import record

Issued = Literal["keep", "server", "both"]

_EKUS = {
    "server": Eku("listed", None, (SERVER_AUTH,), ("serverAuth",)),
    "both": Eku("listed", None, (SERVER_AUTH, CLIENT_AUTH), ("serverAuth", "clientAuth")),
}


@record
class StandIn:
    """A certificate yet to be issued, with its chain, under a stand-in for the fingerprint that it will have."""

    sha256: str
    certificate: Certificate
    chain: Chain


def stand_in(
    sha256: str, certificate: Certificate, chain: Chain, issued: Issued, day: datetime, lasts: date
) -> StandIn:
    """The certificate as its CA renews it on a day, so that it lasts to about another one.

    ``issued`` is what it is fit for: as before ("keep"), or as a public CA issues it, whatever the stack that looks.
    """
    name = sha256_hex(f"renewed {sha256} {issued} {day.isoformat()}".encode())
    end = datetime.combine(lasts, time(23, 59, 59), UTC)
    renewed = replace(certificate, serial="", not_before=day, not_after=end, scts=(), flaws=(), pem="")
    above = replace(
        chain,
        presented=tuple(name if one == sha256 else one for one in chain.presented),
        paths=tuple(tuple(name if one == sha256 else one for one in path) for path in chain.paths),
        flaws=(),
    )
    if issued != "keep":
        purpose = Purpose(server_auth=True, client_auth=issued == "both")
        renewed = replace(renewed, eku=_EKUS[issued])
        above = replace(above, effective_eku=dict.fromkeys(get_args(Stack), purpose))
    return StandIn(name, renewed, above)
