"""What must not be printed."""

from agentmesh.control.answers import DashboardOpened


def test_an_address_that_lets_in_is_not_shown_by_accident() -> None:
    opened = DashboardOpened(url="http://x/#token=abc", scope="view", expires_at="")
    assert repr(opened) == "DashboardOpened(view)"
