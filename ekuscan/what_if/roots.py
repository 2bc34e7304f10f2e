"""Under which root a certificate is issued, and whether the one that replaces it has another."""

from __future__ import annotations

from ekuscan.assessment import ChainBook
from ekuscan.model import Certificate, Chain, SlotContent

Issued = tuple[Certificate, Chain]
"""An end-entity certificate and its chain."""


def issued(content: SlotContent | None, book: ChainBook) -> Issued | None:
    """What a slot holds, None where nothing was seen in it."""
    if content is None or content.sha256 is None or content.chain is None:
        return None
    return book.certificates[content.sha256], book.chains[content.chain]


def root_name(one: Issued, book: ChainBook) -> str:
    """The name of the trust anchor, of one that is not known that of the last issuer."""
    certificate, chain = one
    if chain.hierarchy.root is not None or not chain.paths:
        return chain.hierarchy.root or certificate.issuer
    return book.certificates[chain.paths[0][-1]].issuer


def another_root(old: Issued, new: Issued, book: ChainBook) -> bool:
    """Whether those who trust the root of one certificate may not trust that of the other.

    Roots that are not known are told apart by the last names above each certificate; a self-signed certificate is a
    root of its own.
    """
    chains = old[1], new[1]
    if any(chain.hierarchy.class_ == "self-signed" for chain in chains):
        return chains[0].presented[0] != chains[1].presented[0]
    roots = [chain.hierarchy.root for chain in chains]
    if None not in roots:
        return roots[0] != roots[1] or chains[0].hierarchy.class_ != chains[1].hierarchy.class_
    return _last_issuers(old, book).isdisjoint(_last_issuers(new, book))


def _last_issuers(one: Issued, book: ChainBook) -> set[str]:
    certificate, chain = one
    return {book.certificates[path[-1]].issuer for path in chain.paths if path} or {certificate.issuer}
