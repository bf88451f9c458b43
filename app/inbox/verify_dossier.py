"""Checks an exported case without the system that made it: `python3 verify.py` in its folder.

Goes with every exported case as verify.py, so it uses nothing beyond Python's own library (3.9 or newer) and no other program.
Checked are: every file against SHA256SUMS, SHA256SUMS against its signature (Ed25519, RFC 8032), the chain of the record, and what
case.json says was done, said, entered and voted against the digests in that chain.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

SUMS, SIGNATURE, PUBLIC, AUDIT, CASE = "SHA256SUMS", "SHA256SUMS.sig", "signing.pem", "audit.jsonl", "case.json"
GOOD = "All files are as they were exported and the record is whole. 全部文件与导出时一致，记录完整。"
COMPARE = "compare it with the fingerprint the bank gave you 请与银行另行提供的指纹核对"
SIGNS = 24

Point = tuple[int, int, int, int]


def main(folder: Path) -> int:
    """Print what does not fit; 0 where everything does, 1 otherwise."""
    faults = [*_files(folder), *_signature(folder), *_chain(folder), *_contents(folder)]
    for fault in faults:
        print(f"FAULT 不符  {fault}")
    if (folder / PUBLIC).is_file():
        fingerprint = hashlib.sha256((folder / PUBLIC).read_bytes()).hexdigest()[:16]
        print(f"signed with key 签名密钥 {fingerprint}: {COMPARE}")
    if faults:
        return 1
    print(GOOD)
    return 0


def _files(folder: Path) -> Iterator[str]:
    listed = {SUMS, SIGNATURE}
    for line in _text(folder / SUMS).splitlines():
        digest, _, name = line.partition("  ")
        listed.add(name)
        path = folder / name
        if not path.is_file():
            yield f"{name} is missing"
        elif hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            yield f"{name} was changed"
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    yield from (f"{name} was added" for name in sorted(there - listed))


def _signature(folder: Path) -> Iterator[str]:
    """What is signed is the SHA-256 of SHA256SUMS."""
    for name in (SUMS, SIGNATURE, PUBLIC):
        if not (folder / name).is_file():
            yield f"{name} is missing, so the signature can't be checked"
            return
    signed = hashlib.sha256((folder / SUMS).read_bytes()).digest()
    lines = [line for line in _text(folder / PUBLIC).splitlines() if line and not line.startswith("-")]
    try:
        key = base64.b64decode("".join(lines))[-32:]
    except ValueError:
        key = b""
    if not is_signed(key, signed, (folder / SIGNATURE).read_bytes()):
        yield "the signature does not fit SHA256SUMS and signing.pem"


def _chain(folder: Path) -> Iterator[str]:
    """Every entry holds the digest of the one before it and of its own text."""
    previous = bytes(32)
    for number, entry in enumerate(_entries(folder), start=1):
        digest = hashlib.sha256(previous + entry["payload"].encode()).digest()
        if entry["seq"] != number or entry["digest"] != digest.hex():
            yield f"{AUDIT}: entry {number} does not follow the one before it"
            return
        previous = digest


def _contents(folder: Path) -> Iterator[str]:
    """What the entries keep digests of is what case.json says."""
    try:
        case = json.loads(_text(folder / CASE))
        acts = [json.loads(entry["payload"]) for entry in _entries(folder)]
        yield from _compared(case, acts)
    except (ValueError, KeyError, TypeError, AttributeError):
        yield f"{CASE} or {AUDIT} can't be read"


def _compared(case: dict[str, Any], acts: list[dict[str, Any]]) -> Iterator[str]:
    key = bytes.fromhex(case["record_key"])
    events = {event["seq"]: event for event in case["events"]}
    tasks = {task["id"]: task for task in case["tasks"]}
    papers = {paper["sha256"] for paper in case["documents"]}
    decided: dict[str, dict[str, Any]] = {}
    for act in acts:
        detail = act["detail"]
        if "event" in detail and not _is_act(key, events.get(detail["event"]), act):
            yield f"{CASE}: act {detail['event']} of the history is not what was recorded"
        decided.update({one["task"]: one for one in detail.get("decided", ())})
        if act["verb"] == "add_document" and detail["sha256"] not in papers:
            yield f"{CASE}: a document that was recorded is not there"
    for task_id, one in decided.items():
        if not _is_decision(key, tasks.get(task_id), one):
            yield f"{CASE}: what was decided on task {task_id} is not what was recorded"
    for poll in case["ballots"]:
        if poll["key"] and not _are_ballots(poll, acts):
            yield f"{CASE}: the ballots of round {poll['round']} are not what was recorded"


def _is_act(key: bytes, event: dict[str, Any] | None, act: dict[str, Any]) -> bool:
    if event is None:
        return False
    said = _digest(key, "said", event["comment"]) if event["comment"] else None
    same = (event["verb"], event["actor_id"], event["for_id"]) == (act["verb"], act["actor"], act["for"])
    at = datetime.fromisoformat(event["at"]) == datetime.fromisoformat(act["at"])
    return same and at and said == act["detail"].get("said")


def _is_decision(key: bytes, task: dict[str, Any] | None, one: dict[str, Any]) -> bool:
    if task is None:
        return False
    told = {
        "task": task["id"],
        "by": task["completed_by"],
        "outcome": task["outcome"],
        "opinion": _digest(key, "opinion", task["opinion"]) if task["opinion"] else None,
        "entered": _digest(key, "entered", task["submitted"]) if task["submitted"] else None,
        "seen": task["seen_digest"],
    }
    return told == one


def _are_ballots(poll: dict[str, Any], acts: list[dict[str, Any]]) -> bool:
    """The ballots that the reader may see, and those that were recorded for this round."""
    given = [act["detail"]["ballot"] for act in acts if "ballot" in act["detail"]]
    recorded = {one["said"] for one in given if (one["task"], one["round"]) == (poll["task_id"], poll["round"])}
    key = bytes.fromhex(poll["key"])
    shown = [[b["voter_id"], b["choice"], b["casting"], b["opinion"]] for b in poll["ballots"]]
    return not recorded or recorded == {_digest(key, "ballot", ballot) for ballot in shown}


def _digest(key: bytes, name: str, content: Any) -> str:
    told = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hmac.new(key, f"{name}\0{told}".encode(), hashlib.sha256).hexdigest()[:SIGNS]


def _entries(folder: Path) -> list[dict[str, Any]]:
    """The entries of the record; one that can't be read fits nowhere."""
    found = []
    for line in _text(folder / AUDIT).splitlines():
        try:
            found.append({"seq": 0, "digest": "", "payload": "", **json.loads(line)})
        except (ValueError, TypeError):
            found.append({"seq": 0, "digest": "", "payload": ""})
    return found


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""


# Ed25519 as in RFC 8032, 5.1.7, with the names of that text: slow and plain, which is enough for one signature.
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)
NEUTRAL: Point = (0, 1, 1, 0)


def is_signed(key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the signature (64 bytes) of a message was made with the private half of `key` (32 bytes)."""
    if len(key) != 32 or len(signature) != 64:
        return False
    a, r = _point(key), _point(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= L:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    return _same(_times(s, BASE), _plus(r, _times(h, a)))


def _recover_x(y: int, sign: int) -> int | None:
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if y >= P or (x * x - square) % P or (x == 0 and sign):
        return None
    return x if x & 1 == sign else P - x


def _point(packed: bytes) -> Point | None:
    number = int.from_bytes(packed, "little")
    y, sign = number & ((1 << 255) - 1), number >> 255
    x = _recover_x(y, sign)
    return None if x is None else (x, y, 1, x * y % P)


def _plus(p: Point, q: Point) -> Point:
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def _times(number: int, p: Point) -> Point:
    q = NEUTRAL
    while number:
        if number & 1:
            q = _plus(q, p)
        p, number = _plus(p, p), number >> 1
    return q


def _same(p: Point, q: Point) -> bool:
    return not ((p[0] * q[2] - q[0] * p[2]) % P or (p[1] * q[2] - q[1] * p[2]) % P)


BASE = _point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little")) or NEUTRAL


if __name__ == "__main__":
    sys.exit(main(Path(__file__).resolve().parent))
