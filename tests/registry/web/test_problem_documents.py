from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import BaseModel

from registry.problems import MEDIA_TYPE, Conflict, TooManyRequests, problems
from registry.web.problem_documents import install


class Body(BaseModel):
    plate: str


class AlreadyDecided(Conflict):
    slug = "already-decided"
    title = "Somebody decided this already"


@pytest.fixture
def client() -> Iterator[TestClient]:
    app = FastAPI()
    install(app)

    @app.post("/decision", responses=problems(AlreadyDecided))
    def decision(body: Body) -> None:
        if body.plate == "slow":
            raise TooManyRequests(headers={"Retry-After": "30"})
        raise AlreadyDecided(f"The guard at the north gate decided {body.plate}.", by="guard")

    with TestClient(app) as client:
        yield client


def test_a_problem_leaves_as_a_document_with_its_facts(client: TestClient) -> None:
    answer = client.post("/decision", json={"plate": "A"})
    assert answer.status_code == 409
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert answer.json() == {
        "type": "urn:dayuan:problem:already-decided",
        "title": "Somebody decided this already",
        "status": 409,
        "detail": "The guard at the north gate decided A.",
        "by": "guard",
    }


def test_a_problem_may_say_when_to_come_back(client: TestClient) -> None:
    assert client.post("/decision", json={"plate": "slow"}).headers["retry-after"] == "30"


def test_a_body_that_is_no_json_is_a_bad_request(client: TestClient) -> None:
    answer = client.post("/decision", content=b"{", headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.headers["content-type"]) == (400, MEDIA_TYPE)


def test_a_field_that_is_missing_is_named(client: TestClient) -> None:
    answer = client.post("/decision", json={})
    assert answer.status_code == 422
    assert answer.json()["fields"][0]["field"] == "plate"


def test_a_page_that_does_not_exist_is_a_problem_document_too(client: TestClient) -> None:
    answer = client.get("/nowhere")
    assert (answer.status_code, answer.headers["content-type"]) == (404, MEDIA_TYPE)


def test_a_method_that_is_not_offered_is_a_problem_document_too(client: TestClient) -> None:
    answer = client.get("/decision")
    assert (answer.status_code, answer.json()["title"]) == (405, "Method Not Allowed")


def test_what_a_route_may_answer_stands_in_its_openapi(client: TestClient) -> None:
    responses = client.get("/openapi.json").json()["paths"]["/decision"]["post"]["responses"]
    assert {"400", "401", "403", "409", "422"} <= set(responses)
