"""Reading logs: good rows become events of their case, bad ones are left out with their number."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.replay.formats import FORMATS
from app.replay.reading import LONGEST_CASE_ID, LONGEST_FIELD, LogRefused, RowRefused, read_log, read_time

HEADER = "case_id,amount_req,reg_date,event_no,activity,lifecycle,resource,timestamp"


def row(case: str = "7", number: int = 0, activity: str = "A_SUBMITTED", minute: int = 0, **cells: str) -> str:
    phase = cells.get("phase", "COMPLETE")
    when = cells.get("when", f"2011-10-01T10:{minute:02d}:00.000+02:00")
    return f"{case},5000,2011-10-01,{cells.get('number', number)},{activity},{phase},{cells.get('who', '11')},{when}"


def log_of(path: Path, *rows: str, header: str = HEADER, packed: bool = True):
    data = "\n".join((header, *rows, "")).encode()
    path = path / "log.csv.gz"
    path.write_bytes(gzip.compress(data) if packed else data)
    return read_log(path, FORMATS)


def test_rows_become_the_events_of_their_case_in_the_order_of_the_file(tmp_path: Path) -> None:
    log = log_of(tmp_path, row("1"), row("2"), row("1", 1, "A_PARTLYSUBMITTED", 1))
    assert [(case.id, len(case.events)) for case in log.cases] == [("1", 2), ("2", 1)]
    assert [event.row for event in log.cases[0].events] == [2, 4]


def test_a_log_that_is_not_compressed_is_read_as_well(tmp_path: Path) -> None:
    assert log_of(tmp_path, row(), packed=False).events == 1


def test_the_digest_is_that_of_the_file(tmp_path: Path) -> None:
    one = log_of(tmp_path, row()).digest
    assert len(one) == 32
    assert log_of(tmp_path, row("2")).digest != one


def test_resources_that_are_a_web_site_count_as_nobody(tmp_path: Path) -> None:
    log = log_of(tmp_path, row(who="112"), row("2", who="10861"))
    assert [case.events[0].resource for case in log.cases] == ["", "10861"]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("7,5000", "The row has 2 columns, the header 8."),
        (row(when="yesterday"), "'yesterday' is no date and time."),
        (row(when="2011-13-41T00:00:00"), "'2011-13-41T00:00:00' is no date and time."),
        (row(when=""), "The column timestamp is empty."),
        (row(case=""), "The column case_id is empty."),
        (row(activity=""), "The column activity is empty."),
        (row(activity="A_DANCED"), "The activity 'A_DANCED' (COMPLETE) is not one of the loan log of 2012."),
        (row(phase="BEGIN"), "The activity 'A_SUBMITTED' (BEGIN) is not one of the loan log of 2012."),
        (row(number="first"), "The column event_no holds 'first', which is no number."),
        (row(case="7" * 101), f"The case id has more than {LONGEST_CASE_ID} characters."),
    ],
)
def test_a_bad_row_is_left_out_with_its_number_and_the_reading_goes_on(tmp_path: Path, bad: str, reason: str) -> None:
    log = log_of(tmp_path, row("1"), bad, row("2"))
    assert [(reject.row, reject.reason) for reject in log.rejects] == [(3, reason)]
    assert (log.rows, log.events) == (3, 2)


def test_an_event_before_the_one_above_it_is_left_out(tmp_path: Path) -> None:
    log = log_of(tmp_path, row(minute=5), row(number=1, activity="A_PARTLYSUBMITTED", minute=4))
    assert "lies before the one above it" in log.rejects[0].reason


def test_a_row_that_stands_there_twice_is_taken_once(tmp_path: Path) -> None:
    log = log_of(tmp_path, row(number=1), row(number=1))
    assert (log.events, len(log.rejects)) == (1, 1)


def test_events_of_the_same_moment_are_fine(tmp_path: Path) -> None:
    assert log_of(tmp_path, row(), row(number=1, activity="A_PARTLYSUBMITTED")).events == 2


def test_a_row_that_is_no_csv_is_left_out(tmp_path: Path) -> None:
    log = log_of(tmp_path, row("1"), row("2", who="x" * (LONGEST_FIELD + 1)), row("3"))
    assert "can't be read as CSV" in log.rejects[0].reason
    assert [case.id for case in log.cases] == ["1", "3"]


def test_bytes_that_are_no_text_hurt_their_row_only(tmp_path: Path) -> None:
    path = tmp_path / "log.csv.gz"
    path.write_bytes(
        gzip.compress("\n".join((HEADER, row("1"))).encode() + b"\n\xff\xfe\xff,1,2\n" + row("2").encode())
    )
    log = read_log(path, FORMATS)
    assert (log.events, len(log.rejects)) == (2, 1)


def test_a_file_cut_off_in_the_middle_gives_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "log.csv.gz"
    rows = [row(str(number)) for number in range(2000)]
    packed = gzip.compress("\n".join((HEADER, *rows)).encode())
    path.write_bytes(packed[: len(packed) // 2])
    log = read_log(path, FORMATS)
    assert 0 < len(log.cases) < 2000
    assert "The file breaks off here" in log.rejects[-1].reason


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "The columns are those of no log"),
        (b"a,b,c\n1,2,3\n", "are missing"),
        (b'<?xml version="1.0"?><log/>', "only logs in CSV"),
        (b"\x1f\x8bnot gzip at all", "can't be read"),
    ],
)
def test_a_file_that_is_no_log_is_refused_in_one_sentence(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "log"
    path.write_bytes(content)
    with pytest.raises(LogRefused, match=said):
        read_log(path, FORMATS)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(LogRefused, match="There is no file"):
        read_log(tmp_path / "nothing.csv", FORMATS)


def test_the_columns_that_are_missing_are_named(tmp_path: Path) -> None:
    with pytest.raises(LogRefused, match="these are missing: lifecycle"):
        log_of(tmp_path, header=HEADER.replace("lifecycle", "phase"))


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2011-10-01T00:38:44.546+02:00", datetime(2011, 9, 30, 22, 38, 44, 546000, UTC)),
        ("2016/12/09 02:33:55", datetime(2016, 12, 9, 2, 33, 55, tzinfo=UTC)),
        (" 2017-01-09 ", datetime(2017, 1, 9, tzinfo=UTC)),
    ],
)
def test_moments_are_read_as_logs_write_them(text: str, moment: datetime) -> None:
    assert read_time(text) == moment


def test_what_is_no_moment_is_refused() -> None:
    with pytest.raises(RowRefused):
        read_time("2016/12/09 25:00:00")


@pytest.mark.parametrize(
    ("name", "cases", "events"),
    [
        ("bpic2012-loan-2000-cases", 2000, 40518),
        ("bpic2017-loan-sample-400-cases", 400, 4928),
        ("bpic2020-domestic-declarations-2000-cases", 2000, 10674),
        ("bpic2020-prepaid-travel-cost", 3807, 17507),
    ],
)
def test_every_row_of_the_real_logs_can_be_used(shared: Path, name: str, cases: int, events: int) -> None:
    log = read_log(shared / "logs" / f"{name}.csv.gz", FORMATS)
    assert (len(log.cases), log.events, log.rejects) == (cases, events, [])


@pytest.mark.parametrize("name", ["road-traffic-fines-100-cases.csv", "receipt-environmental-permit-700-cases.csv"])
def test_real_logs_of_other_processes_are_refused(shared: Path, name: str) -> None:
    with pytest.raises(LogRefused, match="those of no log known here"):
        read_log(shared / "logs" / f"{name}.gz", FORMATS)
