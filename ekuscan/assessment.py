"""The book of chains: every certificate is parsed once and every chain judged once, however many endpoints show it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from ekuscan.certificates import ParsedCertificate, parse
from ekuscan.chain import PathFinder
from ekuscan.fingerprint import chain_id, sha256_hex
from ekuscan.hierarchy import classify, vendor_named
from ekuscan.model import Certificate, Chain, Hierarchy
from ekuscan.purpose import effective_purposes
from ekuscan.trust import TrustStore, VendorName

_MOST_NAMES = 4096


class ChainBook:
    """Judges presented chains and keeps the result.

    ``chains`` maps a chain id to its record. ``certificates`` maps a fingerprint to its record, for every certificate
    that was presented and every known one that stands in a path. Both keep the order in which they were met, so a
    certificate always stands in ``certificates`` before the chain that refers to it stands in ``chains``.
    """

    def __init__(self, store: TrustStore, site_trust: Iterable[bytes] = ()) -> None:
        """``site_trust``: DER certificates that the site names as its own trust anchors."""
        self.chains: dict[str, Chain] = {}
        self.certificates: dict[str, Certificate] = {}
        self._store = store
        self._parsed: dict[str, ParsedCertificate] = {}
        self._finder = PathFinder(store, [self._parse(der) for der in site_trust], self._parse)
        self.cas_named = lru_cache(maxsize=_MOST_NAMES)(self._cas_named)

    def add(self, ders: Sequence[bytes]) -> str:
        """Take in a chain as it was presented, end-entity first, and return its id. Any bytes will do.

        `ValueError` if there is no certificate at all.
        """
        if not ders:
            raise ValueError("a chain without certificates has no end-entity")
        fingerprints = tuple([sha256_hex(der) for der in ders])
        identity = chain_id(fingerprints)
        if identity not in self.chains:
            self.chains[identity] = self._judge(fingerprints, ders)
        return identity

    def recall(
        self, certificates: Mapping[str, Certificate], chains: Mapping[str, Chain], ders: Iterable[bytes]
    ) -> None:
        """Take in chains as they were judged once; ``ders`` are the certificates themselves, in any order."""
        for der in ders:
            self._parse(der)
        self.certificates.update(certificates)
        self.chains.update(chains)

    def suppose(self, sha256: str, certificate: Certificate, identity: str, chain: Chain) -> None:
        """Take in a certificate that nobody has yet, and the chain with it, each under an id that stands in for its
        own. There is nothing to parse: `parsed` does not know it."""
        self.certificates.setdefault(sha256, certificate)
        self.chains.setdefault(identity, chain)

    def parsed(self, sha256: str) -> ParsedCertificate:
        """The parsed certificate with this fingerprint; `KeyError` if it stands in no chain of the book."""
        self.certificates[sha256]
        return self._parsed[sha256]

    def vendor_named(self, subject: bytes) -> VendorName | None:
        """The vendor's CA of this DER Name, where no more is known of it than its name."""
        return vendor_named(subject, self._store)

    def _cas_named(self, subject: bytes) -> tuple[Hierarchy, ...]:
        """Who issued each CA certificate of this DER Name that the trust data or the site know."""
        return tuple(classify(paths, self._store) for paths in self._finder.named(subject))

    def _parse(self, der: bytes) -> ParsedCertificate:
        return self._known(sha256_hex(der), der)

    def _known(self, sha256: str, der: bytes) -> ParsedCertificate:
        found = self._parsed.get(sha256)
        if found is None:
            found = self._parsed[sha256] = parse(der, sha256)
        return found

    def _judge(self, fingerprints: tuple[str, ...], ders: Sequence[bytes]) -> Chain:
        presented = [self._known(*one) for one in zip(fingerprints, ders, strict=True)]
        paths = self._finder.find(presented)
        for certificate in presented:
            self._publish(certificate)
        for path in paths.paths:
            for link in path:
                self._publish(link.certificate)
        return Chain(
            presented=fingerprints,
            paths=tuple([tuple([link.certificate.sha256 for link in path]) for path in paths.paths]),
            flaws=paths.flaws,
            hierarchy=classify(paths, self._store),
            effective_eku=effective_purposes(paths),
        )

    def _publish(self, certificate: ParsedCertificate) -> None:
        if certificate.sha256 not in self.certificates:
            self.certificates[certificate.sha256] = certificate.record
