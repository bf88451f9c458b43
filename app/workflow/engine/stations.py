"""What a diagram says of its stations: who may act, which answers there are, what a vote asks for, where it may be sent back to.

Frozen and plain like the `values` of a run.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.workflow.engine.values import Texts


@dataclass(frozen=True)
class Candidates:
    """A rule that finds people. `also` and `apart` narrow what it finds; `otherwise`: only where those before found nobody."""

    rule: str
    value: str
    otherwise: bool = False
    also: tuple[Candidates, ...] = ()
    apart: tuple[Candidates, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """A button of a step. `kind` is approve, refuse or neutral.

    then: where a refusal leads: follow (the drawn line), end (refused), initiator, previous, or the id of a station.
    """

    id: str
    kind: str
    label: Texts
    opinion_required: bool = False
    then: str = "follow"


@dataclass(frozen=True)
class SendBack:
    """Where the holder of a step may send the case. `to` is "any", "none" or the ids that may be chosen."""

    to: tuple[str, ...] | str = "any"
    barred: tuple[str, ...] = ()
    modes: tuple[str, ...] = ("straight", "step")
    default: str = "step"


@dataclass(frozen=True)
class Moves:
    """What the analyst says of the moves at a station.

    barred: optional moves nobody may make here. transfer_to: "pool" (whoever could have claimed it) or "anyone". signers: whether
    a refusal of an added person gives the task back to who added him ("advise") or decides the station ("count").
    """

    barred: tuple[str, ...] = ()
    transfer_to: str = "pool"
    signers: str = "advise"


@dataclass(frozen=True)
class Customs:
    """What the analyst says of the moves of a process.

    owner: key of the group that may terminate its cases. recall: until when the initiator may take a case back to his draft: the
    id of a station, "always", "never" or "" (the house rule). withdraw: until a successor "acted" or "opened" it, or "never".
    urge_every: the least time between two urges of a task. urge_superior: from which urge on the holder's superior is told.
    """

    owner: str | None = None
    recall: str = ""
    withdraw: str = "acted"
    urge_every: str = "PT30M"
    urge_superior: int = 3


@dataclass(frozen=True)
class VoteRule:
    """The rule of a ballot, in the words of the diagram (docs/votes.md says what each means).

    quorum, passing and discuss are shares or counts as text ("1/2", ">1/2", "60%", "5"); electorate, experts, deputies and
    secretary are group keys; members are user names; chair is a group key (its head) or "user:<name>"; veto holds "chair",
    group keys and "user:<name>"; ballots and close hold several words; after is a working time ("P2D").
    """

    electorate: str = ""
    quorum: str = "1/2"
    passing: str = "2/3"
    base: str = "present"
    chair: str | None = None
    members: str = ""
    experts: str = ""
    draw: int = 0
    deputies: str = ""
    chair_votes: str = "always"
    secretary: str | None = None
    ballots: str = "agree conditional disagree abstain"
    conditional: str = "yes"
    discuss: str = ">1/2"
    rounds: int = 3
    tie: str = "fail"
    veto: str = ""
    visibility: str = "open"
    close: str = "early"
    after: str | None = None
    change: str = "yes"


@dataclass(frozen=True)
class Document:
    """A paper that a station asks for; `when`, a FEEL condition over the routing variables, says in which cases."""

    type: str
    required: bool
    when: str | None = None


@dataclass(frozen=True)
class Link:
    """One link of the chain that follows a deadline. `kind`: remind, superior, deputy or supervisor; `delay` is working time
    ("PT4H", "P1D") after the deadline, or before it."""

    kind: str
    delay: str
    before: bool = False


@dataclass(frozen=True)
class Step:
    """A station where a person works. `process_id` is the process that it is drawn in.

    outside: what is done here reaches the outside world; nobody returns to before it unless `compensation` names the delegate
    that undoes it. final: whoever decides here may also terminate the case. copy_hidden: form fields a copy does not show.
    signature: who decides here gives his password once more.
    deadline: the chain in the order in which its links come. waits: "customer" where a visit begins with waiting for him.
    """

    element_id: str
    process_id: str
    name: Texts
    form: str | None = None
    candidates: tuple[Candidates, ...] = ()
    due: str | None = None
    four_eyes: tuple[str, ...] = ()
    send_back: SendBack = SendBack()
    outcomes: tuple[Outcome, ...] = ()
    documents: tuple[Document, ...] = ()
    vote: VoteRule | None = None
    batch: bool = False
    skip_same: bool = False
    lane: Texts | None = None
    moves: Moves = Moves()
    outside: bool = False
    compensation: str | None = None
    final: bool = False
    signature: bool = False
    copy_hidden: tuple[str, ...] = ()
    deadline: tuple[Link, ...] = ()
    waits: str | None = None
    conditions: str | None = None

    @property
    def skip_outcome(self) -> str | None:
        """What the step answers when it is skipped: its one approving outcome, or its only one; None where that is not clear."""
        if not self.outcomes:
            return "completed"
        approving = [outcome for outcome in self.outcomes if outcome.kind == "approve"] or list(self.outcomes)
        return approving[0].id if len(approving) == 1 and not approving[0].opinion_required else None

    @property
    def is_approval(self) -> bool:
        """Whether somebody judges here: a vote, or a step one of whose answers approves."""
        return self.vote is not None or any(outcome.kind == "approve" for outcome in self.outcomes)
