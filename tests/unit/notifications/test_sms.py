"""Text messages against a gateway on this machine that checks the signature by itself."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
import threading
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

import config
from app.notifications import sms
from app.notifications.channels import NotTaken, Refused, Sms, Unclear
from app.notifications.sms import AliyunSms, FileSms
from config import SettingsError, SmsSettings

NUMBER = "13800000001"
MESSAGE = Sms(NUMBER, "退回: CA-1", {"event": "退回", "case": "CA-1", "station": "贷前审查 *~+/"}, "notice-7")
# Request and signature as printed in the gateway's public documentation of SendSms (help.aliyun.com, 请求签名).
DOCUMENTED = {
    "AccessKeyId": "testId",
    "Action": "SendSms",
    "Format": "XML",
    "OutId": "123",
    "PhoneNumbers": "15300000001",
    "RegionId": "cn-hangzhou",
    "SignName": "阿里云短信测试专用",
    "SignatureMethod": "HMAC-SHA1",
    "SignatureNonce": "45e25e9b-0a6f-4070-8c85-2956eda1b466",
    "SignatureVersion": "1.0",
    "TemplateCode": "SMS_71390007",
    "TemplateParam": '{"customer":"test"}',
    "Timestamp": "2017-07-12T02:42:19Z",
    "Version": "2017-05-25",
}


@dataclass
class Gateway:
    """The other side: takes requests whose signature fits, answers as told."""

    secret: str = "a secret"
    code: str = "OK"
    status: int = 200
    silent: bool = False
    body: str | None = None
    taken: list[dict[str, str]] = field(default_factory=list)
    url: str = ""

    def answer(self, body: str) -> tuple[int, str]:
        given = dict(urllib.parse.parse_qsl(body, strict_parsing=True))
        if given.pop("Signature") != self._signature(given):
            return 400, json.dumps({"Code": "SignatureDoesNotMatch", "Message": f"wrong for {NUMBER}"})
        self.taken.append(given)
        told = self.body if self.body is not None else json.dumps({"Code": self.code, "Message": f"about {NUMBER}"})
        return self.status, told

    def _signature(self, given: dict[str, str]) -> str:
        def encode(text: str) -> str:
            quoted = urllib.parse.quote_plus(text)
            return quoted.replace("+", "%20").replace("*", "%2A").replace("%7E", "~")

        canonical = "&".join(f"{encode(k)}={encode(v)}" for k, v in sorted(given.items()))
        text = "POST&" + encode("/") + "&" + encode(canonical)
        return base64.b64encode(hmac.digest((self.secret + "&").encode(), text.encode(), hashlib.sha1)).decode()


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    made = Gateway()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status, told = made.answer(self.rfile.read(int(self.headers["Content-Length"])).decode())
            if made.silent:
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            self.send_response(status)
            self.end_headers()
            self.wfile.write(told.encode())

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_address[1]}/"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield made
    server.shutdown()
    server.server_close()


def provider(gateway: Gateway, **changes: Any) -> AliyunSms:
    given = {"provider": "aliyun", "endpoint": gateway.url, "key": "a key", "secret": "a secret", "timeout": 3}
    return AliyunSms(SmsSettings(**{**given, "sign": "某某银行", "template": "SMS_1", **changes}))


def test_the_signature_is_that_of_the_documented_example() -> None:
    query = sms.signed(DOCUMENTED, "testSecret", "GET")
    assert query.startswith("Signature=zJDF%2BLrzhj%2FThnlvIToysFRq6t4%3D&AccessKeyId=testId&")


def test_the_gateway_gets_number_template_and_values_under_a_signature_that_fits(gateway: Gateway) -> None:
    provider(gateway).send(MESSAGE)
    (taken,) = gateway.taken
    assert taken["PhoneNumbers"] == NUMBER
    assert (taken["SignName"], taken["TemplateCode"], taken["OutId"]) == ("某某银行", "SMS_1", "notice-7")
    assert json.loads(taken["TemplateParam"]) == MESSAGE.values


def test_what_the_gateway_asks_of_a_request_is_in_it(gateway: Gateway) -> None:
    """Names and values of the public parameters of an RPC request, and of SendSms itself."""
    provider(gateway).send(MESSAGE)
    (taken,) = gateway.taken
    assert set(taken) == set(DOCUMENTED)
    for name in ("Action", "Version", "SignatureMethod", "SignatureVersion"):
        assert taken[name] == DOCUMENTED[name]
    sent = datetime.strptime(taken["Timestamp"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert abs(datetime.now(UTC) - sent) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("number", "dialled"),
    [
        ("138 0000 0001", "13800000001"),
        ("138-0000-0001", "13800000001"),
        ("+86 138 0000 0001", "8613800000001"),
        ("0086 13800000001", "8613800000001"),
        ("00852 6000 0001", "85260000001"),
    ],
)
def test_a_number_is_sent_as_the_gateway_takes_it(gateway: Gateway, number: str, dialled: str) -> None:
    provider(gateway).send(replace(MESSAGE, number=number))
    assert gateway.taken[0]["PhoneNumbers"] == dialled


def test_no_value_is_empty_or_longer_than_a_place_of_a_template_may_be(gateway: Gateway) -> None:
    provider(gateway).send(replace(MESSAGE, values={"event": "E" * 50, "case": "", "station": "two\nlines"}))
    assert json.loads(gateway.taken[0]["TemplateParam"]) == {"event": "E" * 35, "case": "-", "station": "two lines"}


def test_each_request_has_a_nonce_of_its_own(gateway: Gateway) -> None:
    provider(gateway).send(MESSAGE)
    provider(gateway).send(MESSAGE)
    assert len({taken["SignatureNonce"] for taken in gateway.taken}) == 2


def test_a_wrong_secret_is_refused_and_the_number_is_in_no_message(gateway: Gateway) -> None:
    with pytest.raises(Refused, match="SignatureDoesNotMatch") as met:
        provider(gateway, secret="another").send(MESSAGE)
    assert NUMBER not in str(met.value)
    assert gateway.taken == []


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("isv.BUSINESS_LIMIT_CONTROL", NotTaken),
        ("Throttling.User", NotTaken),
        ("ServiceUnavailable", NotTaken),
        ("isp.SYSTEM_ERROR", NotTaken),
        ("isv.OUT_OF_SERVICE", NotTaken),
        ("InternalError", Unclear),
        ("SignatureNonceUsed", Unclear),
        ("InvalidTimeStamp.Expired", Refused),
        ("isv.DAY_LIMIT_CONTROL", Refused),
        ("isv.TEMPLATE_MISSING_PARAMETERS", Refused),
        ("isv.MOBILE_NUMBER_ILLEGAL", Refused),
        ("isv.SMS_TEMPLATE_ILLEGAL", Refused),
    ],
)
def test_the_gateways_code_decides_whether_it_is_tried_again(
    gateway: Gateway, code: str, fault: type[Exception]
) -> None:
    gateway.code = code
    with pytest.raises(fault, match=code) as met:
        provider(gateway).send(MESSAGE)
    assert NUMBER not in str(met.value)


def test_a_connection_lost_after_the_request_is_unclear(gateway: Gateway) -> None:
    gateway.silent = True
    with pytest.raises(Unclear):
        provider(gateway).send(MESSAGE)
    assert len(gateway.taken) == 1


def test_an_error_page_of_something_in_between_is_unclear(gateway: Gateway) -> None:
    gateway.status, gateway.body = 502, "<html>Bad gateway</html>"
    with pytest.raises(Unclear, match="502"):
        provider(gateway).send(MESSAGE)


def test_a_gateway_that_is_not_there_has_taken_nothing(gateway: Gateway) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        gateway.url = f"http://127.0.0.1:{free.getsockname()[1]}/"
    with pytest.raises(NotTaken):
        provider(gateway).send(MESSAGE)


def test_the_demo_writes_a_line_without_the_whole_number(tmp_path: Path) -> None:
    FileSms(tmp_path).send(MESSAGE)
    line = (tmp_path / "sms.jsonl").read_text()
    assert NUMBER not in line
    assert json.loads(line)["text"] == "退回: CA-1"


def test_a_gateway_without_its_key_is_a_sentence_at_start() -> None:
    with pytest.raises(SettingsError, match="CREDITFLOW_SMS_KEY"):
        config.load({"CREDITFLOW_SMS_PROVIDER": "aliyun"})


def test_secrets_may_stand_in_files_and_are_never_printed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("top secret\n")
    found = config.load({"CREDITFLOW_SMTP_PASSWORD_FILE": str(tmp_path / "secret"), "CREDITFLOW_SMS_SECRET": "other"})
    assert (found.mail.password, found.sms.secret) == ("top secret", "other")
    assert "secret" not in repr(found.mail) + repr(found.sms).replace("secret=", "")
    with pytest.raises(SettingsError, match="CREDITFLOW_SMTP_PASSWORD_FILE"):
        config.load({"CREDITFLOW_SMTP_PASSWORD_FILE": str(tmp_path / "nothing")})


def test_the_mail_port_follows_the_protection() -> None:
    ports = {s: config.load({"CREDITFLOW_SMTP_SECURITY": s}).mail.port for s in ("starttls", "tls", "none")}
    assert ports == {"starttls": 587, "tls": 465, "none": 25}
    with pytest.raises(SettingsError, match="CREDITFLOW_SMTP_SECURITY"):
        config.load({"CREDITFLOW_SMTP_SECURITY": "ssl"})
