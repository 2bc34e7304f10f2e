"""What ``ekuscan explain`` has to say about each number of the document: regular expressions, all of which occur.

The words are those of the document's answer, or of what has replaced it.
"""

from __future__ import annotations

from collections.abc import Mapping

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _day(iso: str) -> str:
    """A day as machines or as people write it."""
    year, month, day = iso.split("-")
    return rf"({iso}|\b{int(day)} {_MONTHS[int(month) - 1]}\w* {year})"


EXPLANATIONS: Mapping[str, tuple[str, ...]] = {
    # questions
    "F01": ("public", "private", "browser"),
    "F02": ("not affected", "default|check|list"),
    "F03": ("serverAuth", "browser"),
    "F04": ("renew", "expire|end"),
    "F05": ("CertificateRequest",),
    "F06": ("inventory|audit", "ACME", "passed", "renew"),
    "F07": ("15 ?SU3a", "compatible|yes"),
    "F08": ("CN|SAN|name", "purpose|EKU", "inbound"),
    "F09": (_day("2026-02-11"), "scheduler", "X15.5", "Let's Encrypt"),
    "F10": ("classic", "hard-coded|cannot|fixed", "TAC", _day("2026-07-08")),
    "F11": ("same release", "both"),
    "F12": ("X15.4", "X15.5", "urgent|serverAuth"),
    "F13": ("X15.4", "Enforcing", "Permissive", "alternate root"),
    "F14": ("Enforcing", "X15.4", "X15.5"),
    "F15": ("X15.4", "SCP", "clientAuth"),
    "F16": ("EnableServerEkuUpload", "deprecated", "X15.5"),
    "F17": ("Expressway-C", "Expressway-E", "X15.5", "client"),
    "F18": (r"tools\.cisco\.com", "443", "proxy", r"smartreceiver\.cisco\.com", "trust"),
    "F19": ("X15.4", "SERVICE", "2222"),
    "F20": ("TLS verify", "peer|other end|far end"),
    "F21": ("Expressway-E", "Expressway-C", "both", "X15.4"),
    "F22": ("SERVICE", "X15.4", "alternate root"),
    "F23": ("alternate root", _day("2027-03-01"), "DigiCert", "IdenTrust"),
    "F24": ("alternate root", "private", "Expressway-C", "X15.5"),
    "F25": (_day("2026-06-15"), _day("2027-03-15"), "trusted"),
    "F26": ("398", "200", "100", "47", _day("2027-03-15"), _day("2029-03-15")),
    "F27": (_day("2026-02-11"), _day("2026-03-15"), _day("2027-03-15")),
    # tables, lists, tree
    "T1": (r"X14\.0", r"X14\.3\.7", r"X15\.0", r"X15\.3\.2"),
    "T2": ("IdenTrust Public Sector Root CA 1", "Public Sector Server CA 1", "Assured ID Root G2", "Assured ID CA G2"),
    "T3": ("X15.4", "X15.5", "interim", "same release"),
    "T4": ("Expressway-E", "Expressway-C", "X15.4", "both", "serverAuth"),
    "L1": ("HTTPS|web", "Edge Audio", "B2B", "XMPP", "neighbor zone", "cloud"),
    "L2": ("B2B", "federation", "UC traversal", "Unity", "CUBE", "CMS", "cloud"),
    "L3": ("back up", "private key", "CA", "root", "expir|end"),
    "L4": ("both|same release", "maintenance", "interim", "ACME"),
    "L5": ("client", "server", "EKU", "peer|far end"),
    "D1": ("no action", "private|public"),
    "D2": ("serverAuth", "minimal|little"),
    "D3": ("alternate root", "trust", "upgrade"),
    "D4": (_day("2026-02-11"), _day("2026-03-15"), "ACME"),
    "D5": ("private", "Expressway-C", "root"),
    "D6": ("X15.4", "X15.5"),
    # rules
    "X01": ("browser", "serverAuth"),
    "X02": ("one-way", "clientAuth"),
    "X03": ("dial", "serverAuth"),
    "X04": ("dial", "clientAuth", "far end|check"),
    "X05": ("X15.5", "clientAuth"),
    "X06": ("X15.5", "ignore|check"),
    "X07": ("X15.5", "clientAuth", "EKU"),
    "X08": ("X15.5", "name|CN"),
    "X09": ("federation", "dial"),
    "X10": ("XMPP", "not documented|undocumented", "SIP"),
    "X11": ("UC traversal", "Expressway-C", "clientAuth", "X15.5"),
    "X12": ("X15.5", "clientAuth"),
    "X13": ("X15.5", "tunnels|2222|X14"),
    "X14": ("2222|tunnels", "clientAuth", "no switch|whatever"),
    "X15": ("private", "client"),
    "X16": ("traversal zone", "clientAuth", "verif"),
    "X17": ("SERVICE", "X15.4"),
    "X18": ("SERVICE", "X15.4", "serverAuth"),
    "X19": ("neighbor zone", "TLS verify"),
    "X20": ("TLS verify", "off"),
    "X21": ("X15.5", "neighbor zone"),
    "X22": (r"6972|TFTP", r"X14\.0\.2", "not stated"),
    "X23": ("5091", "clientAuth"),
    "X24": ("cloud", "clientAuth"),
    "X25": ("Webex|Edge Audio", "not documented|undocumented"),
    "X26": ("cluster", "enforcing", "X15.4"),
    "X27": ("permissive",),
    "X28": ("X15.4", "cluster"),
    "X29": ("upload", "X15.4"),
    "X30": ("EnableServerEkuUpload", "X15.4"),
    "X31": ("Expressway-C", "X15.4", "upload"),
    "X32": ("X15.5", "server"),
    "X33": ("client", "X15.5"),
    "X34": ("SCP",),
    "X35": ("licensing", "443", "proxy"),
    "X36": ("ACME", "profile"),
    "X37": ("same release|different releases",),
    "X38": ("X15.5", "cop(y|ies|ied)"),
    "X39": ("private", "browser|policy"),
    "X40": ("renew", "CA"),
}
