"""What scim2-tester finds when it tries everything that the service says of itself."""

from scim2_tester import Status, check_server

from tests.web.api.scim.provider import ConformanceClient, Service


def test_scim2_tester_finds_nothing_wrong(service: Service) -> None:
    results = check_server(ConformanceClient(service.acme))
    wrong = [f"{each.title}: {each.reason}" for each in results if each.status not in {Status.SUCCESS, Status.SKIPPED}]
    assert wrong == []
    passed = [each for each in results if each.status == Status.SUCCESS]
    assert len(passed) > 50
    assert {each.title for each in results if each.status == Status.SKIPPED} == {"search_with_attributes"}
