"""Which form values the engine is handed: those its expressions need, also inside filters, and no others."""

from __future__ import annotations

from app.workflow.engine import Catalogue
from app.workflow.engine.checking import check_here
from tests.engine import drawing as d


def routing_names(condition: str, *, script: str = "", tables: frozenset[str] | None = None) -> frozenset[str]:
    """What a process reads whose gateway asks `condition`, after a script."""
    first = (d.script("prepare", script),) if script else (d.user("prepare"),)
    content = d.document(
        d.process(
            "p",
            d.start("begin"),
            *first,
            d.xor("choice", default="choice_to_small"),
            d.end("large"),
            d.end("small"),
            d.path("begin", "prepare", "choice"),
            d.flow("choice", "large", condition),
            d.flow("choice", "small"),
        )
    )
    parsed = check_here({"p.bpmn": content}, Catalogue(table_columns=tables))
    assert parsed.clean, parsed.findings
    return parsed.definitions[0].routing_names


COLUMNS = frozenset({"items.amount", "items.kind"})


def test_a_member_of_the_items_is_no_routing_name():
    assert "amount" not in routing_names("count(items[amount > 5]) > 0", tables=COLUMNS)


def test_a_variable_beside_the_items_is_one_though_it_stands_in_the_filter():
    assert routing_names("count(items[amount > least]) > 0", tables=COLUMNS) == {"items", "least"}


def test_a_name_is_one_where_it_is_read_outside_of_the_filter_too():
    assert "amount" in routing_names("amount > 1 and count(items[amount > 5]) > 0", tables=COLUMNS)


def test_what_a_script_makes_is_known():
    script = "items = [{amount: 3}, {amount: 9}]\nfigures = [1, 2]"
    assert "amount" not in routing_names("count(items[amount > 5]) > 0", script=script)
    assert "amount" in routing_names("count(figures[item > amount]) > 0", script=script)


def test_where_nothing_is_known_of_the_items_the_name_is_one():
    assert "amount" in routing_names("count(items[amount > 5]) > 0")
