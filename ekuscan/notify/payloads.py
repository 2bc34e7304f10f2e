"""The bodies that each kind of incoming webhook takes. Names from certificates stand where no markup is read.

Slack: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks, plain text objects and escaping:
https://docs.slack.dev/messaging/formatting-message-text. Webex:
https://apphub.webex.com/applications/incoming-webhooks-cisco-systems-38054-23307-75252. Teams, by a workflow, which
takes adaptive cards alone: https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using;
runs of text in which no Markdown is read: https://adaptivecards.io/explorer/TextRun.html.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from typing import Any

from ekuscan.notify.message import Message, to_json

SIGNATURE = "X-Ekuscan-Signature"
_SLACK_TEXT, _SLACK_HEAD = 3000, 150


def slack(message: Message) -> dict[str, Any]:
    """Blocks of plain text, and the text of the notification with the three characters that Slack reads escaped."""
    head, *rest = message.text.split("\n")
    blocks: list[dict[str, Any]] = [{"type": "header", "text": _plain(head[:_SLACK_HEAD])}]
    blocks += [{"type": "section", "text": _plain(line[:_SLACK_TEXT])} for line in rest]
    text = message.text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return {"text": text, "blocks": blocks, "unfurl_links": False, "unfurl_media": False}


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": False}


def webex(message: Message) -> dict[str, Any]:
    """Text, and not ``markdown``, in which a name could be a link or a mention."""
    return {"text": message.text}


def teams(message: Message) -> dict[str, Any]:
    """A message with one adaptive card; a report that has a URL gets a button."""
    head, *rest = message.text.split("\n")
    card: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.2",
        "body": [_run(head, bold=True), *(_run(line) for line in rest)],
    }
    if message.report is not None and message.report.startswith("https://"):
        card["actions"] = [{"type": "Action.OpenUrl", "title": "Report", "url": message.report}]
    return {
        "type": "message",
        "attachments": [
            {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
        ],
    }


def _run(text: str, *, bold: bool = False) -> dict[str, Any]:
    run = {"type": "TextRun", "text": text, **({"weight": "Bolder"} if bold else {})}
    return {"type": "RichTextBlock", "inlines": [run]}


PAYLOADS: Mapping[str, Callable[[Message], dict[str, Any]]] = {
    "slack": slack,
    "webex": webex,
    "teams": teams,
    "webhook": to_json,
}


def body(kind: str, message: Message) -> bytes:
    """What is posted, as UTF-8 JSON."""
    return json.dumps(PAYLOADS[kind](message), ensure_ascii=False).encode("utf-8", "replace")


def signature(secret: bytes, data: bytes, instant: int) -> str:
    """``t=SECONDS,v1=HEX``: HMAC-SHA256 over the seconds since 1970, a full stop and the body.

    A receiver refuses an instant that is minutes away from its own clock, so that nothing can be sent again later.
    """
    signed = hmac.new(secret, f"{instant}.".encode() + data, hashlib.sha256).hexdigest()
    return f"t={instant},v1={signed}"
