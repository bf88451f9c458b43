"""What each verb is called and what it does, in English: the keys of the translations in this room's catalogues.

Buttons, dialogs, the history, the help page and the document of the REST interface all read these.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.workflow.rules import Verb, Who


@dataclass(frozen=True)
class Words:
    """button: what is pressed. done: what the history says. does: what follows, said to whoever is about to press."""

    button: str
    done: str
    does: str


WORDS: Mapping[Verb, Words] = {
    Verb.CLAIM: Words("Claim", "Claimed", "The task is yours; nobody else of the group can take it."),
    Verb.SAVE_DRAFT: Words("Save draft", "Draft saved", "What you typed stays with the task, unchecked."),
    Verb.COMPLETE: Words("Complete", "Completed", "Your decision and your opinion go on record, and the case goes on."),
    Verb.RECUSE: Words(
        "Recuse myself",
        "Recused",
        "You take no part in this vote and are not counted; a deputy steps in where there is one. The reason stays on record.",
    ),
    Verb.CLOSE_VOTE: Words(
        "Close the vote",
        "Vote closed",
        "The ballots that are in decide, if the quorum is there. Nobody can vote afterwards.",
    ),
    Verb.RECONSIDER: Words(
        "Ask for a reconsideration",
        "Reconsideration",
        "Once, within a month of the refusal and with new facts: the same members vote again.",
    ),
    Verb.VOTE: Words("Vote", "Voted", "Your ballot counts; you can change it while the vote is open."),
    Verb.SEND_BACK: Words(
        "Send back", "Sent back", "The case goes back to a station it has passed. A return is never a vote."
    ),
    Verb.RELEASE: Words("Release", "Released", "Gives it back to the group; the draft stays for whoever takes it."),
    Verb.REASSIGN: Words("Reassign", "Reassigned", "The task goes to the person you choose; who held it is told."),
    Verb.WAIT: Words(
        "Wait for the customer",
        "Waits for the customer",
        "The clock of this task stands still until you continue. Say what the customer was asked for.",
    ),
    Verb.CONTINUE: Words(
        "The customer has answered",
        "Customer answered",
        "The clock goes on with exactly the working time that was left.",
    ),
    Verb.COPY: Words("Copy to", "Copied", "They can read the case and are told of it; nothing waits for them."),
    Verb.SUSPEND: Words(
        "Suspend",
        "Suspended",
        "Nobody may act on it and its clocks stop until it is resumed. Everybody sees the reason.",
    ),
    Verb.RESUME: Words("Resume", "Resumed", "Work goes on where it stood."),
    Verb.RETRY: Words(
        "Try again", "Tried again", "The step that failed is done again with the values as they are now."
    ),
    Verb.GIVE_UP: Words(
        "Give up the application",
        "Given up",
        "The case ends here; everything stays on record. Whoever works on it is told.",
    ),
    Verb.TERMINATE: Words(
        "Terminate",
        "Terminated",
        "The case ends here without a decision; everything stays on record. Whoever works on it is told.",
    ),
}

# What else a history tells of: acts that nobody presses a button for.
EVENTS: Mapping[str, str] = {
    "start": "Started",
    "tie": "Votes equal",
    "new_round": "New round of the vote",
    "time_over": "Time of the vote over",
    "condition_add": "Condition set",
    "condition_plan": "Condition planned",
    "condition_meet": "Condition met",
    "condition_waive": "Condition waived",
    "condition_reopen": "Condition opened again",
    "timer": "Timer",
    "service": "Service",
    "stall": "Timer could not fire",
    "remind": "Reminded",
    "remind_superior": "Superior reminded",
    "hand_to_deputy": "Handed to the deputy",
    "hand_to_supervisors": "Handed to the supervisors",
    "export": "Exported",
    "message": "Message received",
    "recuse": "Related parties brought up to date",
    "skip_same": "Passed by itself",
    "hand_over": "Handed over",
}

WHO: Mapping[Who, str] = {
    Who.CANDIDATE: "whoever may claim the task",
    Who.HOLDER: "the holder of the task",
    Who.ELECTOR: "a member of the vote",
    Who.SECRETARY: "the secretary of the vote",
    Who.INITIATOR: "the initiator",
    Who.SUPERVISOR: "a supervisor",
    Who.READER: "whoever may see the case",
}


def texts() -> frozenset[str]:
    """Every English text of this module, for the catalogues."""
    of_verbs = {text for words in WORDS.values() for text in (words.button, words.done, words.does)}
    return frozenset(of_verbs | {*EVENTS.values(), *WHO.values()})
