"""What OpenSSL tells of a connection is kept as long as the connection is."""

from __future__ import annotations

import gc

import pytest

from ekuscan.wire import dtls, openssl, tls
from ekuscan.wire.offer import DEFAULT_OFFER


@pytest.mark.parametrize(
    "begin", [lambda: tls.Handshake(DEFAULT_OFFER, "peer.example"), lambda: dtls.Handshake("peer.example")]
)
def test_nothing_is_left_of_a_handshake_that_goes(begin):
    gc.collect()
    before = len(openssl._LOGS)
    handshakes = [begin() for _ in range(3)]
    for one in handshakes:
        one.start()
    assert len(openssl._LOGS) == before + 3
    del handshakes, one
    assert len(openssl._LOGS) == before


def test_a_connection_that_cannot_be_made_goes_without_a_word():
    """An exception at its end would be a warning, and warnings are errors."""
    with pytest.raises(TypeError):
        openssl.Watched(None, [])
    gc.collect()
