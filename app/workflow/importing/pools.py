"""Which of the pools is ours: the others are the customer, the bureau, another bank; they stay in the picture and are not run."""

from __future__ import annotations

import re

from app.workflow.importing.desk import choice
from app.workflow.importing.model import Scope
from app.workflow.importing.texts import sentence
from app.workflow.importing.work import Work

_OUTSIDE = re.compile(
    r"customer|client|applicant|borrower|candidate|kunde|antragsteller|kreditnehmer|schufa|bureau|agency|supplier|vendor|seller"
    r"|partner|external|客户|客戶|申请人|申請人|借款人|征信|徵信|供应商|供應商|外部|顾客|顧客",
    re.IGNORECASE,
)


def choose(work: Work) -> None:
    """Settle for every process whether it runs; ask where several could."""
    filled = [process for process in work.diagram.processes if process.nodes]
    for process in work.diagram.processes:
        if process not in filled:
            process.executable = False
            if process.line is not None:
                process.line.changed("process_empty")
    if len(filled) == 1:
        _run(filled[0])
        return
    proposed = _proposed(work, filled)
    for process in filled:
        _ask(work, process, process in proposed)


def _proposed(work: Work, filled: list[Scope]) -> list[Scope]:
    """Those marked executable; else those that others in the upload call; else the largest that is not somebody outside."""
    marked = [process for process in filled if process.executable]
    if marked:
        return marked
    if len(work.diagram.pools) < 2:
        return filled
    ours = [process for process in filled if not _OUTSIDE.search(_title(work, process))] or filled
    return sorted(ours, key=lambda process: -sum(len(scope.nodes) for scope in process.walk()))[:1]


def _ask(work: Work, process: Scope, proposed: bool) -> None:
    options = [(word, sentence(f"pool_{word}")) for word in ("run", "draw")]
    answer = work.ask(
        "pool", process, choice("what", "run" if proposed else "draw", options), pool=_title(work, process)
    )
    if answer["what"] == "run":
        _run(process)
        return
    process.executable = False
    if process.line is not None:
        process.line.changed("process_drawn")


def _run(process: Scope) -> None:
    if process.executable is not True and process.line is not None:
        process.line.changed("made_executable")
    process.executable = True


def _title(work: Work, process: Scope) -> str:
    pool = next((pool for pool in work.diagram.pools if pool.scope is process), None)
    return (pool.name if pool is not None else "") or process.name or process.id
