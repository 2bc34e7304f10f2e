"""Certificates that somebody wants to install: whether the upload takes them, by release, product and way."""

from __future__ import annotations

from tests.cisco_document.situation import Shorthand, Upload, assuming

_SERVER, _CLIENT = "upload-server/X29", "upload-client/X33"


def _on_the_page(given: Shorthand, *more: str) -> dict[str, Shorthand]:
    """The answer where nobody said how the file is installed: on the web page."""
    return _only_server(assuming(given, *more, "upload_via = gui"))


def _only_server(given: Shorthand) -> dict[str, Shorthand]:
    """The answer before X15.5, where there is no client slot to upload to."""
    return {_SERVER: given, _CLIENT: "not-applicable"}


BEFORE_X15_4 = (
    *(
        Upload(
            f"the web page of an {role} refuses serverAuth alone",
            ("X29", "F15", "T1"),
            "digicert-server.pem",
            role,
            _only_server("breaks"),
            settings=("upload_via=gui",),
            remedies={_SERVER: ("scp-upload",)},
        )
        for role in ("expressway-e@X14.3.7", "expressway-c@X14.3.7", "expressway-e@X15.3.2", "expressway-c@X15.3.2")
    ),
    Upload(
        "before X15.4 a file goes to the web page unless somebody says otherwise",
        ("X29", "F15"),
        "digicert-server.pem",
        "expressway-e@X15.3.2",
        _on_the_page("breaks"),
    ),
    *(
        Upload(
            f"SCP to an {role} goes past the check",
            ("X34", "F15"),
            "digicert-server.pem",
            role,
            _only_server("ok"),
            settings=("upload_via=scp",),
        )
        for role in ("expressway-e@X14.3.7", "expressway-c@X15.3.2")
    ),
    *(
        Upload(
            f"before X15.4 the page takes {name} on any Expressway",
            ("X29",),
            f"{name}.pem",
            "expressway-c@X15.3.2",
            _only_server("ok"),
            settings=("upload_via=gui",),
        )
        for name in ("corp-both", "corp-client")
    ),
    Upload(
        "before X15.4 the server page is the web page",
        ("X29",),
        "digicert-server.pem",
        "expressway-e@X15.3.2",
        _only_server("breaks"),
        settings=("upload_via=server-page",),
    ),
)

X15_4 = (
    *(
        Upload(
            f"on X15.4 Expressway-E's {page} takes serverAuth alone once EnableServerEkuUpload is on",
            ("X30", "F16", "F17", "T3", "L4", "F15"),
            "digicert-server.pem",
            "expressway-e@X15.4",
            _only_server("ok"),
            settings=("server_eku_upload=on", f"upload_via={page}"),
        )
        for page in ("gui", "server-page")
    ),
    *(
        Upload(
            f"on X15.4 Expressway-E's {page} still refuses serverAuth alone while EnableServerEkuUpload is off",
            ("X30", "F16"),
            "digicert-server.pem",
            "expressway-e@X15.4",
            _only_server("breaks"),
            settings=("server_eku_upload=off", f"upload_via={page}"),
            remedies={_SERVER: ("enable-server-eku-upload",)},
        )
        for page in ("gui", "server-page")
    ),
    Upload(
        "on X15.4 EnableServerEkuUpload has to be switched on",
        ("X30", "F16"),
        "digicert-server.pem",
        "expressway-e@X15.4",
        _on_the_page("breaks", "server_eku_upload = off"),
    ),
    Upload(
        "EnableServerEkuUpload lets servers in, and nothing else",
        ("X30",),
        "corp-client.pem",
        "expressway-e@X15.4",
        _only_server("breaks"),
        settings=("server_eku_upload=on", "upload_via=gui"),
    ),
    *(
        Upload(
            f"on X15.4 Expressway-C's {page} refuses serverAuth alone, and no command changes that",
            ("X31", "F17", "L4"),
            "digicert-server.pem",
            "expressway-c@X15.4",
            _only_server("breaks"),
            settings=(f"upload_via={page}",),
        )
        for page in ("gui", "server-page")
    ),
    Upload(
        "on X15.4 Expressway-C takes both EKUs",
        ("X31", "F17"),
        "corp-both.pem",
        "expressway-c@X15.4",
        _only_server("ok"),
        settings=("upload_via=gui",),
    ),
    *(
        Upload(
            f"whether SCP goes past the check of {role} is documented for older releases only",
            ("X34",),
            "digicert-server.pem",
            role,
            _only_server("at-risk"),
            settings=("upload_via=scp",),
        )
        for role in ("expressway-e@X15.4", "expressway-c@X15.4")
    ),
)

X15_5 = (
    *(
        Upload(
            f"on X15.5 the server slot of {role} takes serverAuth alone by {page}; as client file: {as_client}",
            ("X32", "X33", "F15", "F17"),
            "digicert-server.pem",
            role,
            {_SERVER: "ok", _CLIENT: as_client},
            settings=(f"upload_via={page}",),
            slots=("server", "client"),
        )
        for role, page, as_client in (
            ("expressway-e@X15.5", "gui", "breaks"),
            ("expressway-c@X15.5", "gui", "breaks"),
            ("expressway-c@X15.5.1", "server-page", "ok"),
        )
    ),
    Upload(
        "on X15.5 a file without clientAuth goes into the server slot, and not into the client slot by its page",
        ("X32", "X33", "F17"),
        "digicert-server.pem",
        "expressway-c@X15.5",
        {_SERVER: "ok", _CLIENT: assuming("breaks", "upload_via = gui")},
        slots=("server", "client"),
        remedies={_CLIENT: ("server-file-as-client",)},
    ),
    *(
        Upload(
            f"on X15.5 the server slot does not take a client by {page}: {given}",
            ("X32", "X33"),
            "corp-client.pem",
            "expressway-c@X15.5",
            {_SERVER: given, _CLIENT: "ok"},
            settings=(f"upload_via={page}",),
            slots=("server", "client"),
        )
        for page, given in (("gui", "breaks"), ("server-page", "breaks"), ("scp", "at-risk"))
    ),
    *(
        Upload(
            f"on X15.5 the client slot of {role} gives {given} for {name} by {page}",
            ("X33", "F15", "L5"),
            f"{name}.pem",
            role,
            {_CLIENT: given},
            settings=(f"upload_via={page}",),
            slots=("client",),
        )
        for role, name, page, given in (
            ("expressway-c@X15.5", "digicert-server", "gui", "breaks"),
            ("expressway-e@X15.5", "digicert-server", "gui", "breaks"),
            ("expressway-c@X15.5", "digicert-server", "server-page", "ok"),
            ("expressway-c@X15.5", "digicert-server", "scp", "at-risk"),
            ("expressway-c@X15.5", "corp-client", "gui", "ok"),
            ("expressway-e@X15.5", "corp-both", "gui", "ok"),
        )
    ),
    Upload(
        "before X15.5 there is no client slot to upload to",
        ("X33", "F17"),
        "digicert-server.pem",
        "expressway-c@X15.4",
        {_CLIENT: "not-applicable"},
        settings=("upload_via=gui",),
        slots=("client",),
    ),
)

UPLOADS = (*BEFORE_X15_4, *X15_4, *X15_5)
