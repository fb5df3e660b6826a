"""The API under requests made from its own OpenAPI document: never a 5xx, never an answer the document does not tell.

It is a real server that is asked, with a key that may do everything; about whole organisations, with an operator's.
"""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from outlay.access.keys import SCOPES
from outlay.control.organisations import OPERATORS
from tests.live import LiveOutlay, live_outlay, outlay

EXAMPLES = 25  # of each operation; every run makes the same ones
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveOutlay]:
    with live_outlay(tmp_path_factory.mktemp("data")) as found:
        yield found


@pytest.fixture(scope="module")
def all_powerful(server: LiveOutlay) -> dict[str, str]:
    key = outlay("keys", "create", "fuzz", "--scope", ",".join(SCOPES), "--data", str(server.data)).stdout.strip()
    return {"authorization": f"Bearer {key}"}


@pytest.fixture(scope="module")
def operating(server: LiveOutlay) -> dict[str, str]:
    data = ("--data", str(server.data))
    outlay("operators", "add", "op@example.com", *data)
    made = outlay("keys", "create", "fuzz", "--scope", "admin", "--organisation", OPERATORS, *data)
    return {"authorization": f"Bearer {made.stdout.strip()}"}


@pytest.fixture(scope="module")
def documented(server: LiveOutlay) -> schemathesis.BaseSchema:
    return schemathesis.openapi.from_url(f"{server.url}/api/v1/openapi.json")


def test_every_answer_is_documented_and_none_is_a_fault(
    documented: schemathesis.BaseSchema, all_powerful: dict[str, str], operating: dict[str, str]
) -> None:
    operations = list(map(_operation, documented.get_all_operations()))
    assert len(operations) >= 8
    key_of = {each.label: operating if "/operator/" in each.path else all_powerful for each in operations}
    faults = [fault for each in operations if (fault := fault_of(each, key_of[each.label]))]
    assert not faults, "\n\n".join(faults)


def _operation(found: Any) -> Any:
    return found.ok()  # raises where the document is wrong


def fault_of(operation: Any, headers: dict[str, str]) -> str:
    """Return what is wrong with an operation's answers, empty when nothing was found."""

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def asked(case: schemathesis.Case[Any]) -> None:
        answer = case.call_and_validate(headers=headers, checks=CHECKS)
        # Where nothing but refusals is seen, nothing was tried.
        assert answer.status_code not in {401, 403}, answer.text

    try:
        asked()
    except (FailureGroup, Failure, AssertionError) as fault:
        return f"{operation.label}: {fault}"
    return ""
