"""Dumps of a whole estate in the command reference's spelling, loose and as the diagnostic logs that hold them.

Two Expressway clusters on X15.5.1. The inner one has zones to three Unified CMs, a Meeting Server, two CUBEs and Unity
Connection, a neighbor over TCP, and two traversal zones; the outer one has the other ends of these, a DNS zone, one to
Webex, and three partners. What is secret in a real dump is a placeholder here.
"""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

DUMPS = Path(__file__).parent / "xconfigurations"
BOXES = ("exp-c1", "exp-c2", "exp-e1", "exp-e2")


def dump(kind: str, box: str) -> Path:
    """The file of a kind ("xconf" or "xstat") that a box left."""
    return next(DUMPS.glob(f"{kind}_dump_{box}_*.txt"))


def log_files(box: str, pems: dict[str, bytes] | None = None) -> dict[str, bytes]:
    """What a box's diagnostic log holds, by path, with certificates by kind ("server", "client", "ca")."""
    found = {f"tmp/{dump(kind, box).name}": dump(kind, box).read_bytes() for kind in ("xconf", "xstat")}
    found |= {f"tmp/{kind}_{box}_2026-11-20_081502.pem": pem for kind, pem in (pems or {}).items()}
    return found | {
        f"tmp/loggingsnapshot_{box}_2026-11-20_081502.txt": b"password hash of the administrator: secret\n" * 50,
        f"tmp/xconf_dump_{box}_2026-11-20_081502.xml": b"<Configuration>secret</Configuration>",
    }


def tar_gz(files: dict[str, bytes]) -> bytes:
    """Files as a .tar.gz."""
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w:gz") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return held.getvalue()


def zipped(files: dict[str, bytes]) -> bytes:
    """Files as a .zip."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return held.getvalue()
