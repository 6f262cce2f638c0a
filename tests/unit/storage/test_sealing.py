from itertools import combinations

from agentmesh.storage.sealing import place_of


def test_no_two_fields_have_one_place() -> None:
    places = [
        place_of("sessions", ("a",), "state"),
        place_of("outgoing", ("a",), "state"),
        place_of("sessions", ("a",), "body"),
        place_of("sessions", ("b",), "state"),
        place_of("sessions", ("a", "b"), "state"),
        place_of("sessions", ("ab",), "state"),
        place_of("sessions", (1,), "state"),
        place_of("sessions", ("1",), "state"),
        place_of("sessions", (None,), "state"),
    ]
    assert all(one != other for one, other in combinations(places, 2))
