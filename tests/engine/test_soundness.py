"""Whether a case can always finish: what is wrong is found with the walk that leads to it, and what is right is left in peace."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.kernel import children
from app.workflow.engine.command import check_files
from app.workflow.engine.proving import Known, Proof, prove, prove_here
from tests.engine.drawing import (
    boundary,
    call,
    catch,
    document,
    end,
    flow,
    fork,
    inclusive,
    many,
    message,
    node,
    path,
    process,
    script,
    start,
    sub,
    timer,
    user,
    xor,
)

SIGNAL = '<bpmn:signalEventDefinition signalRef="go"/>'
ERROR = '<bpmn:errorEventDefinition errorRef="bad"/>'
ESCALATION = '<bpmn:escalationEventDefinition escalationRef="late"/>'
TERMINATE = "<bpmn:terminateEventDefinition/>"
NAMES = '<bpmn:signal id="go" name="go"/><bpmn:error id="bad" errorCode="bad"/><bpmn:escalation id="late" escalationCode="late"/>'


def proof_of(*inside: str, known: Known | None = None, most: int = 5_000) -> Proof:
    return prove_here({"test.bpmn": document(*inside)}, known, most)


def found(proof: Proof) -> list[tuple[str, str | None]]:
    return [(proved.finding.code, proved.finding.element) for proved in proof.findings]


def branches(split: str, join: str, condition: str | None = None) -> str:
    """Two stations between `split` and `join`, which are drawn by the caller; `condition` is that of the second."""
    second = flow(split, "b", condition) + path("b", join)
    return user("a") + user("b") + path("s", split, "a", join, "last", "e") + second


def around(*inside: str) -> str:
    return process("p", start("s"), user("last"), end("e"), *inside)


STUCK = "sound_stuck"
WRONG: dict[str, tuple[tuple[str, ...], tuple[str, str]]] = {
    "a fork that a choice closes": ((around(fork("f"), xor("j"), branches("f", "j")),), ("sound_doubled", "j")),
    "a choice that a join closes": (
        (around(xor("x", "x_to_a"), fork("j"), branches("x", "j", "y = 1")),),
        (STUCK, "j"),
    ),
    "some of many ways into a join of all": (
        (around(inclusive("x", "x_to_a"), fork("j"), branches("x", "j", "y = 1")),),
        (STUCK, "j"),
    ),
    "a loop that nobody leaves": (
        (
            process(
                "p",
                start("s"),
                xor("m"),
                user("a"),
                xor("x", "x_to_m"),
                user("b"),
                path("s", "m", "a", "x", "m"),
                flow("x", "b", "y = 1"),
                path("b", "m"),
            ),
        ),
        ("sound_endless", "a"),
    ),
    "a signal that nothing throws": (
        (NAMES + process("p", start("s"), catch("c", SIGNAL), end("e"), path("s", "c", "e")),),
        ("sound_stuck_event", "c"),
    ),
    "a signal thrown before anybody waits": (
        (
            NAMES
            + process(
                "p",
                start("s"),
                node("intermediateThrowEvent", "t", SIGNAL),
                catch("c", SIGNAL),
                end("e"),
                path("s", "t", "c", "e"),
            ),
        ),
        ("sound_stuck_event", "c"),
    ),
    "an error that nothing inside throws": (
        (
            NAMES
            + process(
                "p",
                start("s"),
                sub("h", start("hs"), user("ha"), end("he"), path("hs", "ha", "he")),
                boundary("b", "h", ERROR),
                user("after"),
                end("e"),
                end("e2"),
                path("s", "h", "e"),
                path("b", "after", "e2"),
            ),
        ),
        ("sound_dead_event", "b"),
    ),
    "a timer that brings a second token to a join of two": (
        (
            process(
                "p",
                start("s"),
                fork("f"),
                user("a"),
                user("b"),
                fork("j"),
                boundary("clock", "a", timer("PT1H")),
                user("late"),
                end("e"),
                end("e2"),
                path("s", "f", "a", "j", "e"),
                path("f", "b", "j"),
                path("clock", "late", "e2"),
            ),
        ),
        (STUCK, "j"),
    ),
    "an error inside a called process that takes a branch of a join away": (
        (
            NAMES
            + process(
                "p",
                start("s"),
                fork("f"),
                call("c", "q"),
                user("b"),
                fork("j"),
                boundary("oops", "c", ERROR),
                end("e"),
                end("e2"),
                path("s", "f", "c", "j", "e"),
                path("f", "b", "j"),
                path("oops", "e2"),
            ),
            process(
                "q",
                start("qs"),
                user("qa"),
                xor("qx", "qx_to_qe"),
                end("qe"),
                end("qbad", ERROR),
                path("qs", "qa", "qx", "qe"),
                flow("qx", "qbad", "y = 1"),
            ),
        ),
        (STUCK, "j"),
    ),
    "a way that an earlier answer rules out": (
        (
            process(
                "p",
                start("s"),
                user("a"),
                xor("x", "x_to_m"),
                xor("m"),
                user("b"),
                xor("y", "y_to_e"),
                user("never"),
                end("e"),
                end("e2"),
                path("s", "a", "x", "m", "b", "y", "e"),
                flow("x", "e2", 'size = "small"'),
                flow("y", "never", 'size = "small"'),
                path("never", "m"),
            ),
        ),
        ("sound_dead", "never"),
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_fault_is_found_at_its_element(name: str) -> None:
    parts, expected = WRONG[name]
    proof = proof_of(*parts, known=Known(fields={"f": frozenset()}, options={}))
    if name == "a way that an earlier answer rules out":
        parts = tuple(part.replace("<credit:step>", '<credit:step form="f">') for part in parts)
        proof = proof_of(*parts, known=Known(fields={"f": frozenset({"other"})}, options={}))
    assert expected in found(proof)


RIGHT: dict[str, tuple[str, ...]] = {
    "fork and join": (around(fork("f"), fork("j"), branches("f", "j")),),
    "an inclusive split with an inclusive join": (
        around(inclusive("x", "x_to_a"), inclusive("j"), branches("x", "j", "y = 1")),
    ),
    "ending at once with a branch still open": (
        process(
            "p",
            start("s"),
            fork("f"),
            user("a"),
            user("b"),
            end("e", TERMINATE),
            end("e2"),
            path("s", "f", "a", "e"),
            path("f", "b", "e2"),
        ),
    ),
    "waiting for the first of two events": (
        process(
            "p",
            start("s"),
            node("eventBasedGateway", "g"),
            catch("m", message("m1")),
            catch("t", timer("PT1H")),
            user("a"),
            end("e"),
            end("e2"),
            path("s", "g", "m", "a", "e"),
            path("g", "t", "e2"),
        ).replace("<bpmn:process", '<bpmn:message id="m1" name="m1"/><bpmn:process', 1),
    ),
    "a signal from one branch to the other, which surely waits": (
        NAMES
        + process(
            "p",
            start("s"),
            fork("f"),
            user("a"),
            node("intermediateThrowEvent", "t", SIGNAL),
            catch("c", SIGNAL),
            fork("j"),
            end("e"),
            path("s", "f", "a", "t", "j", "e"),
            path("f", "c", "j"),
        ),
    ),
    "an error caught beside the way on": (
        NAMES
        + process(
            "p",
            start("s"),
            call("c", "q"),
            boundary("oops", "c", ERROR),
            user("mend"),
            xor("m"),
            end("e"),
            path("s", "c", "m", "e"),
            path("oops", "mend", "m"),
        ),
        process(
            "q",
            start("qs"),
            user("qa"),
            xor("qx", "qx_to_qe"),
            end("qe"),
            end("qbad", ERROR),
            path("qs", "qa", "qx", "qe"),
            flow("qx", "qbad", "y = 1"),
        ),
    ),
    "an escalation that starts a branch beside": (
        NAMES
        + process(
            "p",
            start("s"),
            sub(
                "h",
                start("hs"),
                node("intermediateThrowEvent", "ht", ESCALATION),
                user("ha"),
                end("he"),
                path("hs", "ht", "ha", "he"),
            ),
            boundary("b", "h", ESCALATION, interrupting=False),
            user("told"),
            end("e"),
            end("e2"),
            path("s", "h", "e"),
            path("b", "told", "e2"),
        ),
    ),
    "people asked in turn": (
        process(
            "p",
            start("s"),
            user("a", many("<bpmn:loopCardinality>3</bpmn:loopCardinality>", sequential=True)),
            end("e"),
            path("s", "a", "e"),
        ),
    ),
    "the same question at split and join": (
        # Only where the branch was begun it is waited for, since both gateways ask the same variable.
        process(
            "p",
            start("s"),
            script("set", 'kind = if y = 1 then "both" else "one"'),
            xor("x", "x_to_a"),
            fork("f"),
            user("a"),
            user("b"),
            user("c"),
            fork("j"),
            xor("m"),
            end("e"),
            path("s", "set", "x", "a", "m", "e"),
            flow("x", "f", 'kind = "both"'),
            path("f", "b", "j", "m"),
            path("f", "c", "j"),
        ),
    ),
}


@pytest.mark.parametrize("name", RIGHT)
def test_a_sound_route_is_left_in_peace(name: str) -> None:
    assert found(proof_of(*RIGHT[name])) == []


def test_a_later_gateway_that_asks_the_same_again_is_no_false_alarm() -> None:
    """The join of all is only come to where all were begun: both choices ask `kind`, which nothing sets in between."""
    parts = (
        process(
            "p",
            start("s"),
            script("set", 'kind = if y = 1 then "both" else "one"'),
            fork("f"),
            user("a", form="f"),
            xor("x", "x_to_skip"),
            user("b", form="f"),
            xor("skip"),
            xor("y1", "y1_to_e"),
            fork("j"),
            end("e"),
            end("e2"),
            xor("y2", "y2_to_e2"),
            path("s", "set", "f", "a", "y1", "e"),
            path("f", "x", "skip", "y2", "e2"),
            flow("x", "b", 'kind = "both"'),
            path("b", "skip"),
            flow("y1", "j", 'kind = "both"'),
            flow("y2", "j", 'kind = "both"'),
            user("last"),
            end("e3"),
            path("j", "last", "e3"),
        ),
    )
    known = Known(fields={"f": frozenset({"other"})})
    assert found(proof_of(*parts, known=known)) == []
    # Where a station may change the answer in between, the two ways may part, and that is found.
    assert (STUCK, "j") in found(proof_of(*parts, known=Known(fields={"f": frozenset({"kind"})})))


def test_the_walk_leads_from_the_start_into_the_fault_and_is_said_in_a_sentence() -> None:
    proof = proof_of(*WRONG["a choice that a join closes"][0])
    proved = next(one for one in proof.findings if one.finding.code == STUCK)
    assert [step.at for step in proved.walk][:2] == ["", "s"]
    assert proved.walk[0].tokens == ("s",)
    assert proved.walk[-1].tokens == ("j",)
    assert "waits at j for" in proved.finding.message["en"]


def test_what_the_limits_end_is_said_to_be_undecided() -> None:
    wide = [user(f"u{number}") for number in range(10)]
    lines = [path("f", f"u{number}", "j") for number in range(10)]
    parts = process("p", start("s"), fork("f"), fork("j"), end("e"), *wide, path("s", "f"), *lines, path("j", "e"))
    proof = proof_of(parts, most=200)
    assert found(proof) == [("sound_undecided", "p")]
    assert not proof.decided
    assert proof_of(parts, most=5_000).decided


def test_a_child_that_runs_out_of_time_gives_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "BOOT", "import time; time.sleep(30)")
    proof = prove({"p.bpmn": document(around())}, seconds=0.3)
    assert found(proof) == [("sound_given_up", None)]
    assert not proof.decided


def test_what_the_child_finds_comes_back_as_it_was_made() -> None:
    files = {"test.bpmn": document(*WRONG["a choice that a join closes"][0])}
    assert prove(files) == prove_here(files)


def ways(*conditions: str, default: bool = False) -> str:
    """A gateway with these conditions on its ways out."""
    drawn = [
        user(f"w{n}") + end(f"e{n}") + flow("x", f"w{n}", c) + path(f"w{n}", f"e{n}") for n, c in enumerate(conditions)
    ]
    other = user("other") + end("eo") + path("x", "other", "eo") if default else ""
    return process(
        "p", start("s"), user("a"), xor("x", "x_to_other" if default else None), path("s", "a", "x"), *drawn, other
    )


@pytest.mark.parametrize(
    ("conditions", "example"),
    [
        (("amount < 5", "amount > 5"), "amount = 5"),
        (("amount <= 5 and kind = \"a\"", "amount > 5"), "kind = any other"),
        (("x1 in [1..3]", "x1 in [5..9]", "x1 < 1", "x1 > 9"), "x1 = 4"),
    ],
)  # fmt: skip
def test_a_hole_in_the_conditions_is_shown_by_an_example(conditions: tuple[str, ...], example: str) -> None:
    proof = proof_of(ways(*conditions))
    (hole,) = [one.finding for one in proof.findings if one.finding.code == "ways_hole"]
    assert example in hole.message["en"]
    assert ("ways_hole", "x") not in found(proof_of(ways(*conditions, default=True)))


def test_an_overlap_names_the_way_that_wins() -> None:
    proof = proof_of(ways("amount > 5", "amount > 3", "amount <= 3"))
    (overlap,) = [one.finding for one in proof.findings if one.finding.code == "ways_overlap"]
    assert "amount = 6" in overlap.message["en"]
    assert "the way “w0” wins over “w1”" in overlap.message["en"]


@pytest.mark.parametrize(
    "conditions",
    [("a_result = \"completed\"",), ("amount > 5", "not(amount > 5)"), ("len > other", "len <= other")],
)  # fmt: skip
def test_what_covers_everything_or_can_not_be_told_is_no_hole(conditions: tuple[str, ...]) -> None:
    assert "ways_hole" not in {code for code, _ in found(proof_of(ways(*conditions, "1 = 2")))}


def test_the_values_a_field_offers_close_a_hole() -> None:
    conditions = ('line = "corporate"', 'line = "retail"')
    assert ("ways_hole", "x") in found(proof_of(ways(*conditions)))
    offered = Known(options={"line": ["corporate", "retail"]})
    assert ("ways_hole", "x") not in found(proof_of(ways(*conditions), known=offered))
    more = Known(options={"line": ["corporate", "retail", "micro"]})
    (hole,) = [one.finding for one in proof_of(ways(*conditions), known=more).findings]
    assert 'line = "micro"' in hole.message["en"]


def test_the_command_for_analysts_says_it_with_the_walk(tmp_path: Path) -> None:
    file = tmp_path / "stuck.bpmn"
    file.write_bytes(document(*WRONG["a choice that a join closes"][0]))
    lines, code = check_files([str(file)])
    assert code == 1
    assert any("waits at j for" in line and line.endswith("]") and "s → x" in line for line in lines)


def test_real_diagrams_are_played_within_the_limits_whatever_is_in_them(shared: Path) -> None:
    files = sorted((shared / "bpmn").rglob("*.bpmn"))
    assert len(files) > 100
    played = {file.name: prove_here({file.name: file.read_bytes()}, most=300) for file in files}
    assert sum(bool(proof.states) for proof in played.values()) > 50
    assert all(states <= 320 for proof in played.values() for states in proof.states.values())
