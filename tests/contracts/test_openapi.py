"""The whole OpenAPI document against the whole application: no 500, and no answer that the document does not declare."""

import io
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from fastapi.openapi.utils import get_openapi
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import one_of
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.openapi import from_asgi
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import (
    ignored_auth,
    negative_data_rejection,
    positive_data_acceptance,
    unsupported_method,
)

import gateway.web
import monitor.web
import registry.pages
from deploy.assembly import WebHouse, assemble
from deploy.demo.opening import open_demo
from deploy.folder import DataFolder
from deploy.house import open_newest
from registry.auth import service
from registry.auth.permissions import Role
from registry.auth.principal import Grant
from registry.clock import SystemClock
from registry.settings import Settings
from registry.web import pictures

CASES = 20
"""Of each operation in `make test`; `make soak` asks ten times as many."""
NOT_CHECKED = [
    not_a_server_error,  # a declared 503 is an answer: here no plate reader runs; what is undeclared, 500 first of all, fails
    positive_data_acceptance,  # the schema cannot say which gate there is, so a well-formed question may be answered 404
    unsupported_method,  # 405 is given by the framework and declared nowhere
    ignored_auth,  # said of every route and every role by the matrix of permissions
]
ROUTERS = [*gateway.web.routers(), *registry.pages.routers(), *monitor.web.routers(), pictures.router]
NOT_CHECKED_OF_GET = [negative_data_rejection]  # a word in a query that nobody knows is passed over, as HTTP has it
THERE_IS = {"gate": "oc1-north", "site": "oc1", "device": "oc1/beam/north-01", "direction": "in"}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebHouse]:
    """The application on the demo city with few people."""
    data_dir: Path = tmp_path_factory.mktemp("house")
    folder, chosen, clock = DataFolder(data_dir), Settings(data_dir=data_dir), SystemClock()
    folder.prepare()
    with ExitStack() as running:
        stores = open_newest(chosen, folder.key("audit"))
        for store in stores.values():
            running.callback(store.close)
        open_demo(chosen, folder, stores, clock, simulated=False, people=200, out=io.StringIO())
        house = assemble(chosen, stores, clock)
        house.run(running)
        yield house


@pytest.fixture(scope="module")
def token(house: WebHouse) -> str:
    """A program that may do everything everywhere."""
    parts = house.parts
    with parts.stores["registry"].begin(parts.clock.now()) as work:
        return service.add_token(
            work.session, name="everything", grants=[Grant(role, None) for role in Role], now=work.now
        )


@pytest.fixture(scope="module")
def document(house: WebHouse) -> BaseSchema:
    return from_asgi("/api/openapi.json", house.app)


patient = settings(
    deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, max_examples=CASES, database=None
)
OPERATIONS = [
    (method, path)
    for path, item in get_openapi(
        title="",
        version="",
        routes=[route for router in ROUTERS for route in router.routes],
    )["paths"].items()
    for method in item
]


def ask_all(document: BaseSchema, method: str, path: str, token: str, chosen: settings) -> None:
    operation = document[path][method]
    honest = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    wrong = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
    excluded = [*NOT_CHECKED, *(NOT_CHECKED_OF_GET if method == "get" else ())]

    @chosen
    @given(case=one_of(honest, honest.map(_about_what_there_is), wrong))
    def every(case: schemathesis.Case[Any]) -> None:
        case.call_and_validate(headers={"Authorization": f"Bearer {token}"}, excluded_checks=excluded)

    every()


def _about_what_there_is(case: schemathesis.Case[Any]) -> schemathesis.Case[Any]:
    for part in (case.body, case.query, case.path_parameters):
        if isinstance(part, dict):
            part.update({name: known for name, known in THERE_IS.items() if name in part})
    return case


def test_every_operation_of_the_document_is_asked(document: BaseSchema) -> None:
    declared = {(method, path) for path, item in document.raw_schema["paths"].items() for method in item}
    assert declared == set(OPERATIONS)


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_answer_is_a_declared_one(document: BaseSchema, token: str, method: str, path: str) -> None:
    ask_all(document, method, path, token, patient)


@pytest.mark.soak
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_answer_is_a_declared_one_however_often_it_is_asked(
    document: BaseSchema, token: str, method: str, path: str
) -> None:
    ask_all(document, method, path, token, settings(patient, max_examples=10 * CASES, derandomize=False))
