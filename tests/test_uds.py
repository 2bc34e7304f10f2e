from __future__ import annotations

import asyncio
import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ekuscan import uds
from ekuscan.model import Banner
from tests.loopback import closing, listening, saying, server_tls, silent

SAMPLE = (
    b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><versionInformation '
    b'uri="https://cucm1:8443/cucm-uds/version" version="10.0.0"><version>11.5.1</version><capabilities>'
    b"<usersResourceAuthEnabled>true</usersResourceAuthEnabled></capabilities></versionInformation>"
)


def ok(body, status=b"200 OK"):
    return b"HTTP/1.1 %s\r\nContent-Type: application/xml\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body)


async def release(handler, server_name=None, seconds=5.0):
    async with listening(handler, server_tls(ssl.CERT_NONE, "1.2")) as port:
        return await uds.release("127.0.0.1", port, server_name, seconds)


def test_the_element_tells_the_release_not_the_schema_version():
    assert uds.read(SAMPLE) == Banner("cucm", "11.5.1", "/cucm-uds/version: 11.5.1")


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"<version> 14.0.1 </version>", "14.0.1"),
        (b"<versionInformation version='12.5.1'/>", "12.5.1"),
        (b'<versionInformation uri="u"\n version="15.0.1"></versionInformation>', "15.0.1"),
        (b'<?xml version="1.0"?><versionInformation/>', None),
        (b"<!DOCTYPE a [<!ENTITY b '14.0.1'>]><version>&b;</version>", None),
        (b"<version>" + b"1" * 50 + b"</version>", None),
        (b"<html>not found</html>", None),
        (b"", None),
    ],
)
def test_the_answer_is_read_leniently_and_nothing_is_expanded(body, told):
    found = uds.read(body)
    assert (found.release if found else None) == told


@given(st.binary(max_size=300))
def test_no_body_makes_the_reader_raise(body):
    uds.read(body)
    uds.read(b"<version>" + body + b"</version>")


async def test_the_release_comes_over_https_without_credentials():
    heard = bytearray()

    async def handler(reader, writer):
        heard.extend(await reader.readuntil(b"\r\n\r\n"))
        writer.write(ok(SAMPLE))
        await reader.read()

    assert (await release(handler, "cucm1.example.com")).release == "11.5.1"
    assert heard.startswith(b"GET /cucm-uds/version HTTP/1.1\r\nHost: cucm1.example.com:")
    assert b"authorization" not in heard.lower()


@pytest.mark.parametrize(
    "handler",
    [
        saying(ok(SAMPLE, b"404 Not Found")),
        saying(ok(SAMPLE, b"302 Found\r\nLocation: https://192.0.2.1/")),
        saying(b"SIP/2.0 400 Bad\r\n\r\n"),
        saying(ok(b"nothing here")),
        closing,
    ],
)
async def test_anything_else_tells_no_release(handler):
    assert await release(handler) is None


async def test_silence_is_not_waited_for():
    async with asyncio.timeout(3):
        assert await release(silent, seconds=0.1) is None


async def test_a_body_without_end_is_cut():
    async def endless(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n" + SAMPLE)
        while True:
            writer.write(b" " * 16384)
            await writer.drain()

    assert (await release(endless)).release == "11.5.1"
