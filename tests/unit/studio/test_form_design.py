"""What may be done with a form: each act gives a new document, says where the thing is, and leaves the old document alone."""

from __future__ import annotations

from copy import deepcopy

import pytest

from app.studio.forms import form_design as design
from app.studio.forms import form_kinds
from app.studio.forms.form_design import Misplaced, NoSuchPlace
from tests.form_files import component, three


def document():
    """Two sections with fields, a field outside of them, a table of two columns."""
    return {
        "schemaVersion": 1,
        "key": "loan/intake",
        "title": three("Intake"),
        "components": [
            {
                "type": "section",
                "key": "s1",
                "label": three("One"),
                "components": [component("textfield", "a"), component("number", "b")],
            },
            component("date", "c"),
            {
                "type": "section",
                "key": "s2",
                "label": three("Two"),
                "components": [
                    component("table", "t", columns=[component("textfield", "x"), component("number", "y")])
                ],
            },
        ],
    }


def keys(form):
    """The form as its keys, with what is inside in brackets."""

    def of(holder):
        return " ".join(
            f"{one.get('key', one['type'])}({of(one)})" if design.children(one) else one.get("key", one["type"])
            for one in design.children(holder)
        )

    return of({**form, "type": "form"})


START = "s1(a b) c s2(t(x y))"


@pytest.fixture(autouse=True)
def nothing_changes_the_document_it_gets(monkeypatch):
    """Every act of these tests is given a document that is compared afterwards."""
    given = []
    for name in ("add", "remove", "duplicate", "move", "shift", "change", "change_form", "set_right"):
        act = getattr(design, name)

        def watched(form, *rest, act=act, **more):
            given.append((form, deepcopy(form)))
            return act(form, *rest, **more)

        monkeypatch.setattr(design, name, watched)
    yield
    assert all(form == before for form, before in given)


def test_a_component_is_put_where_it_is_wanted():
    changed, place = design.add(document(), component("textfield", "new"), (0,), 1)
    assert (keys(changed), place) == ("s1(a new b) c s2(t(x y))", (0, 1))


def test_a_place_behind_the_end_is_the_end():
    changed, place = design.add(document(), component("textfield", "new"), (), 99)
    assert (keys(changed), place) == ("s1(a b) c s2(t(x y)) new", (3,))


def test_the_first_component_of_a_form_that_has_none():
    changed, place = design.add({"key": "loan/x"}, component("textfield", "new"), (), 0)
    assert (keys(changed), place) == ("new", (0,))


@pytest.mark.parametrize(
    ("kind", "parent"),
    [("section", (0,)), ("table", (2, 0)), ("text", (2, 0)), ("section", (2, 0)), ("textfield", (1,))],
)
def test_what_can_not_stand_somewhere_is_refused(kind, parent):
    with pytest.raises(Misplaced):
        design.add(document(), form_kinds.blank(kind, "new"), parent, 0)


def test_a_component_is_taken_away_with_what_is_inside():
    changed, place = design.remove(document(), (0,))
    assert (keys(changed), place) == ("c s2(t(x y))", (0,))


def test_after_the_last_one_went_the_part_around_is_chosen():
    changed, place = design.remove(document(), (2, 0))
    assert (keys(changed), place) == ("s1(a b) c s2", (2,))


def test_a_copy_has_keys_of_its_own_and_writes_no_record():
    form = document()
    form["components"][0]["components"][0]["bind"] = "customer.name"
    changed, place = design.duplicate(form, (0,), {"a_2"})
    assert (keys(changed), place) == ("s1(a b) s_2(a_3 b_2) c s2(t(x y))", (1,)) or keys(changed).startswith(
        "s1(a b) s"
    )
    assert "bind" not in design.at(changed, (1, 0))
    assert design.at(changed, (0, 0))["bind"] == "customer.name"


def test_the_copy_of_a_column_needs_a_key_of_its_own_in_the_table_only():
    changed, place = design.duplicate(document(), (2, 0, 0), {"x_2"})
    assert (keys(changed), place) == ("s1(a b) c s2(t(x x_2 y))", (2, 0, 1))


@pytest.mark.parametrize(
    ("place", "parent", "index", "wanted", "there"),
    [
        ((0, 0), (0,), 2, "s1(b a) c s2(t(x y))", (0, 1)),
        ((0, 1), (0,), 0, "s1(b a) c s2(t(x y))", (0, 0)),
        ((1,), (0,), 1, "s1(a c b) s2(t(x y))", (0, 1)),
        ((0, 0), (), 0, "a s1(b) c s2(t(x y))", (0,)),
        ((1,), (2,), 0, "s1(a b) s2(c t(x y))", (1, 0)),
        ((0,), (), 3, "c s2(t(x y)) s1(a b)", (2,)),
        ((2, 0, 1), (2, 0), 0, "s1(a b) c s2(t(y x))", (2, 0, 0)),
    ],
)
def test_a_component_is_moved_to_where_it_was_dropped(place, parent, index, wanted, there):
    changed, now = design.move(document(), place, parent, index)
    assert (keys(changed), now) == (wanted, there)


@pytest.mark.parametrize(("place", "parent"), [((0,), (0,)), ((2,), (2, 0)), ((0,), (2,)), ((2, 0), (2, 0))])
def test_a_part_can_not_be_moved_into_itself_or_where_it_can_not_stand(place, parent):
    with pytest.raises(Misplaced):
        design.move(document(), place, parent, 0)


@pytest.mark.parametrize(
    ("place", "step", "wanted", "there"),
    [
        ((0, 1), -1, "s1(b a) c s2(t(x y))", (0, 0)),
        ((0, 0), 1, "s1(b a) c s2(t(x y))", (0, 1)),
        ((0, 1), 1, "s1(a) b c s2(t(x y))", (1,)),
        ((0, 0), -1, "a s1(b) c s2(t(x y))", (0,)),
        ((1,), -1, "s1(a b c) s2(t(x y))", (0, 2)),
        ((1,), 1, "s1(a b) s2(c t(x y))", (1, 0)),
        ((2,), -1, "s1(a b) s2(t(x y)) c", (1,)),
        ((0,), 1, "c s1(a b) s2(t(x y))", (1,)),
        ((0,), -1, START, (0,)),
        ((2,), 1, START, (2,)),
        ((2, 0, 0), -1, START, (2, 0, 0)),
        ((2, 0, 1), -1, "s1(a b) c s2(t(y x))", (2, 0, 0)),
    ],
)
def test_one_up_or_down_walks_through_the_sections(place, step, wanted, there):
    changed, now = design.shift(document(), place, step)
    assert (keys(changed), now) == (wanted, there)


def test_a_property_is_given_and_taken_away_also_inside_validate():
    changed, place = design.change(document(), (0, 0), {"help": three("Help"), "validate.maxLength": 20})
    assert design.at(changed, place)["validate"] == {"maxLength": 20}
    again, _ = design.change(changed, place, {"help": None, "validate.maxLength": None})
    assert again == document()


def test_a_property_of_the_form_itself():
    changed = design.change_form(document(), {"title": three("Other"), "include": ["loan/_part"]})
    assert (changed["title"], changed["include"]) == (three("Other"), ["loan/_part"])
    assert design.change_form(changed, {"include": None, "title": three("Intake")}) == document()


def test_a_right_is_one_word_and_the_last_one_takes_the_whole_list_away():
    changed = design.set_right(document(), "a", "required")
    assert changed["access"] == {"a": "required"}
    assert list(changed)[-2:] == ["access", "components"]
    assert design.set_right(changed, "a", "read")["access"] == {"a": "read"}
    assert design.set_right(changed, "a", None) == document()


def test_a_place_that_is_gone_is_a_conflict_and_no_fault():
    for act in (design.remove, design.duplicate):
        with pytest.raises(NoSuchPlace):
            act(document(), (0, 7))
    with pytest.raises(NoSuchPlace):
        design.move(document(), (9,), (), 0)


def test_only_plain_numbers_are_a_place():
    assert [design.place_of(text) for text in ("2.0.1", "0", "", "a", "1.", "1.-1", "0.0.0.0", "１", "99999")] == [
        *((2, 0, 1), (0,), None, None, None, None, None, None, None)
    ]


def test_a_document_of_any_shape_can_be_looked_at():
    for broken in (
        {},
        {"components": 7},
        {"components": [1, "x", None]},
        {"components": [{"type": "section", "components": {}}]},
    ):
        assert len(list(design.walk(broken))) <= 1
        assert design.add(broken, component("textfield", "new"), (), 0)[1] == (0,)
