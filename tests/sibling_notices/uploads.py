"""Certificates that somebody wants to install on a box of the family. What the pages demand is not documented; what
the products' own signing requests ask for is, and is what a file is held against."""

from __future__ import annotations

from tests.cisco_document.situation import Upload, believed

_ROW = "signing requests"
_BOTH = (
    ("cucm", "tomcat", "CM31", "M"),
    ("cucm", "CallManager", "CM32", "M"),
    ("cucm", "TVS", "CM33", "M"),
    ("cucm", "ipsec", "CM34", "M"),
    ("imp", "tomcat", "IM31", "M"),
    ("imp", "cup", "IM32", "M"),
    ("imp", "cup-xmpp", "IM33", "M"),
    ("imp", "cup-xmpp-s2s", "IM34", "M"),
    ("unity-connection", "tomcat", "UC31", "L"),
    ("cer", "tomcat", "ER31", "L"),
)
_FILES = (("corp-both", "ok"), ("digicert-server", "at-risk"), ("corp-client", "at-risk"))

UPLOADS = (
    *(
        Upload(
            f"will {role} take {file} as {slot}: {given}",
            (rule, _ROW),
            f"{file}.pem",
            f"{role}@15",
            {f"upload-certificate/{rule}": believed(given, confidence)},
            slots=(slot,),
        )
        for role, slot, rule, confidence in _BOTH
        for file, given in _FILES
    ),
    *(
        Upload(
            f"will Unified CM take {file} as CAPF, whose request asks for no clientAuth: {given}",
            ("CM35", _ROW),
            f"{file}.pem",
            "cucm@15",
            {"upload-certificate/CM35": given},
            slots=("CAPF",),
        )
        for file, given in (("corp-both", "ok"), ("digicert-server", "ok"), ("corp-client", "at-risk"))
    ),
    Upload(
        "a file that nobody names a slot for is held against Tomcat",
        ("CM31", _ROW),
        "digicert-server.pem",
        "cucm@15SU3a",
        {"upload-certificate/CM31": "at-risk"},
        remedies={"upload-certificate/CM31": ("private-ca-uc", "alternate-root-uc")},
    ),
)
