"""Text messages: Alibaba Cloud's SMS service (action SendSms), and a file for the demo.

The format is that of the public documentation of Alibaba Cloud SMS (阿里云短信服务, SendSms, version 2017-05-25, signature
version 1.0: HMAC-SHA1 over the sorted, percent-encoded parameters). The gateway knows no repeated request ("不支持幂等"), so what
is not answered clearly is not sent again. Other gateways are one class more.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import secrets
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, urlsplit

from app.kernel.clock import now
from app.notifications.channels import NotTaken, Refused, Sms, Unclear
from app.notifications.rules import mask
from config import SmsSettings

# What the gateway answers when it is busy, we are too fast, or its account is empty; everything else that is not OK stays so.
AGAIN = frozenset(
    {
        "Throttling",
        "Throttling.User",
        "Throttling.Api",
        "ServiceUnavailable",
        "isp.SYSTEM_ERROR",
        "isv.BUSINESS_LIMIT_CONTROL",
        "isv.OUT_OF_SERVICE",
        "isv.AMOUNT_NOT_ENOUGH",
    }
)
# "failed due to some unknown error", and "this very request has been here": the message may be on its way.
UNKNOWN = frozenset({"InternalError", "SignatureNonceUsed"})
# A value of a template has 1 to 35 signs; an empty or a longer one refuses the whole message.
LONGEST_VALUE, NOTHING = 35, "-"


class AliyunSms:
    """Sends by Alibaba Cloud. The template is one the gateway has approved; it gets `event`, `case` and `station`."""

    def __init__(self, settings: SmsSettings) -> None:
        self.settings = settings
        self.language: str | None = settings.language

    def send(self, sms: Sms) -> None:
        """One request; the number stands in its body, so in no access log."""
        wanted, parts = self.settings, urlsplit(self.settings.endpoint)
        body = signed(self._parameters(sms), wanted.secret, "POST")
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        connection = _connection(parts.scheme, parts.hostname or "", parts.port, wanted.timeout)
        try:
            try:
                connection.connect()
            except OSError as fault:
                raise NotTaken(f"The SMS gateway can't be reached: {type(fault).__name__}") from fault
            try:
                connection.request("POST", parts.path or "/", body, headers)
                answer = connection.getresponse()
                found = answer.status, answer.read(65536)
            except (OSError, http.client.HTTPException) as fault:
                raise Unclear(f"The SMS gateway did not confirm the message: {type(fault).__name__}") from fault
        finally:
            connection.close()
        _judge(*found)

    def _parameters(self, sms: Sms) -> dict[str, str]:
        wanted = self.settings
        return {
            "AccessKeyId": wanted.key,
            "Action": "SendSms",
            "Format": "JSON",
            "OutId": sms.key,
            "PhoneNumbers": dialled(sms.number),
            "RegionId": "cn-hangzhou",
            "SignName": wanted.sign,
            "SignatureMethod": "HMAC-SHA1",
            "SignatureNonce": secrets.token_hex(16),
            "SignatureVersion": "1.0",
            "TemplateCode": wanted.template,
            "TemplateParam": json.dumps({name: fitting(text) for name, text in sms.values.items()}, ensure_ascii=False),
            "Timestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "Version": "2017-05-25",
        }


class FileSms:
    """Appends text messages to a file: for the demo. The number is masked even there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.language: str | None = None

    def send(self, sms: Sms) -> None:
        """One line of JSON."""
        self.folder.mkdir(parents=True, exist_ok=True)
        line = {"at": now().isoformat(), "to": mask(sms.number), "text": sms.text, "key": sms.key}
        with (self.folder / "sms.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")


def dialled(number: str) -> str:
    """A number as the gateway takes it: digits alone, one abroad with its country and without the zeros before it."""
    return "".join(sign for sign in number if sign in "0123456789").removeprefix("00")


def fitting(text: str) -> str:
    """A value that the gateway takes for a place of a template."""
    return " ".join(text.split())[:LONGEST_VALUE] or NOTHING


def signed(parameters: Mapping[str, str], secret: str, method: str) -> str:
    """The parameters with their signature, as the query or the body of a request."""
    query = "&".join(f"{_encode(name)}={_encode(parameters[name])}" for name in sorted(parameters))
    return f"Signature={_encode(signature(query, secret, method))}&{query}"


def signature(query: str, secret: str, method: str) -> str:
    """The signature over a canonical query: HMAC-SHA1 under the secret and "&", in base 64."""
    text = f"{method}&{_encode('/')}&{_encode(query)}"
    return base64.b64encode(hmac.new(f"{secret}&".encode(), text.encode(), hashlib.sha1).digest()).decode()


def _encode(text: str) -> str:
    """RFC 3986: only letters, digits and -_.~ stay."""
    return quote(text, safe="-_.~")


def _connection(scheme: str, host: str, port: int | None, timeout: int) -> http.client.HTTPConnection:
    if scheme == "https":
        return http.client.HTTPSConnection(host, port, timeout=timeout, context=ssl.create_default_context())
    return http.client.HTTPConnection(host, port, timeout=timeout)


def _judge(status: int, body: bytes) -> None:
    """OK, or why not. Only the gateway's code is kept: its sentence may repeat the number."""
    try:
        code = str(json.loads(body)["Code"])
    except (ValueError, KeyError, TypeError):
        if status >= 500:
            raise Unclear(f"The SMS gateway answered with HTTP {status}.") from None
        code = f"HTTP {status}"
    code = "".join(sign for sign in code if sign.isalnum() or sign in "._ ")[:60]
    if code == "OK":
        return
    if code in UNKNOWN:
        raise Unclear(f"The SMS gateway can't say whether it took the message ({code}).")
    if code in AGAIN:
        raise NotTaken(f"The SMS gateway put the message off ({code}).")
    raise Refused(f"The SMS gateway refused the message ({code}).")
