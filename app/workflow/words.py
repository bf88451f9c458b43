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
    Verb.VOTE: Words("Vote", "Voted", "Your ballot counts; you can change it while the vote is open."),
    Verb.SEND_BACK: Words(
        "Send back", "Sent back", "The case goes back to a station it has passed. A return is never a vote."
    ),
    Verb.RELEASE: Words("Release", "Released", "Gives it back to the group; the draft stays for whoever takes it."),
    Verb.REASSIGN: Words("Reassign", "Reassigned", "The task goes to the person you choose; who held it is told."),
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
    Verb.LOOK_AGAIN: Words(
        "Look again for people",
        "Looked again for people",
        "Tasks whose holder can't do them go to whoever the rules of the diagram name today.",
    ),
    Verb.RESTORE: Words(
        "Rewind",
        "Rewound",
        "The case stands again as it did at an earlier moment. What was done since is void and stays on record.",
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
    "close_vote": "Vote closed",
    "timer": "Timer",
    "stall": "Timer could not fire",
    "export": "Exported",
    "message": "Message received",
}

WHO: Mapping[Who, str] = {
    Who.CANDIDATE: "whoever may claim the task",
    Who.HOLDER: "the holder of the task",
    Who.ELECTOR: "a member of the vote",
    Who.INITIATOR: "the initiator",
    Who.SUPERVISOR: "a supervisor",
    Who.READER: "whoever may see the case",
}


def texts() -> frozenset[str]:
    """Every English text of this module, for the catalogues."""
    of_verbs = {text for words in WORDS.values() for text in (words.button, words.done, words.does)}
    return frozenset(of_verbs | {*EVENTS.values(), *WHO.values()})
