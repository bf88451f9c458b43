"""The child that is started beforehand: it gives the same answer, is used once, and a stale or dead one is not used."""

import os
import time

from app.workflow.engine import Catalogue, check, sandbox
from tests.engine import drawing as d

FILES = {"a.bpmn": d.document(d.process("a", d.start("s"), d.user("u"), d.end("e"), d.path("s", "u", "e")))}


def waiting():
    return sandbox._spare._child


def test_it_answers_like_a_fresh_one_and_each_child_does_one_job():
    fresh = check(FILES, Catalogue())
    check(FILES, Catalogue(), again_soon=True)
    first = waiting()
    assert check(FILES, Catalogue(), again_soon=True) == fresh
    assert first.returncode == 0
    assert waiting() is not first
    check(FILES, Catalogue())
    assert waiting() is None


def test_one_that_died_or_waited_too_long_is_not_used():
    check(FILES, Catalogue(), again_soon=True)
    dead = waiting()
    dead.kill()
    dead.wait()
    assert check(FILES, Catalogue()).clean
    check(FILES, Catalogue(), again_soon=True)
    old = waiting()
    sandbox._spare._began = time.monotonic() - sandbox.WAITS
    assert check(FILES, Catalogue()).clean
    assert old.returncode is not None


def test_a_forked_process_does_not_share_its_parents_child():
    check(FILES, Catalogue(), again_soon=True)
    sandbox._spare._owner = os.getpid() + 1
    try:
        assert sandbox._spare.take() is None
    finally:
        sandbox._spare._owner = os.getpid()


def test_it_goes_by_itself_when_nobody_comes_for_it():
    check(FILES, Catalogue(), again_soon=True)
    child = sandbox._spare.take()
    child.stdin.close()
    assert child.wait(timeout=20) != 0
