"""E-mails: headers as text, the body through unstructured, attachments as members."""

from __future__ import annotations

import email
import email.policy
import io
from collections.abc import Iterable
from email.message import EmailMessage, Message

from ingestd.backends.unstructured import breaks
from ingestd.backends.unstructured.decoding import decode
from ingestd.backends.unstructured.elements import elements
from ingestd.model.document import ElementKind, RawElement

_SHOWN = ("From", "To", "Cc", "Date")


class Encrypted(Exception):
    """The body is encrypted."""


def eml(content: bytes) -> tuple[str, list[RawElement], list[tuple[str, bytes]]]:
    """Return an RFC 822 message's subject, elements and attachments."""
    if b"\0" in content[:64] and (text := decode(content)) is not None:
        content = text.encode()  # Saved by something that writes UTF-16; mail is ASCII.
    message = email.message_from_bytes(content, policy=email.policy.default)
    if not isinstance(message, EmailMessage) or not message.keys():
        raise ValueError("no header")
    if message.get_content_type() == "multipart/encrypted" or "pkcs7-mime" in str(
        message.get_content_type()
    ):
        raise Encrypted
    from unstructured.partition.email import partition_email

    marked = io.BytesIO(_marked(content))
    body = partition_email(file=marked, process_attachments=False, languages=[""])
    head = {name: _header(message, name) for name in ("Subject", *_SHOWN)}
    attachments: list[tuple[str, bytes]] = []
    for part in message.walk():
        if part is message or (part.is_multipart() and part.get_content_type() != "message/rfc822"):
            continue
        name = part.get_filename()
        if part.get_content_type() == "message/rfc822":
            inner = part.get_payload()
            if isinstance(inner, list) and isinstance(inner[0], Message):
                attachments.append((name or "message.eml", inner[0].as_bytes()))
        elif name and (payload := part.get_payload(decode=True)):
            attachments.append((str(name), bytes(payload)))
    return head["Subject"], [*_head(head), *breaks.unmark(elements(body))], attachments


def _marked(content: bytes) -> bytes:
    """Mark the ends of a plain body's lines; a message that is not quite well formed stays."""
    message = email.message_from_bytes(content, policy=email.policy.default)
    part = (
        message.get_body(preferencelist=("plain",)) if isinstance(message, EmailMessage) else None
    )
    if not isinstance(part, EmailMessage) or message.defects or part.defects:
        return content
    try:
        part.set_content(breaks.mark(part.get_content()), cte="base64")
        return message.as_bytes()
    except Exception:  # noqa: BLE001 (malformed parts raise many kinds in the library)
        return content


def msg(content: bytes) -> tuple[str, list[RawElement], list[tuple[str, bytes]]]:
    """Return an Outlook message's subject, elements and attachments."""
    import oxmsg
    from unstructured.partition.msg import partition_msg

    message = oxmsg.Message.load(io.BytesIO(content))
    if "encrypted" in (message.message_class or "").lower():
        raise Encrypted
    body = partition_msg(file=io.BytesIO(content), process_attachments=False, languages=[""])
    head = {
        "Subject": message.subject or "",
        "From": message.sender or "",
        "To": ", ".join(
            f"{one.name} <{one.email_address}>" if one.name else one.email_address
            for one in message.recipients
        ),
        "Date": str(message.sent_date or ""),
    }
    attachments = [
        (one.file_name or "attachment", bytes(one.file_bytes))
        for one in message.attachments
        if one.file_bytes
    ]
    return head["Subject"], [*_head(head), *elements(body)], attachments


def unique(names: Iterable[str]) -> list[str]:
    """Make attachments' names fit a path, and tell equal ones apart by a number."""
    seen: set[str] = set()
    made: list[str] = []
    for number, name in enumerate(names, 1):
        clean = name.replace("\\", "/").rsplit("/", 1)[-1].replace("\0", "").strip() or "attachment"
        if clean in seen:
            clean = f"{number}-{clean}"
        seen.add(clean)
        made.append(clean)
    return made


def _header(message: EmailMessage, name: str) -> str:
    try:
        return " ".join(str(message.get(name, "")).split())
    except Exception:  # noqa: BLE001 (malformed headers raise many kinds in the parser)
        return ""


def _head(head: dict[str, str]) -> list[RawElement]:
    made: list[RawElement] = []
    if head.get("Subject"):
        made.append(RawElement(ElementKind.HEADING, head["Subject"], level=1))
    lines = [f"{name}: {head[name]}" for name in _SHOWN if head.get(name)]
    if lines:
        made.append(RawElement(ElementKind.CODE, "\n".join(lines)))
    return made
