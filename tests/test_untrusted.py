from __future__ import annotations

from datetime import timedelta

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID

from ekuscan.trials import RESERVED, arrange
from ekuscan.untrusted import untrusted
from ekuscan.wire.identity import Identity
from tests.loopback import NOW

BOTH = {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH}


def certificate(one: Identity) -> x509.Certificate:
    return x509.load_der_x509_certificate(one.chain[0])


def purposes(one: Identity) -> set[x509.ObjectIdentifier]:
    return set(certificate(one).extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)


def test_one_has_both_ekus_and_the_other_server_auth_alone():
    made = untrusted(NOW)
    assert purposes(made.both) == BOTH
    assert purposes(made.server_only) == {ExtendedKeyUsageOID.SERVER_AUTH}


def test_the_two_are_a_pair_of_one_ca():
    made = untrusted(NOW)
    found = arrange([made.server_only, made.both], untrusted(NOW), NOW)
    assert (found.able, found.unable, found.same_ca, found.doubts) == (made.both, made.server_only, True, {})


def test_each_run_has_keys_of_its_own():
    keys = {one.key for made in (untrusted(NOW), untrusted(NOW)) for one in (made.both, made.server_only)}
    assert len(keys) == 4


def test_the_keys_belong_to_the_certificates():
    for one in (untrusted(NOW).both, untrusted(NOW).server_only):
        public = load_der_private_key(one.key, None).public_key()
        form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        assert public.public_bytes(*form) == certificate(one).public_key().public_bytes(*form)


def test_they_hold_for_days_around_now():
    one = certificate(untrusted(NOW).both)
    assert one.not_valid_before_utc <= NOW - timedelta(days=1)
    assert one.not_valid_after_utc >= NOW + timedelta(days=1)


def test_subject_and_issuer_say_what_they_are():
    one = certificate(untrusted(NOW).both)
    assert "untrusted" in one.subject.rfc4514_string()
    assert "untrusted" in one.issuer.rfc4514_string()


def test_no_certificate_of_a_user_may_have_their_names():
    made = untrusted(NOW)
    assert all(one.name.startswith(RESERVED) for one in (made.both, made.server_only))
