"""The bank's own people, groups and branches: entered, changed and taken away, with four eyes and an audit line for each act."""

from __future__ import annotations

import re

import orjson
import pytest
from sqlalchemy import select

from app.audit.models import AuditEntry
from app.audit.operations import SYSTEM, Actor
from app.identity import accounts, directory, operations, queries
from app.identity.models import Branch
from app.kernel import clock
from app.kernel.db import session, transaction
from app.kernel.errors import Refusal
from app.workflow.assigning import groups as pools
from tests.conftest import Client
from tests.integration.desk_fixtures import LANGUAGES, no_english, speak

ADMIN, SECOND = "zouyi", "second_admin"
FIRST_PASSWORD = re.compile(r'id="first-password">([^<]+)<')
PEOPLE, GROUPS, BRANCHES = "/administration/people", "/administration/groups", "/administration/branches"


@pytest.fixture(autouse=True)
def fresh_session(bank):
    yield
    session.remove()


@pytest.fixture
def admin(sign_in):
    return sign_in(ADMIN)


def user(username):
    session.expire_all()
    return queries.user_by_username(username)


def lines(chain):
    """Verb and detail of the entries of a chain, oldest first."""
    entries = session.scalars(select(AuditEntry).where(AuditEntry.chain == chain).order_by(AuditEntry.seq))
    return [(entry.verb, orjson.loads(entry.payload)["detail"]) for entry in entries]


def last_line(username):
    return lines(f"user:{user(username).id}")[-1]


def enter(client, username, **more):
    form = {"username": username, "name": "测试", "role": ["staff"], **more}
    answer = client.post("/administration/new-person", form)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return FIRST_PASSWORD.search(answer.get_data(as_text=True)).group(1)


def signs_in(bank, username, password):
    client = Client(bank.app.test_client())
    return client, client.post("/login", {"username": username, "password": password})


def refused(answer, sentence):
    assert answer.status_code in (403, 422), answer.status_code
    assert sentence in answer.get_data(as_text=True)


def test_who_is_entered_chooses_his_own_password_before_he_sees_anything(bank, admin):
    given = {
        "email": "new@bank.example",
        "phone": "139 0000 0000",
        "position_zh_Hans": "信贷员",
        "superior": "zhengwei",
    }
    password = enter(admin, "newcomer", **given)
    assert password not in admin.get(f"{PEOPLE}/newcomer").get_data(as_text=True)
    client, answer = signs_in(bank, "newcomer", password)
    assert answer.status_code == 302
    assert client.get("/inbox/todo").headers["Location"] == "/settings/password"
    wrong = {"old": "wrong", "new": "Fresh-Words-77", "again": "Fresh-Words-77"}
    assert client.http.post("/settings/password", data=wrong).status_code == 400  # without the token against forgery
    form = {"old": password, "new": "Fresh-Words-77", "again": "Fresh-Words-77"}
    assert client_post(client, "/settings/password", {**form, "again": "other"}).status_code == 422
    assert client_post(client, "/settings/password", {**form, "old": "wrong"}).status_code == 422
    assert client_post(client, "/settings/password", form).status_code == 302
    client, answer = signs_in(bank, "newcomer", "Fresh-Words-77")
    assert client.get("/inbox/todo").status_code == 200
    made = next(detail for verb, detail in lines(f"user:{user('newcomer').id}") if verb == "create_user")
    assert made == {"username": "newcomer", "roles": ["staff"]}
    assert user("newcomer").phone == "139 0000 0000"
    assert b"139" not in user("newcomer").phone_cipher


def client_post(client, path, form):
    """A post of somebody who sees only the page of his password."""
    page = client.get("/settings/password").get_data(as_text=True)
    token = page.partition('name="csrf_token" value="')[2].partition('"')[0]
    return client.http.post(path, data={**form, "csrf_token": token})


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"username": "Big Name"}, "用户名为 2 至 60"),
        ({"username": "zhaomin"}, "用户名 zhaomin 已被使用"),
        ({"name": " "}, "请填写姓名"),
        ({"email": "nowhere"}, "邮箱地址不完整"),
        ({"phone": "call me"}, "电话号码只能含"),
        ({"branch": "99999"}, "没有此机构"),
        ({"line": "99999"}, "没有此业务条线"),
        ({"superior": "nobody_here"}, "nobody_here"),
        ({"role": ["king"]}, "没有角色 king"),
    ],
)
def test_what_is_wrong_is_said_beside_what_was_typed(admin, form, sentence):
    whole = {"username": "typed_so_far", "name": "打字", "role": ["staff"], **form}
    answer = admin.post("/administration/new-person", whole)
    assert answer.status_code in (404, 422)
    text = answer.get_data(as_text=True)
    assert sentence in text
    assert f'value="{whole["username"]}"' in text
    assert user("typed_so_far") is None


def test_a_change_is_on_record_with_before_and_after_but_without_telephone_numbers(admin):
    enter(admin, "corrected", phone="13900000001")
    form = {"name": "改名", "phone": "13900000002", "branch": str(queries.branches()[0].id)}
    assert admin.post(f"{PEOPLE}/corrected/change", form).status_code == 302
    verb, detail = last_line("corrected")
    assert verb == "change_user"
    assert detail["before"]["name"] == "测试"
    assert detail["after"]["name"] == "改名"
    assert set(detail["changed"]) == {"name", "phone", "branch_id"}
    assert "1390000000" not in str(detail)


def test_superiors_form_no_circle(admin):
    enter(admin, "lower", superior="zhaomin")
    enter(admin, "lowest", superior="lower")
    refused(admin.post(f"{PEOPLE}/lower/change", {"name": "下", "superior": "lowest"}), "间接成为自己的上级")


def test_roles_take_effect_at_once_end_the_logins_and_nobody_sets_his_own(bank, admin):
    password = enter(admin, "promoted")
    client, _ = signs_in(bank, "promoted", password)
    assert admin.post(f"{PEOPLE}/promoted/roles", {"role": ["auditor", "staff"]}).status_code == 302
    assert last_line("promoted") == ("set_roles", {"before": ["staff"], "after": ["auditor", "staff"]})
    assert client.get("/settings/password").headers["Location"].startswith("/login")
    refused(admin.post(f"{PEOPLE}/{ADMIN}/roles", {"role": ["administrator", "supervisor"]}), "须由另一位管理员办理")
    assert user(ADMIN).roles == ["administrator"]
    assert "双人原则" in admin.get(f"{PEOPLE}/{ADMIN}").get_data(as_text=True)


def test_nobody_changes_what_his_own_place_allows_but_his_own_telephone(admin):
    me = user(ADMIN)
    superior = queries.users([me.superior_id])[me.superior_id].username
    kept = {"name": me.name, "branch": str(me.branch_id), "superior": superior, "phone": "13900000003"}
    assert admin.post(f"{PEOPLE}/{ADMIN}/change", kept).status_code == 302
    refused(admin.post(f"{PEOPLE}/{ADMIN}/change", {**kept, "branch": ""}), "须由另一位管理员办理")
    refused(admin.post(f"{GROUPS}/risk_committee/members", {"username": ADMIN}), "须由另一位管理员办理")
    refused(admin.post(f"{PEOPLE}/{ADMIN}/password"), "设置")
    refused(admin.post(f"{PEOPLE}/{ADMIN}/deactivate", {"reason": "x"}), "停用")


def test_a_new_password_opens_a_locked_account_and_unlocking_is_on_record(bank, admin):
    enter(admin, "forgetful")
    for _ in range(5):
        signs_in(bank, "forgetful", "not it")
    assert "已锁定" in admin.get(f"{PEOPLE}?state=locked").get_data(as_text=True)
    assert admin.post(f"{PEOPLE}/forgetful/unlock").status_code == 302
    assert last_line("forgetful")[0] == "unlock_user"
    refused(admin.post(f"{PEOPLE}/forgetful/unlock"), "未被锁定")
    page = admin.post(f"{PEOPLE}/forgetful/password").get_data(as_text=True)
    password = FIRST_PASSWORD.search(page).group(1)
    assert signs_in(bank, "forgetful", password)[1].status_code == 302
    assert password not in str(lines(f"user:{user('forgetful').id}"))


def test_ending_every_sign_in_shuts_out_person_and_programs(bank, admin):
    client, _ = signs_in(bank, "intruded", enter(admin, "intruded"))
    with transaction():
        secret = operations.create_token(user_id=user("intruded").id, name="p", actor=SYSTEM, now=clock.now())
    assert admin.post(f"{PEOPLE}/intruded/end-access").status_code == 302
    assert last_line("intruded") == ("end_access", {"before": {"logins": 1, "tokens": 1}})
    assert client.get("/settings/password").headers["Location"].startswith("/login")
    headers = {"Authorization": f"Bearer {secret}"}
    assert bank.app.test_client().get("/engine-rest/task", headers=headers).status_code == 401


def test_who_leaves_is_closed_with_a_reason_and_the_page_says_what_he_still_holds(bank, admin):
    page = admin.get(f"{PEOPLE}/zhengwei").get_data(as_text=True)
    assert "名下仍有未交接事项" in page
    assert "/hand-over?from=zhengwei" in page
    password = enter(admin, "leaver")
    refused(admin.post(f"{PEOPLE}/leaver/deactivate", {"reason": " "}), "原因")
    assert admin.post(f"{PEOPLE}/leaver/deactivate", {"reason": "离职"}).status_code == 302
    verb, detail = last_line("leaver")
    assert (verb, detail["after"], detail["reason"]) == ("deactivate_user", {"active": False}, "离职")
    assert signs_in(bank, "leaver", password)[1].status_code == 422
    refused(admin.post(f"{PEOPLE}/leaver/password"), "已停用")
    refused(admin.post(f"{PEOPLE}/leaver/deactivate", {"reason": "again"}), "已停用")
    page = admin.post(f"{PEOPLE}/leaver/reactivate", {"reason": "返聘"}).get_data(as_text=True)
    assert signs_in(bank, "leaver", FIRST_PASSWORD.search(page).group(1))[1].status_code == 302
    assert "reactivate_user" in [verb for verb, _ in lines(f"user:{user('leaver').id}")]


def test_the_bank_is_never_left_without_an_administrator(bank):
    me = user(ADMIN)
    assert accounts.is_last_administrator(me)
    other, moment = Actor(user_id=user("zhaomin").id), clock.now()
    with pytest.raises(Refusal, match="last administrator"):
        accounts.deactivate(user=me, reason="x", actor=other, now=moment)
    with pytest.raises(Refusal, match="last administrator"):
        accounts.set_roles(user=me, roles=["staff"], actor=other, now=moment)
    session.rollback()


def test_with_a_second_administrator_the_first_may_go(sign_in):
    with transaction():
        accounts.enter(
            username=SECOND,
            details=accounts.Details("第二"),
            roles=["administrator"],
            actor=SYSTEM,
            now=clock.now(),
        )
        assert not accounts.is_last_administrator(user(ADMIN))
    sign_in(ADMIN).post(f"{PEOPLE}/{SECOND}/deactivate", {"reason": "试完"})
    assert not user(SECOND).active


def test_a_group_is_made_filled_led_and_taken_away_again(admin):
    assert admin.post(GROUPS, {"key": "night_shift", "name_zh_Hans": "夜班"}).status_code == 302
    refused(admin.post(GROUPS, {"key": "night_shift", "name_en": "x"}), "已被使用")
    refused(admin.post(GROUPS, {"key": "Night Shift", "name_en": "x"}), "标识以小写字母开头")
    refused(admin.post(GROUPS, {"key": "unnamed_ones"}), "至少用一种语言")
    here = f"{GROUPS}/night_shift"
    found = admin.get(f"{here}?q=zhaom").get_data(as_text=True)
    assert "赵敏" in found
    assert pools.by_key("night_shift").member_ids == ()
    assert admin.post(f"{here}/members", {"username": "zhaomin"}).status_code == 302
    assert pools.by_key("night_shift").member_ids == (user("zhaomin").id,)
    refused(admin.post(f"{here}/members", {"username": "zhaomin"}), "已在该组中")
    refused(admin.post(f"{here}/head", {"username": "qianjin"}), "不在该组中")
    admin.post(f"{here}/head", {"username": "zhaomin"})
    admin.post(f"{here}/name", {"name_en": "Night shift", "name_zh_Hans": "夜班"})
    refused(admin.post(f"{here}/members/remove", {"username": "qianjin"}), "不在该组中")
    admin.post(f"{here}/members/remove", {"username": "zhaomin"})
    group = queries.group_by_key("night_shift")
    assert group.head_id is None
    assert group.name == {"en": "Night shift", "zh_Hans": "夜班", "zh_Hant": "夜班"}
    verbs = [verb for verb, _ in lines(f"group:{group.id}")]
    assert verbs == ["create_group", "add_member", "set_head", "rename_group", "set_head", "remove_member"]
    assert admin.post(f"{here}/delete").status_code == 302
    assert admin.get(here).status_code == 404


@pytest.mark.parametrize("key", ["credit_committee", "retail_officers", "corporate_leaders", "customer_managers"])
def test_a_group_that_a_diagram_names_or_puts_together_stays(admin, key):
    refused(admin.post(f"{GROUPS}/{key}/delete"), "credit_application 1")
    session.expire_all()
    assert queries.group_by_key(key) is not None


def test_branches_are_a_tree_with_one_root(admin):
    root = next(branch for branch in queries.branches() if branch.parent_id is None)
    form = {"name_zh_Hans": "南湖支行", "parent": str(root.id)}
    assert admin.post(BRANCHES, {**form, "key": "south_branch"}).status_code == 302
    south = next(branch for branch in queries.branches() if branch.key == "south_branch")
    assert admin.post(BRANCHES, {"key": "south_desk", "name_en": "Desk", "parent": str(south.id)}).status_code == 302
    desk = next(branch for branch in queries.branches() if branch.key == "south_desk")
    refused(admin.post(f"{BRANCHES}/south_branch", {**form, "parent": str(desk.id)}), "自身之下")
    refused(admin.post(BRANCHES, {"key": "rival", "name_en": "Rival"}), "已有总行")
    assert admin.post(f"{BRANCHES}/south_desk", {"name_en": "Desk 2", "parent": str(root.id)}).status_code == 302
    session.expire_all()
    assert session.get(Branch, desk.id).parent_id == root.id
    verb, detail = lines("branches")[-1]
    assert (verb, detail["before"]["parent"], detail["after"]["parent"]) == ("change_branch", south.id, root.id)
    assert [depth for branch, depth in directory.tree() if branch.key == "south_desk"] == [1]


def test_business_lines_are_made_and_renamed(admin):
    assert admin.post("/administration/business-lines", {"key": "leasing", "name_en": "Leasing"}).status_code == 302
    assert admin.post("/administration/business-lines/leasing", {"name_zh_Hans": "租赁"}).status_code == 302
    refused(admin.post("/administration/business-lines", {"key": "leasing", "name_en": "x"}), "已被使用")
    assert [verb for verb, _ in lines("branches")][-2:] == ["create_line", "rename_line"]


def test_the_list_is_searched_and_filtered_and_goes_on_page_by_page(admin, monkeypatch):
    monkeypatch.setattr(directory, "PAGE", 5)
    page = admin.get(PEOPLE).get_data(as_text=True)
    assert "after=" in page
    seen, after = [], ""
    while rows := directory.people(directory.Wanted(after=after), clock.now()):
        seen += [row.username for row in rows]
        after = rows[-1].username
    assert len(seen) == len(set(seen)) == directory.count(directory.Wanted(), clock.now())
    group = queries.group_by_key("risk_managers")
    found = directory.people(directory.Wanted(group_id=group.id, text="孔"), clock.now())
    assert [row.username for row in found] == ["kongxiang"]
    assert directory.count(directory.Wanted(text="%"), clock.now()) == 0


@pytest.mark.parametrize("username", ["zhaomin", "jiangshan", "qiyue"])
def test_others_see_and_change_nothing_here(sign_in, username):
    client = sign_in(username)
    for path in (PEOPLE, f"{PEOPLE}/zhaomin", GROUPS, BRANCHES):
        assert client.get(path).status_code == 403
    assert client.post(f"{PEOPLE}/{username}/roles", {"role": ["administrator"]}).status_code == 403
    assert "administrator" not in user(username).roles


@pytest.mark.parametrize("locale", [code for code in LANGUAGES if code != "en"])
def test_the_pages_speak_the_readers_language(admin, locale):
    speak(ADMIN, locale)
    for path in (PEOPLE, f"{PEOPLE}/zhengwei", "/administration/new-person", f"{GROUPS}/risk_managers", BRANCHES):
        no_english(admin.get(path).get_data(as_text=True))
