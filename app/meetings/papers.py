"""Resolutions and minutes as paper: what is frozen in the resolution, in the reader's language; nothing is counted anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from flask_babel import format_datetime, get_locale, gettext

from app.inbox.words import ballot_words
from app.kernel import pdf
from app.kernel.pdf import Facts, Heading, NewPage, Paper, Signatures, Stamp, Table, Words
from app.web.i18n import text_of
from app.workflow.committees import votes
from app.workflow.committees.vote_models import Resolution, Sitting

SHORT = 32


def resolution_paper(resolution: Resolution, *, audits: bool) -> Paper:
    """The resolution on paper; who voted how is left out where the rule keeps it secret."""
    return Paper(
        title=gettext("Resolution"),
        subtitle=resolution.number,
        blocks=_resolution_blocks(resolution, audits=audits),
        foot=_foot(resolution),
        language=str(get_locale()),
    )


def minutes_paper(
    sitting: Sitting,
    committee: str,
    present: Sequence[str],
    absent: Sequence[str],
    items: Sequence[tuple[str, str, Resolution | None]],
    *,
    audits: bool,
) -> Paper:
    """The minutes of a sitting: who was there, and each case of the agenda with its resolution (number, title, resolution)."""
    facts = [
        (gettext("Committee"), committee),
        (gettext("Held"), _when(sitting.held_at)),
        (gettext("Place"), sitting.place),
        (gettext("Present"), "、".join(present)),
        (gettext("Absent"), "、".join(absent)),
    ]
    blocks: list[pdf.Block] = [Facts([pair for pair in facts if pair[1]]), Heading(gettext("Agenda"))]
    rows = [[str(n), number, title, _result(made)] for n, (number, title, made) in enumerate(items, start=1)]
    blocks.append(
        Table([gettext("No."), gettext("Case number"), gettext("Case"), gettext("Result")], rows, (1, 4, 7, 4))
    )
    if sitting.remarks:
        blocks += [Heading(gettext("Remarks")), Words(sitting.remarks)]
    blocks += [Signatures([gettext("Chair"), gettext("Member"), gettext("Secretary")])]
    for number, title, made in items:
        if made is not None:
            blocks += [
                NewPage(),
                Heading(f"{number} {title}"),
                Words(f"{gettext('Digest')} {made.digest.hex()}"),
                *_resolution_blocks(made, audits=audits),
            ]
    digests = ", ".join(made.digest.hex()[:16] for _, _, made in items if made is not None)
    versions = dict.fromkeys(_version(made) for _, _, made in items if made is not None)
    numbers = ", ".join(number for number, _, _ in items)
    foot = [
        f"{committee} · {_when(sitting.held_at)}",
        *([gettext("Cases") + " " + numbers] if numbers else []),
        *([f"{gettext('Digest')} {digests} · {', '.join(versions)}"] if digests else []),
    ]
    return Paper(gettext("Minutes"), blocks, committee, foot, str(get_locale()))


def _resolution_blocks(resolution: Resolution, *, audits: bool) -> list[pdf.Block]:
    body = resolution.body or {}
    sight = votes.sight(body["rule"]["visibility"], closed=True, audits=audits)
    blocks: list[pdf.Block] = [Stamp(_result(resolution)), Facts(_facts(body)), Heading(gettext("Votes"))]
    blocks.append(Facts(_counts(body)))
    if sight.ballots:
        blocks.append(_ballot_table(body))
    blocks += [Heading(gettext("Who took part")), Facts(_people(body))]
    if body["conditions"]:
        rows = [[str(n), text] for n, text in enumerate(body["conditions"], start=1)]
        blocks += [Heading(gettext("Conditions")), Table([gettext("No."), gettext("Condition")], rows, (1, 14))]
    blocks += [Heading(gettext("Rule of the vote")), Facts(_rule(body["rule"]))]
    return [*blocks, Signatures([gettext("Chair"), gettext("Member"), gettext("Secretary")])]


def _facts(body: Mapping[str, Any]) -> list[tuple[str, str]]:
    found = [
        (gettext("Case number"), body["case"]),
        (gettext("Case"), body["title"] or ""),
        (gettext("Amount"), body["amount"] or ""),
        (gettext("Station"), text_of(body["station"]["name"])),
        (gettext("Round"), str(body["round"])),
        (gettext("Vote opened"), _when(datetime.fromisoformat(body["opened_at"]))),
        (gettext("Vote closed"), _when(datetime.fromisoformat(body["closed_at"]))),
    ]
    return [pair for pair in found if pair[1]]


def _counts(body: Mapping[str, Any]) -> list[tuple[str, str]]:
    words, quorum, passing = ballot_words(), body["quorum"], body["passing"]
    counts = " · ".join(f"{words[key]} {n}" for key, n in body["counts"].items() if n)
    proof = gettext(
        "%(present)s of %(electorate)s took part; at least %(needed)s were needed.",
        present=quorum["present"],
        electorate=quorum["electorate"],
        needed=quorum["needed"],
    )
    agreed = gettext("%(yes)s agreed; at least %(needed)s were needed.", yes=passing["yes"], needed=passing["needed"])
    pairs = [(gettext("Counts"), counts), (gettext("Quorum"), proof), (gettext("Agreement"), agreed)]
    why = decided_by().get(body["why"])
    return [*pairs, (gettext("Decided by"), why)] if why else pairs


def _ballot_table(body: Mapping[str, Any]) -> Table:
    words = ballot_words()
    rows = [
        [
            member["name"] + (f"（{gettext('Chair')}）" if member["chair"] else ""),
            words.get(member["choice"] or "", gettext("did not vote")),
            member["opinion"] or "",
        ]
        for member in body["members"]
    ]
    if body["casting"]:
        said = body["casting"]
        rows.append([gettext("Chair, of the tie"), words.get(said["choice"], ""), said["opinion"] or ""])
    return Table([gettext("Member"), gettext("Vote"), gettext("Opinion, conditions")], rows, (3, 3, 9))


def _people(body: Mapping[str, Any]) -> list[tuple[str, str]]:
    members = body["members"]
    counted = [m["name"] for m in members if m["counted"]]
    deputies = [f"{m['name']} → {m['for']}" for m in members if m["role"] == "deputy"]
    reasons = {
        "four_eyes": gettext("worked on the case"),
        "applicant": gettext("began the case"),
        "related": gettext("related party of the customer"),
        "conflict": gettext("conflict of interest"),
        "absent": gettext("absent"),
        "left": gettext("has left the bank"),
    }
    recused = [f"{one['name']}（{reasons.get(one['why'], one['why'])}）" for one in body["recused"]]
    pairs = [
        (gettext("Entitled to vote"), "、".join(counted)),
        (gettext("Stood in for"), "、".join(deputies)),
        (gettext("Recused"), "、".join(recused)),
    ]
    if body["lot"]:
        drawn = [m["name"] for m in members if m["role"] == "expert"]
        pairs += [
            (gettext("Experts drawn by lot"), "、".join(drawn)),
            (gettext("Drawn from"), "、".join(body["lot"]["from"])),
            (gettext("Seed of the lot"), body["lot"]["seed"]),
        ]
    return [pair for pair in pairs if pair[1]]


def _rule(rule: Mapping[str, Any]) -> list[tuple[str, str]]:
    bases = {
        "present": gettext("of those present"),
        "electorate": gettext("of all entitled to vote"),
        "voting": gettext("of those who voted and did not abstain"),
    }
    kept = ("tie", "veto", "visibility", "close", "conditional", "chair_votes")
    return [
        (gettext("Quorum"), rule["quorum"]),
        (gettext("To pass"), f"{rule['passing']} {bases[rule['base']]}"),
        (gettext("Other settings"), "; ".join(f"{name}={rule[name]}" for name in kept if rule[name])),
    ]


def decided_by() -> dict[str, str]:
    """What decided a vote, where the counts alone do not say it."""
    return {
        "veto": gettext("a veto"),
        "chair": gettext("the chair, as the votes were equal"),
        "no_chair": gettext("equal votes without a chair"),
        "tie": gettext("equal votes"),
    }


def _foot(resolution: Resolution) -> list[str]:
    body = resolution.body or {}
    return [
        f"{body['case']} · {resolution.number}",
        f"{gettext('Digest')} SHA-256 {resolution.digest.hex()}",
        _version(resolution),
    ]


def _version(resolution: Resolution) -> str:
    process = (resolution.body or {})["process"]
    return gettext(
        "Rule %(process)s version %(n)s (%(digest)s)",
        process=process["key"],
        n=process["version"],
        digest=process["digest"][:SHORT],
    )


def _result(resolution: Resolution | None) -> str:
    words = {
        "approve": gettext("Approved"),
        "conditional": gettext("Approved with conditions"),
        "refuse": gettext("Refused"),
    }
    return words.get(resolution.result, resolution.result) if resolution else gettext("Not decided")


def _when(at: datetime) -> str:
    return str(format_datetime(at, "yyyy-MM-dd HH:mm"))
