"""Ids that sort by time; texts that are no ids; pages."""

from __future__ import annotations

import time
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.errors import Conflict, Forbidden, NotFound, Refusal
from app.kernel.ids import new_id, parse_id, parse_number
from app.kernel.paging import page


def test_an_id_is_a_uuid_of_version_seven_with_the_time_in_front() -> None:
    before = time.time_ns() // 1_000_000
    made = new_id()
    after = time.time_ns() // 1_000_000
    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert before <= made.int >> 80 <= after


def test_ids_of_different_milliseconds_sort_by_time_as_numbers_and_as_text() -> None:
    made = []
    for _ in range(5):
        made.append(new_id())
        time.sleep(0.002)
    assert made == sorted(made)
    assert [str(i) for i in made] == sorted(map(str, made))


def test_ids_of_the_same_moment_differ() -> None:
    assert len({new_id() for _ in range(2000)}) == 2000


@given(st.text())
def test_a_text_is_an_id_or_none(text: str) -> None:
    found = parse_id(text)
    assert found is None or isinstance(found, uuid.UUID)


@pytest.mark.parametrize(("text", "read"), [("7", 7), ("0", 0), ("999999999", 999999999)])
def test_small_numbers_are_read(text: str, read: int) -> None:
    assert parse_number(text) == read


@pytest.mark.parametrize("text", ["", "-1", "1.5", "²", "٣", "1" * 10, "x", " 1", "1\0"])
def test_what_is_no_small_number_is_none(text: str) -> None:
    assert parse_number(text) is None


def test_a_page_names_the_place_to_go_on_from() -> None:
    first = page([1, 2, 3], 2, str)
    assert (list(first.rows), first.following) == ([1, 2], "2")


@pytest.mark.parametrize("rows", [[], [1], [1, 2]])
def test_the_last_page_has_no_following(rows: list[int]) -> None:
    assert page(rows, 2, str).following is None


@pytest.mark.parametrize(("kind", "status"), [(Refusal, 422), (NotFound, 404), (Forbidden, 403), (Conflict, 409)])
def test_a_refusal_knows_its_status_its_sentence_and_its_values(kind: type[Refusal], status: int) -> None:
    refusal = kind("{name} was faster.", name="赵敏")
    assert (refusal.status, str(refusal), refusal.text) == (status, "赵敏 was faster.", "{name} was faster.")
