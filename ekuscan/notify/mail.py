"""A message by SMTP, over verified TLS wherever it leaves this machine."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage

from ekuscan.names import printable
from ekuscan.notify.channels import Mail
from ekuscan.notify.message import Message


def letter(message: Message, mail: Mail) -> EmailMessage:
    """Plain text alone, in which nothing is markup; marked as written by a machine (RFC 3834)."""
    found = EmailMessage()
    found["From"] = mail.sender
    found["To"] = ", ".join(mail.recipients)
    found["Subject"] = printable(message.title, 150)
    found["Auto-Submitted"] = "auto-generated"
    found["X-Ekuscan-Run"] = printable(message.run, 64)
    found.set_content(message.text + "\n")
    return found


def send(message: Message, mail: Mail, seconds: float, trust: ssl.SSLContext | None = None) -> None:
    """Hand a message over. Raises `OSError` and `smtplib.SMTPException`."""
    context = trust or ssl.create_default_context()
    if mail.implicit:
        with smtplib.SMTP_SSL(mail.host, mail.port, timeout=seconds, context=context) as server:
            _hand_over(server, message, mail)
        return
    with smtplib.SMTP(mail.host, mail.port, timeout=seconds) as server:
        if not mail.local:
            server.starttls(context=context)
        _hand_over(server, message, mail)


def _hand_over(server: smtplib.SMTP, message: Message, mail: Mail) -> None:
    if mail.user is not None and mail.password is not None:
        server.login(mail.user, mail.password)
    server.send_message(letter(message, mail), mail.sender, list(mail.recipients))
