"""Chats: Slack, Teams Workflows, Discord and ntfy, each with a title and a text."""

from __future__ import annotations

import html
from email.header import Header

from ingestd.alerting import payload
from ingestd.backends.http.receivers.posting import Letter, Message
from ingestd.model.alert import Event

_SLACK = 3_000
_DISCORD = 2_000
_NTFY = 4_000
_PRIORITIES = {"info": "2", "warn": "3", "page": "5"}


def slack(letter: Letter) -> Message:
    """Compose for an incoming webhook; what looks like markup or a mention is only text."""
    text = html.escape(letter.text[:_SLACK], quote=False)
    title = html.escape(letter.title, quote=False)
    blocks = [
        {"type": "section", "text": {"type": "mrkdwn", "text": f"*{title}*"[:_SLACK]}},
        {"type": "section", "text": {"type": "plain_text", "text": letter.text[:_SLACK] or "-"}},
    ]
    return Message(payload.encoded({"text": f"{title}\n{text}"[:_SLACK], "blocks": blocks}))


def teams(letter: Letter) -> Message:
    """Compose an adaptive card for a workflow that posts what its webhook receives."""
    colour = "Good" if letter.notice.event is Event.RESOLVED else "Attention"
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [
            {
                "type": "TextBlock", "text": letter.title, "weight": "Bolder", "color": colour,
                "wrap": True,
            },
            *(
                {"type": "TextBlock", "text": line, "wrap": True, "spacing": "Small"}
                for line in letter.text.splitlines()
                if line.strip()
            ),
        ],
    }  # fmt: skip
    attachment = {
        "contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None,
        "content": card,
    }  # fmt: skip
    return Message(payload.encoded({"type": "message", "attachments": [attachment]}))


def discord(letter: Letter) -> Message:
    """Compose for a webhook; nobody is mentioned by what a document says."""
    content = f"**{letter.title}**\n{letter.text}"[:_DISCORD]
    return Message(payload.encoded({"content": content, "allowed_mentions": {"parse": []}}))


def ntfy(letter: Letter, token: str) -> Message:
    """Compose for a topic's own address; `token` may be empty."""
    resolved = letter.notice.event is Event.RESOLVED
    headers = {
        "content-type": "text/plain; charset=utf-8",
        # RFC 2047, which ntfy reads, for what is no ASCII.
        "title": Header(letter.title, "utf-8", maxlinelen=10_000).encode()
        if not letter.title.isascii()
        else letter.title,
        "priority": "3" if resolved else _PRIORITIES[letter.found["data"]["severity"]],
        "tags": "white_check_mark" if resolved else "warning",
    }
    if token:
        headers["authorization"] = f"Bearer {token}"
    return Message(letter.text[:_NTFY].encode(), headers)
