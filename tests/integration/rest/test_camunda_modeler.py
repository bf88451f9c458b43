"""What Camunda Modeler's button "Deploy current diagram" sends, request by request (its CamundaAPI.js), and what it reads back.

The program asks without credentials whether anybody is there, asks its version, and sends the diagram with its attachments.
"""

import base64
import io

import pytest

from tests.integration.rest import small_loan

WINDOW = {"Origin": "file://", "Accept": "application/json"}
BOUNDARY = "----WebKitFormBoundaryE19zNvXGzXaLvS5C"


@pytest.fixture
def basic(program):
    """The dialog's "HTTP Basic": user name, and a token as the password."""
    caller = program("qiyue")
    credentials = base64.b64encode(f"qiyue:{caller.token}".encode()).decode()
    return caller.http, {**WINDOW, "Authorization": f"Basic {credentials}"}


@pytest.fixture
def bearer(program):
    """The dialog's "Bearer token"."""
    caller = program("qiyue")
    return caller.http, {**WINDOW, "Authorization": f"Bearer {caller.token}"}


def form_data(diagram_name, diagram, *, name, tenant="", attachments=()):
    """The body as Chromium writes a FormData: names and file names as plain UTF-8, blobs with their type."""
    fields = [
        ("deployment-name", name),
        ("deployment-source", "Camunda Modeler"),
        ("enable-duplicate-filtering", "true"),
    ]
    fields += [("tenant-id", tenant)] if tenant else []
    body = io.BytesIO()
    for field, value in fields:
        body.write(f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'.encode())
    for file, content, kind in [(diagram_name, diagram, "text/xml"), *attachments]:
        head = f'Content-Disposition: form-data; name="{file}"; filename="{file}"\r\nContent-Type: {kind}\r\n\r\n'
        body.write(f"--{BOUNDARY}\r\n{head}".encode() + content + b"\r\n")
    body.write(f"--{BOUNDARY}--\r\n".encode())
    return {"data": body.getvalue(), "content_type": f"multipart/form-data; boundary={BOUNDARY}"}


def attachments():
    files = {name: content for name, content in small_loan.files().items() if name != small_loan.NAME}
    return [(name.rpartition("/")[2], content, "application/octet-stream") for name, content in files.items()]


def test_without_credentials_the_dialog_learns_that_it_must_ask_for_them(bank):
    answer = bank.app.test_client().get("/engine-rest/deployment?maxResults=0", headers=WINDOW)
    assert answer.status_code == 401
    assert answer.headers["Access-Control-Allow-Origin"] == "file://"


@pytest.mark.parametrize("way", ["basic", "bearer"])
def test_the_connection_and_the_version_are_checked(request, way):
    http, headers = request.getfixturevalue(way)
    assert http.get("/engine-rest/deployment?maxResults=0", headers=headers).get_json() == []
    version = http.get("/engine-rest/version", headers=headers).get_json()["version"]
    assert version.startswith("7.")


@pytest.mark.parametrize("way", ["basic", "bearer"])
def test_the_window_asks_before_it_sends_and_may(request, way):
    http, _ = request.getfixturevalue(way)
    asked = {**WINDOW, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    answer = http.open("/engine-rest/deployment/create", method="OPTIONS", headers=asked)
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == "file://"
    assert "authorization" in answer.headers["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in answer.headers


def test_a_page_of_the_internet_is_not_let_in(bearer):
    http, headers = bearer
    asked = {**headers, "Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    assert "Access-Control-Allow-Origin" not in http.get("/engine-rest/version", headers=asked).headers
    assert "Access-Control-Allow-Origin" not in http.options("/engine-rest/deployment/create", headers=asked).headers


@pytest.mark.parametrize(("way", "tenant"), [("basic", ""), ("bearer", "bank-1")])
def test_the_diagram_with_its_forms_is_deployed_and_the_definition_read_back(request, program, way, tenant):
    http, headers = request.getfixturevalue(way)
    diagram = small_loan.diagram(f"小额贷款 {way}")
    sent = form_data("小额贷款.bpmn", diagram, name=f"小额贷款 {way}", tenant=tenant, attachments=attachments())
    answer = http.post("/engine-rest/deployment/create", headers=headers, **sent)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    (definition,) = answer.get_json()["deployedProcessDefinitions"].values()
    assert definition["key"] == "small_loan"
    begun = program("zhaomin").do(f"/process-definition/{definition['id']}/start")
    assert begun["stations"] == ["apply"]


def test_the_same_diagram_again_is_told_as_nothing_new(bearer):
    http, headers = bearer
    sent = form_data("again.bpmn", small_loan.diagram("again"), name="again", attachments=attachments())
    first = http.post("/engine-rest/deployment/create", headers=headers, **sent).get_json()
    second = http.post("/engine-rest/deployment/create", headers=headers, **sent).get_json()
    assert second["id"] == first["id"]
    assert second["deployedProcessDefinitions"] is None


def test_a_diagram_with_findings_is_refused_with_text_for_the_log(bearer):
    http, headers = bearer
    broken = small_loan.diagram().replace(b'value="market_department"', b'value="nobodys_group"')
    sent = form_data("broken.bpmn", broken, name="broken", attachments=attachments())
    answer = http.post("/engine-rest/deployment/create", headers=headers, **sent)
    assert answer.status_code == 400
    assert "nobodys_group" in answer.get_json()["message"]


def test_somebody_who_may_not_deploy_is_told_so(program):
    caller = program("zhaomin")
    headers = {**WINDOW, "Authorization": f"Bearer {caller.token}"}
    sent = form_data("mine.bpmn", small_loan.diagram(), name="mine", attachments=attachments())
    assert caller.http.post("/engine-rest/deployment/create", headers=headers, **sent).status_code == 403
