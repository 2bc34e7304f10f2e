"""Alerts: what they say, that no name in them acts, that none is lost, and that nothing secret is shown."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import ssl
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ekuscan.change.find import find
from ekuscan.change.runs import Beside, side_by_side
from ekuscan.lab.authority import Leaf, issue, new_root
from ekuscan.notify import mail
from ekuscan.notify.channels import Channel, ChannelError, Mail, channels
from ekuscan.notify.message import Message, from_json, message, to_json
from ekuscan.notify.outbox import MOST, OLDEST, Outbox
from ekuscan.notify.payloads import SIGNATURE, body
from ekuscan.notify.send import Patience, deliver, send_all
from ekuscan.notify.thresholds import crossings, days_of, in_use
from tests import report_samples as samples
from tests.command import refused, run
from tests.receiving import mail_server, receiving

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
QUICK = Patience(tries=3, answer=1.0, pause=0.0, longest=0.01)
ALERT = Message("r1", "2026-11-23T12:00:00Z", "high", "ekuscan: 2 changes", ("one", "two"), 0, "https://r.example/1")
HOSTILE = "<!channel> <@U1> *b* [x](https://evil.example) @all <at>all</at> <script>\x1b[31m\r\nBcc: x@y"


def channel(url: str, kind: str = "webhook", **environment: str) -> Channel:
    return channels((f"{kind}:{url}",), environment)[0]


def outbox(folder: Path, now: datetime = NOW, told: list[str] | None = None) -> Outbox:
    return Outbox(folder, now, told.append if told is not None else lambda sentence: None)


# --- what is said -------------------------------------------------------------------------------------------------


def test_without_a_change_or_a_threshold_there_is_no_message() -> None:
    clean = samples.clean()
    news = find(side_by_side(clean, clean, Beside(None, (), {}, {})))
    assert message(news, (), clean.run, None) is None
    assert message(None, (), clean.run, None) is None


def test_a_message_has_the_three_gravest_lines_and_says_how_many_more_there_are() -> None:
    before, after = samples.clean(), samples.estate()
    news = find(side_by_side(before, after, Beside(None, (), {}, {})))
    found = message(news, (), after.run, "/var/reports/run.html")
    assert found is not None
    assert len(found.lines) == 3
    assert found.more == len(news.changes) - 3
    assert found.severity == news.changes[0].severity
    assert found.text.endswith(f"and {found.more} more\nReport: /var/reports/run.html")


def test_each_threshold_is_crossed_once_by_each_certificate() -> None:
    estate = samples.estate()
    sha256 = next(iter(sorted(in_use(estate.targets))))
    known = frozenset({sha256})
    targets = [replace(one, slots=tuple(slot for slot in one.slots if slot.sha256 == sha256)) for one in estate.targets]
    ends = NOW + timedelta(days=60)
    certificates = {sha256: replace(estate.certificates[sha256], not_after=ends)}
    told: list[tuple[int, int]] = []
    before: datetime | None = None
    for day in range(62):
        now = NOW + timedelta(days=day)
        told += [(day, one.days) for one in crossings(targets, certificates, (45, 14, 3), before, now, known)]
        before = now
    assert told == [(15, 45), (46, 14), (57, 3)]
    fresh = list(crossings(targets, certificates, (45, 14, 3), NOW, NOW + timedelta(days=50), ()))
    assert [(one.days, one.left) for one in fresh] == [(14, 10)]


def test_thresholds_are_days_between_commas() -> None:
    assert days_of("3, 45,14,14") == (45, 14, 3)
    with pytest.raises(ValueError, match="write days like 45,14,3"):
        days_of("45;14")


@pytest.mark.parametrize("kind", ["slack", "webex", "teams", "webhook"])
def test_no_name_is_markup_a_mention_or_a_link_in_any_webhook(kind: str) -> None:
    clean = samples.clean()
    named = replace(clean, targets=(replace(clean.targets[0], id=HOSTILE), *clean.targets[1:]))
    found = message(find(side_by_side(clean, named, Beside(None, (), {}, {}))), (), clean.run, None)
    assert found is not None
    assert all("://" not in line and "@" not in line and line.isprintable() for line in found.lines)
    assert "[x](https[:]//evil.example)" in found.text
    document = json.loads(body(kind, found))
    if kind == "slack":
        assert not {"<", ">"} & set(document["text"])
        assert {one["text"]["type"] for one in document["blocks"]} == {"plain_text"}
    if kind == "webex":
        assert set(document) == {"text"}
    if kind == "teams":
        card = document["attachments"][0]["content"]
        assert {run["type"] for block in card["body"] for run in block["inlines"]} == {"TextRun"}
        assert "actions" not in card


def test_a_letter_is_plain_text_whose_head_nothing_can_add_to() -> None:
    place = Mail("127.0.0.1", 25, False, True, "ekuscan@example.com", ("team@example.com",))
    found = mail.letter(replace(ALERT, title="x\r\nBcc: all@example.com", lines=("<b>one</b>",)), place)
    assert found["Bcc"] is None
    assert found.get_content_type() == "text/plain"
    assert "<b>one</b>" in found.get_content()
    assert found["Auto-Submitted"] == "auto-generated"


@given(st.builds(lambda *lines: replace(ALERT, lines=lines), st.text(), st.text()))
def test_a_message_that_was_kept_is_the_same(one: Message) -> None:
    assert from_json(json.loads(json.dumps(to_json(one)))) == one
    for kind in ("slack", "webex", "teams", "webhook"):
        json.loads(body(kind, one))


# --- sending ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("script", "times"),
    [((200,), 1), ((202,), 1), ((500, 200), 2), (((429, "Retry-After: 1\r\n"), 204), 2), (("cut", 200), 2)],
)
async def test_what_fails_in_passing_is_sent_again(script: tuple[Any, ...], times: int) -> None:
    async with receiving(*script) as server:
        assert await deliver(ALERT, channel(server.url), QUICK) is None
    assert len(server.bodies) == times
    assert server.documents[-1]["lines"] == ["one", "two"]


async def test_retry_after_is_waited_for_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    monkeypatch.setattr("ekuscan.notify.send.asyncio.sleep", sleep)
    async with receiving((429, "Retry-After: 7\r\n"), (503, "Retry-After: 99999\r\n"), 200) as server:
        assert await deliver(ALERT, channel(server.url), Patience(tries=3, pause=1.0, longest=20.0)) is None
    assert pauses == [7.0, 20.0]


@pytest.mark.parametrize(
    ("script", "why", "times"),
    [
        ((500, 500, 500), "answered 500", 3),
        ((404,), "answered 404", 1),
        (((302, "Location: http://127.0.0.1:1/\r\n"),), "answered 302", 1),
        (("hang", "hang", "hang"), "no answer within 1 s", 3),
    ],
)
async def test_what_fails_for_good_is_given_up_with_a_reason_that_shows_no_url(
    script: tuple[Any, ...], why: str, times: int
) -> None:
    async with receiving(*script) as server:
        assert await deliver(ALERT, channel(server.url), QUICK) == why
    assert len(server.bodies) == times


async def test_a_body_is_signed_together_with_its_instant() -> None:
    async with receiving(200) as server:
        await deliver(ALERT, channel(server.url, EKUSCAN_NOTIFY_SECRET="key"), QUICK)
    line = next(line for line in server.heads[0].splitlines() if line.lower().startswith(SIGNATURE.lower()))
    told = dict(part.split("=") for part in line.split(": ")[1].split(","))
    expected = hmac.new(b"key", told["t"].encode() + b"." + server.bodies[0], hashlib.sha256).hexdigest()
    assert told["v1"] == expected
    assert abs(int(told["t"]) - datetime.now(UTC).timestamp()) < 3600


async def test_a_webhook_that_is_down_loses_nothing_and_gets_all_in_order(tmp_path: Path) -> None:
    told: list[str] = []
    box = outbox(tmp_path / "outbox", told=told)
    async with receiving(*[500] * 6, 200, 200, 200) as server:
        place = channel(server.url)
        for name in ("first", "second"):
            assert not await send_all(replace(ALERT, title=name), (place,), box, told.append, QUICK)
        assert len(list((tmp_path / "outbox").iterdir())) == 2
        assert await send_all(replace(ALERT, title="third"), (place,), box, told.append, QUICK)
    # The second waited behind the first, which was tried again in vain.
    assert [one["title"] for one in server.documents] == [*["first"] * 7, "second", "third"]
    assert list((tmp_path / "outbox").iterdir()) == []
    assert len(told) == 2
    assert all("kept" in sentence and "secret" not in sentence for sentence in told)


async def test_an_alert_outlives_the_process_that_dies_while_it_sends_it(tmp_path: Path) -> None:
    box = outbox(tmp_path)
    async with receiving("hang", 200) as server:
        place = channel(server.url)
        sending = asyncio.create_task(send_all(ALERT, (place,), box, lambda sentence: None, QUICK))
        while not server.bodies:
            await asyncio.sleep(0.01)
        assert [one.message for one in box.waiting(place.id)] == [ALERT]
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        assert [one.message for one in box.waiting(place.id)] == [ALERT]
        assert await send_all(None, (place,), box, lambda sentence: None, QUICK)
    assert box.waiting(place.id) == []


async def test_where_nothing_can_be_kept_an_alert_is_sent_all_the_same(tmp_path: Path) -> None:
    told: list[str] = []
    (tmp_path / "file").write_text("", encoding="utf-8")
    async with receiving(200, 404) as server:
        box = outbox(tmp_path / "file" / "outbox", told=told)
        assert await send_all(ALERT, (channel(server.url),), box, told.append, QUICK)
        assert told == []
        assert not await send_all(ALERT, (channel(server.url),), box, told.append, QUICK)
    assert "the alert is lost" in told[0]


async def test_a_message_that_is_refused_for_good_stands_in_no_others_way(tmp_path: Path) -> None:
    told: list[str] = []
    box = outbox(tmp_path, told=told)
    async with receiving(400, 400, 200, 400, 200) as server:
        place = channel(server.url)
        assert not await send_all(replace(ALERT, title="bad"), (place,), box, told.append, QUICK)
        assert await send_all(replace(ALERT, title="good"), (place,), box, told.append, QUICK)
        assert await send_all(replace(ALERT, title="next"), (place,), box, told.append, QUICK)
    assert [one["title"] for one in server.documents] == ["bad", "bad", "good", "bad", "next"]
    assert "answered 400; the alert is kept" in told[0]
    assert "answered 400 to the alert of 2026-11-23T12:00:00Z, and takes others; it is given up" in told[1]
    assert len(told) == 2
    assert list(tmp_path.iterdir()) == []


async def test_messages_of_a_channel_that_nobody_names_any_more_are_given_up_when_they_are_old(tmp_path: Path) -> None:
    told: list[str] = []
    outbox(tmp_path).keep("gone", ALERT)
    assert await send_all(None, (), outbox(tmp_path, NOW + OLDEST, told), told.append, QUICK)
    assert told == []
    later = outbox(tmp_path, NOW + OLDEST + timedelta(seconds=1), told)
    assert await send_all(None, (), later, told.append, QUICK)
    assert "is given up" in told[0]
    assert list(tmp_path.iterdir()) == []


async def test_two_sweeps_at_once_send_what_waits_once(tmp_path: Path) -> None:
    def silent(sentence: str) -> None: ...

    async with receiving() as server:
        place = channel(server.url)
        outbox(tmp_path).keep(place.id, replace(ALERT, title="waits"))
        both = (send_all(replace(ALERT, title=name), (place,), outbox(tmp_path), silent, QUICK) for name in "ab")
        assert await asyncio.gather(*both) == [True, True]
    assert sorted(one["title"] for one in server.documents) == ["a", "b", "waits"]


def test_two_sweeps_that_keep_at_once_take_two_names(tmp_path: Path) -> None:
    sweeps = [outbox(tmp_path) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        for _ in range(5):
            list(pool.map(lambda box: box.keep("c", ALERT), sweeps))
    assert len(outbox(tmp_path).waiting("c")) == 20
    assert [path for path in tmp_path.iterdir() if path.suffix != ".json"] == []


async def test_nothing_listens_and_nothing_secret_is_shown_or_kept(tmp_path: Path) -> None:
    told: list[str] = []
    async with receiving() as server:
        url = server.url
    place = channel(url, EKUSCAN_NOTIFY_SECRET="key")
    assert not await send_all(ALERT, (place,), outbox(tmp_path), told.append, QUICK)
    kept = "".join(path.read_text(encoding="utf-8") + path.name for path in tmp_path.iterdir())
    for text in (*told, kept, repr(place), str(place)):
        assert "very-secret-token" not in text
        assert "'key'" not in text
    assert told[0].startswith("webhook (127.0.0.1): ")


def test_an_outbox_is_bounded_in_number_and_age_and_says_what_it_gives_up(tmp_path: Path) -> None:
    told: list[str] = []
    box = outbox(tmp_path, told=told)
    for number in range(MOST + 2):
        box.keep("c", replace(ALERT, title=str(number)))
    assert [one.message.title for one in box.waiting("c")] == [str(number) for number in range(2, MOST + 2)]
    assert len(told) == 2
    (tmp_path / "20990101T000000-0000-c.json").write_text("[", encoding="utf-8")
    assert len(box.waiting("c")) == MOST
    assert "cannot be read" in told[-1]
    assert outbox(tmp_path, NOW + OLDEST + timedelta(seconds=1), told).waiting("c") == []
    assert box.waiting("other") == []


# --- mail ---------------------------------------------------------------------------------------------------------


async def test_mail_is_handed_to_a_server_on_this_machine() -> None:
    async with mail_server() as server:
        place = channels((f"smtp://127.0.0.1:{server.port}/?from=e@example.com&to=a@example.com,b@example.com",), {})[0]
        assert await deliver(ALERT, place, QUICK) is None
    assert "- one" in server.letters[0]
    assert [one for one in server.commands if one.lower().startswith("rcpt")] == [
        "rcpt TO:<a@example.com>",
        "rcpt TO:<b@example.com>",
    ]


async def test_a_password_is_never_sent_to_a_server_without_tls() -> None:
    async with mail_server() as server:
        url = f"smtp://user@127.0.0.1:{server.port}/?from=e@example.com&to=a@example.com"
        place = channels((url,), {"EKUSCAN_SMTP_PASSWORD": "geheim"})[0]
        assert await deliver(ALERT, place, QUICK) is not None
    assert server.letters == []
    assert all("auth" not in one.lower() for one in server.commands)
    assert "geheim" not in repr(place)


async def test_a_mail_server_whose_certificate_does_not_verify_gets_nothing(tmp_path: Path) -> None:
    today = datetime.now(UTC)
    root = new_root("Root", today)
    leaf = issue(root, Leaf("mail.example", today - timedelta(days=1), today + timedelta(days=9), "server", ("x",)))
    (tmp_path / "chain.pem").write_bytes(leaf.pem + leaf.key_pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "chain.pem")
    async with mail_server(context=context) as server:
        place = channels((f"smtps://127.0.0.1:{server.port}/?from=e@example.com&to=a@example.com",), {})[0]
        why = await deliver(ALERT, place, replace(QUICK, tries=1))
    assert why is not None
    assert server.letters == []


@pytest.mark.parametrize(("refusal", "times"), [("550 no", 1), ("451 later", 3)])
async def test_a_refusal_of_the_mail_server_is_told_by_its_code(refusal: str, times: int) -> None:
    async with mail_server(refusal) as server:
        place = channels((f"smtp://127.0.0.1:{server.port}/?from=e@example.com&to=a@example.com",), {})[0]
        why = await deliver(ALERT, place, QUICK)
    assert why is not None
    assert refusal[:3] in why
    assert sum(one.lower().startswith("mail") for one in server.commands) == times


# --- channels as they are written ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("https://hooks.slack.com/services/T/B/x", "slack"),
        ("https://webexapis.com/v1/webhooks/incoming/x", "webex"),
        ("https://prod-1.westeurope.logic.azure.com:443/workflows/x", "teams"),
        ("https://a.b.environment.api.powerplatform.com/x", "teams"),
        ("https://alerts.example.com/x", "webhook"),
        ("teams:https://relay.example.com/x", "teams"),
        ("smtp://mail.example.com/?from=a@example.com&to=b@example.com", "mail"),
    ],
)
def test_the_kind_of_a_channel_follows_from_its_host_or_is_written_before_it(url: str, kind: str) -> None:
    assert channels((url, url), {})[0].kind == kind
    assert len(channels((url, url), {})) == 1


def test_a_url_may_stand_in_a_file_that_nobody_else_may_read_or_in_the_environment(tmp_path: Path) -> None:
    path = tmp_path / "slack.url"
    path.write_text("https://hooks.slack.com/services/T/B/x\n", encoding="utf-8")
    path.chmod(0o644)
    with pytest.raises(ChannelError, match="chmod 600"):
        channels((f"@{path}",), {})
    path.chmod(0o600)
    assert channels((f"@{path}",), {})[0].kind == "slack"
    assert channels(("ops-room",), {"EKUSCAN_NOTIFY_OPS_ROOM": "https://x.example/y"})[0].kind == "webhook"


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("http://alerts.example.com/secret-1", "http:// is for this machine"),
        ("https://tenant.webhook.office.com/secret-1", "connectors of Office 365 are retired"),
        ("ftp://alerts.example.com/secret-1", "write https://"),
        ("https://[::1/secret-1", "this is no URL"),
        ("smtp://mail.example.com/?to=secret-1", "?from=ekuscan@example.com&to="),
        ("smtp://u@mail.example.com/?from=a@x.example&to=b@x.example", "set EKUSCAN_SMTP_PASSWORD"),
        ("ops", "EKUSCAN_NOTIFY_OPS is not set"),
        ("@/no/such/file", "does not exist"),
        ("hooks.slack.com/services/T0/secret-1", "write https://"),
        ("services/secret-1", "write https://"),
        ("hooks.slack.com:443/services/secret-1", "write https://"),
        ("secret-1.example", "write https://"),
    ],
)
def test_what_is_no_channel_is_refused_in_one_sentence_without_its_secret(written: str, says: str) -> None:
    told = refused(run("notify", "test", "--notify", written))
    assert says in told
    assert "secret-1" not in told


async def test_a_channel_can_be_tried() -> None:
    async with receiving(200, 500) as server:
        done = await asyncio.to_thread(run, "notify", "test", "--notify", server.url)
        assert (done.code, done.out) == (0, "webhook (127.0.0.1): sent\n")
        done = await asyncio.to_thread(run, "notify", "test", "--notify", server.url)
        assert (done.code, done.out) == (3, "webhook (127.0.0.1): answered 500\n")
    assert server.documents[0]["title"] == "ekuscan: a test"
