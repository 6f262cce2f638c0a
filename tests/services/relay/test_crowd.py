import ipaddress

from agentmesh_relay.crowd import MAX_STRANGERS, MAX_STRANGERS_PER_ADDRESS, Crowd
from agentmesh_relay.proxies import Proxies


def test_an_address_has_a_bound_which_others_do_not_feel() -> None:
    crowd = Crowd(3, Proxies())
    assert [crowd.enter("one") for _ in range(4)] == [True, True, True, False]
    assert crowd.enter("other")
    crowd.leave("one", is_stranger=True)
    crowd.leave("one", is_stranger=True)
    assert crowd.enter("one")


def test_strangers_of_one_address_are_few_and_who_said_its_name_is_none() -> None:
    crowd = Crowd(100_000, Proxies())
    for _ in range(MAX_STRANGERS_PER_ADDRESS):
        assert crowd.enter("one")
    assert not crowd.enter("one")
    crowd.leave("one", is_stranger=True)
    crowd.introduce("one")
    assert crowd.enter("one")
    crowd.leave("one", is_stranger=False)
    assert not crowd.enter("one")


def test_all_strangers_together_have_a_bound() -> None:
    crowd = Crowd(10, Proxies())
    found = [crowd.enter(str(number)) for number in range(MAX_STRANGERS + 1)]
    assert found.count(False) == 1


def test_clients_of_a_believed_proxy_are_counted_one_by_one() -> None:
    crowd = Crowd(1, Proxies([ipaddress.ip_network("10.0.0.1")]))
    clients = [crowd.client("10.0.0.1", [f"192.0.2.{number}"]) for number in (1, 2)]
    assert [crowd.enter(client) for client in clients] == [True, True]
