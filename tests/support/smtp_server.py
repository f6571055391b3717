"""A mail server for tests: prints {"port": …}, then a line of JSON for each message that it took.

What it does with a message is told by its options; it ends when its standard input ends.
"""

import argparse
import asyncio
import email
import email.policy
import json
import logging
import ssl
import sys
import warnings

from aiosmtpd.smtp import SMTP, AuthResult

# The tests provoke failures on purpose: the library need not tell of them, nor of AUTH without TLS.
logging.disable(logging.CRITICAL)
warnings.simplefilter("ignore")

options = argparse.ArgumentParser()
options.add_argument("--cert")
options.add_argument("--key")
options.add_argument("--tls", choices=["none", "starttls", "implicit"], default="none")
options.add_argument("--login", help="user:password, demanded")
options.add_argument("--at-rcpt", help="the reply to RCPT TO")
options.add_argument("--at-mail", help="the reply to MAIL FROM")
options.add_argument("--at-data", help="the reply to the message")
options.add_argument("--hang", choices=["greeting", "data", "quit"])
options.add_argument("--drop", choices=["data"])
options.add_argument("--most", type=int, help="messages that one connection may carry; then 421")
options.add_argument("--hang-up", action="store_true", help="after each message, as if it had been idle for long")
options = options.parse_args()


def say(**what):
    print(json.dumps(what), flush=True)


def described(part):
    content = part.get_content() if not part.is_multipart() else None
    return {
        "type": part.get_content_type(),
        "parameters": dict(part["content-type"].params) if part["content-type"] else {},
        "headers": {name.lower(): str(value) for name, value in part.items()},
        "text": content if isinstance(content, str) else None,
        "size": len(content) if isinstance(content, bytes) else None,
        "parts": [described(p) for p in part.iter_parts()] if part.is_multipart() else [],
        "defects": [str(d) for d in part.defects],
    }


class Door:
    async def handle_MAIL(self, server, session, envelope, address, mail_options):
        if options.most and getattr(session, "taken", 0) >= options.most:
            return "421 4.7.0 too many messages"
        if options.at_mail:
            return options.at_mail
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        if options.at_rcpt:
            return options.at_rcpt
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if options.drop == "data":
            server.transport.abort()
            return "250 never heard"
        if options.hang == "data":
            await asyncio.Event().wait()
        if options.at_data:
            return options.at_data
        session.taken = getattr(session, "taken", 0) + 1
        if options.hang_up:
            asyncio.get_running_loop().call_later(0.01, self.hang_up, server.transport)
        raw = envelope.original_content
        say(
            sender=envelope.mail_from,
            recipients=envelope.rcpt_tos,
            login=session.auth_data,
            connection=session.peer[1],
            encrypted=session.ssl is not None or options.tls == "implicit",
            raw=raw.decode("latin-1"),
            message=described(email.message_from_bytes(raw, policy=email.policy.default)),
        )
        return "250 2.0.0 taken"

    def hang_up(self, transport):
        transport.close()
        say(hung_up=True)

    async def handle_QUIT(self, server, session, envelope):
        if options.hang == "quit":
            await asyncio.Event().wait()
        return "221 Bye"


def check_login(server, session, envelope, mechanism, auth_data):
    pair = f"{auth_data.login.decode()}:{auth_data.password.decode()}"
    return AuthResult(success=pair == options.login, handled=False, auth_data=auth_data.login.decode())


class Silent(asyncio.Protocol):
    pass


def make_protocol(context):
    if options.hang == "greeting":
        return Silent()
    return SMTP(
        Door(),
        hostname="mail.test",
        enable_SMTPUTF8=True,
        tls_context=context if options.tls == "starttls" else None,
        require_starttls=options.tls == "starttls",
        auth_required=options.login is not None,
        auth_require_tls=False,
        authenticator=check_login if options.login else None,
    )


async def main():
    context = None
    if options.cert:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.cert, options.key)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: make_protocol(context), "127.0.0.1", 0, ssl=context if options.tls == "implicit" else None
    )
    say(port=server.sockets[0].getsockname()[1])
    await loop.run_in_executor(None, sys.stdin.read)


asyncio.run(main())
