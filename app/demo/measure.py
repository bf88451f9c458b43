"""Measures the demo's profile on public logs and data sets: `python -m app.demo.measure DATA_FOLDER` writes profile.json.

DATA_FOLDER holds `logs/` and `credit/` as docs/demo.md describes them. What is written are shares and quantiles, never a row.
Times are hours, amounts and incomes stay in the currency of the source (euro, mark); the generator says how it maps
them to yuan.
"""

from __future__ import annotations

import csv
import gzip
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from app.demo.profile import PROFILE, quantiles

Row = dict[str, str]
Cases = Mapping[str, list[Row]]

LOANS_2012 = "logs/bpic2012-loan-2000-cases.csv.gz"
LOANS_2017 = "logs/bpic2017-loan-sample-400-cases.csv.gz"
DECLARATIONS = "logs/bpic2020-domestic-declarations-2000-cases.csv.gz"
GERMAN = "credit/german-credit-600.csv.gz"
TAIWAN = "credit/taiwan-card-default-6000.csv.gz"
HOME_EQUITY = "credit/hmeq-home-equity-3000.csv.gz"

SOURCES = [
    {
        "name": "BPI Challenge 2012, 2,000 of 13,087 loan applications",
        "doi": "10.4121/uuid:3926db30-f712-4394-aebc-75976070e91f",
        "used_for": "arrivals, amounts, waiting and handling times, changes of hands, outcomes, days to the decision",
    },
    {
        "name": "BPI Challenge 2017, 400 loan applications",
        "doi": "10.4121/uuid:5f3067df-f10b-45da-b98b-86ae4c7a310b",
        "used_for": "purposes, terms, shares of incomplete files",
    },
    {
        "name": "BPI Challenge 2020, 2,000 of 10,357 domestic declarations",
        "doi": "10.4121/uuid:52fb97d4-4588-43c9-9d04-3604d4613b51",
        "used_for": "returns per case, hours between two approvals",
    },
    {
        "name": "Statlog German credit, 600 of 1,000",
        "doi": "10.24432/C5NC77",
        "used_for": "disposable income (instalment over its share of the income)",
    },
    {
        "name": "Default of credit card clients, Taiwan 2005, 6,000 of 30,000",
        "doi": "10.24432/C55S3H",
        "used_for": "months overdue in half a year",
    },
    {
        "name": "HMEQ home equity loans, 3,000 of 5,960",
        "doi": "",
        "used_for": "ratio of debt to income",
    },
]

# What the work items of 2012 mean, in the words of this program.
WORK_ITEMS = {
    "W_Afhandelen leads": "leads",
    "W_Completeren aanvraag": "intake",
    "W_Nabellen offertes": "offer",
    "W_Valideren aanvraag": "review",
    "W_Nabellen incomplete dossiers": "incomplete",
    "W_Beoordelen fraude": "fraud",
}
OUTCOMES = {"A_APPROVED": "approved", "A_DECLINED": "refused", "A_CANCELLED": "withdrawn"}
# Per cent of the disposable income that the classes 1 to 4 of the instalment rate stand for (Grömping 2019): their middles.
RATES = {"1": 0.40, "2": 0.30, "3": 0.225, "4": 0.15}
DELAYS = ("PAY_0", "PAY_2", "PAY_3", "PAY_4", "PAY_5", "PAY_6")
MANY = 6


def measure(folder: Path) -> dict[str, Any]:
    """The whole profile as JSON-able data. Raises FileNotFoundError where a source is missing."""
    loans = by_case(read_rows(folder / LOANS_2012), "case_id")
    newer = by_case(read_rows(folder / LOANS_2017), "Case ID")
    declarations = by_case(read_rows(folder / DECLARATIONS), "case_id")
    parts = [
        arrivals(loans),
        loan_life(loans),
        work_items(loans),
        wishes(newer),
        returns(declarations),
        customers(read_rows(folder / GERMAN), read_rows(folder / TAIWAN), read_rows(folder / HOME_EQUITY)),
    ]
    merged: dict[str, Any] = {"sources": SOURCES, "figures": {}, "shares": {}, "curves": {}}
    for part in parts:
        for kind, entries in part.items():
            merged[kind] |= entries
    return merged


def read_rows(path: Path) -> list[Row]:
    """The rows of a compressed CSV file with a header."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def by_case(rows: Iterable[Row], key: str) -> Cases:
    """The events of each case in the order of the file."""
    cases: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        cases[row[key]].append(row)
    return cases


def arrivals(loans: Cases) -> dict[str, Any]:
    """By hour of the day and day of the week (0 is Monday), local time; applications per calendar day."""
    times = [_time(events[0]["timestamp"]) for events in loans.values()]
    days = (max(times) - min(times)).days + 1
    return {
        "figures": {"loan_cases": len(loans), "arrivals_per_day": round(len(times) / days, 2)},
        "shares": {
            "arrival_hour": _shares(str(time.hour) for time in times),
            "arrival_weekday": _shares(str(time.weekday()) for time in times),
        },
    }


def loan_life(loans: Cases) -> dict[str, Any]:
    """Amounts, outcomes, at which stage an application was refused or withdrawn, and the hours until then."""
    outcomes, stages, hours = [], [], defaultdict(list)
    for events in loans.values():
        end = next((event for event in events if event["activity"] in OUTCOMES), None)
        outcome = OUTCOMES[end["activity"]] if end else "undecided"
        outcomes.append(outcome)
        if end is not None:
            hours[outcome].append(_hours(events[0]["timestamp"], end["timestamp"]))
            if outcome != "approved":
                stages.append(f"{outcome}:{_stage(events, end)}")
    return {
        "shares": {"outcome": _shares(outcomes), "ended_at": _shares(stages)},
        "curves": {
            "amount_eur": quantiles([float(events[0]["amount_req"]) for events in loans.values()]),
            **{f"hours_until_{outcome}": quantiles(values) for outcome, values in hours.items()},
        },
    }


def work_items(loans: Cases) -> dict[str, Any]:
    """Per kind of work item: hours until first claimed, hours held, hours until claimed again; how often, and by whom."""
    waits: dict[str, list[float]] = defaultdict(list)
    turns: dict[str, list[int]] = defaultdict(list)
    claims = others = nameless = 0
    for events in loans.values():
        for kind, items in _items(events).items():
            turns[kind].append(min(MANY, sum(item["lifecycle"] == "START" for item in items)))
            _note_waits(kind, items, waits)
            holders = [item["resource"] for item in items if item["lifecycle"] == "START"]
            claims += len(holders)
            others += sum(before != after for before, after in pairwise(holders))
        nameless += sum(not event["resource"] for event in events)
    events_in_all = sum(len(events) for events in loans.values())
    return {
        "figures": {
            "claims": claims,
            "claimed_again_by_another_share": round(others / claims, 4),
            "events_without_a_person_share": round(nameless / events_in_all, 4),
        },
        "shares": {f"claims_per_{kind}": _shares(map(str, sorted(counts))) for kind, counts in turns.items()},
        "curves": {name: quantiles(values) for name, values in waits.items() if len(values) >= 20},
    }


def wishes(newer: Cases) -> dict[str, Any]:
    """What loans are for and how long they run; how many files were incomplete."""
    heads = [events[0] for events in newer.values()]
    incomplete = sum(any(event["Activity"] == "A_Incomplete" for event in events) for events in newer.values())
    return {
        "figures": {"incomplete_share": round(incomplete / len(newer), 4)},
        "shares": {"purpose": _shares(head["LoanGoal"].strip().lower() for head in heads)},
        "curves": {
            "term_months": quantiles([float(head["NumberOfTerms"]) for head in heads]),
            "offer_eur": quantiles([float(head["OfferedAmount"]) for head in heads]),
        },
    }


def returns(declarations: Cases) -> dict[str, Any]:
    """How often one case is sent back, by whom, and the hours from one decision to the next."""
    counts, senders, hours = [], [], []
    for events in declarations.values():
        rejections = [event for event in events if "REJECTED" in event["activity"] and event["role"] != "EMPLOYEE"]
        counts.append(str(min(MANY, len(rejections))))
        senders += [event["role"].lower().replace(" ", "_") for event in rejections]
        decisions = [event for event in events if event["role"] not in ("EMPLOYEE", "UNDEFINED")]
        hours += [_hours(one["timestamp"], two["timestamp"]) for one, two in pairwise(decisions)]
    return {
        "shares": {"returns": _shares(sorted(counts)), "returned_by": _shares(senders)},
        "curves": {"hours_between_approvals": quantiles(hours)},
    }


def customers(german: list[Row], taiwan: list[Row], home_equity: list[Row]) -> dict[str, Any]:
    """Monthly disposable income in mark, months overdue out of six, debt in per cent of the income."""
    incomes = [
        float(row["credit_amount"])
        / float(row["duration_in_month"])
        / RATES[row["installment_rate_in_percentage_of_disposable_income"]]
        for row in german
    ]
    overdue = (str(sum(float(row[month]) > 0 for month in DELAYS)) for row in taiwan)
    ratios = [float(row["DEBTINC"]) for row in home_equity if row["DEBTINC"]]
    return {
        "shares": {"months_overdue": _shares(sorted(overdue))},
        "curves": {"income_dem_month": quantiles(incomes), "debt_ratio": quantiles(ratios)},
    }


def main(arguments: list[str]) -> int:
    """Measure and write; 1 with a sentence where the folder is missing or incomplete."""
    if len(arguments) != 1:
        print("Give the folder that holds logs/ and credit/: python -m app.demo.measure DATA_FOLDER", file=sys.stderr)
        return 1
    try:
        profile = measure(Path(arguments[0]))
    except FileNotFoundError as missing:
        print(f"There is no {missing.filename}; docs/demo.md says where to get it.", file=sys.stderr)
        return 1
    PROFILE.write_text(json.dumps(profile, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{PROFILE}: {len(profile['shares'])} distributions, {len(profile['curves'])} curves.")
    return 0


def _items(events: list[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for event in events:
        if event["activity"] in WORK_ITEMS:
            found[WORK_ITEMS[event["activity"]]].append(event)
    return found


def _note_waits(kind: str, items: list[Row], waits: dict[str, list[float]]) -> None:
    names = {("SCHEDULE", "START"): "claim", ("START", "COMPLETE"): "hold", ("COMPLETE", "START"): "rest"}
    for one, two in pairwise(items):
        name = names.get((one["lifecycle"], two["lifecycle"]))
        if name is not None:
            waits[f"hours_{name}_{kind}"].append(_hours(one["timestamp"], two["timestamp"]))


def _stage(events: list[Row], end: Row) -> str:
    """The last kind of work item claimed before the end; "at_once" where there was none."""
    before = events[: events.index(end)]
    claimed = [WORK_ITEMS[e["activity"]] for e in before if e["activity"] in WORK_ITEMS and e["lifecycle"] == "START"]
    return claimed[-1] if claimed else "at_once"


def _shares(names: Iterable[str]) -> dict[str, float]:
    counts = Counter(names)
    total = sum(counts.values())
    return {name: round(n / total, 4) for name, n in counts.items()}


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _hours(before: str, after: str) -> float:
    return (_time(after) - _time(before)).total_seconds() / 3600


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
