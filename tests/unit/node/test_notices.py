"""News reach whoever listens, and a slow listener harms nobody."""

from agentmesh.node import notices
from agentmesh.node.notices import Bulletin, Notice, rings
from agentmesh.protocol.ids import Amid
from tests.support.patience import PATIENCE


async def test_everybody_who_listens_is_told() -> None:
    bulletin, heard = Bulletin(), list[Notice]()
    bulletin.listen(heard.append)
    async with bulletin.subscribed() as news:
        bulletin.publish(Notice(kind="one"))
        assert (await news.get()).kind == "one"
    bulletin.publish(Notice(kind="two"))
    assert [notice.kind for notice in heard] == ["one", "two"]
    assert news.empty()


async def test_who_names_kinds_hears_of_no_others() -> None:
    bulletin, heard = Bulletin(), list[Notice]()
    bulletin.listen(heard.append, {"one"})
    async with bulletin.subscribed({"two"}) as news:
        for kind in ("one", "two", "three"):
            bulletin.publish(Notice(kind=kind))
        assert [(await news.get()).kind, news.empty()] == ["two", True]
    bulletin.listen(heard.append, {"two"})
    bulletin.publish(Notice(kind="two"))
    assert [notice.kind for notice in heard] == ["one", "two"]


async def test_a_bell_is_rung_by_what_it_is_for_and_is_silent_again() -> None:
    bulletin = Bulletin()
    async with bulletin.bell({"one", "two"}, Amid("peer")) as bell:
        bulletin.publish(Notice(kind="one", peer=Amid("other")), Notice(kind="two"))
        bulletin.publish(Notice(kind="three", peer=Amid("peer")))
        assert not await rings(bell, 0.001)
        bulletin.publish(Notice(kind="one"), Notice(kind="one", peer=Amid("peer")))
        bulletin.publish(Notice(kind="two", peer=Amid("peer")))
        assert await rings(bell, PATIENCE)
        assert not await rings(bell, 0.001)
    bulletin.publish(Notice(kind="one", peer=Amid("peer")))
    assert not bell.is_set()


async def test_a_listener_that_is_too_slow_loses_the_oldest() -> None:
    bulletin = Bulletin()
    async with bulletin.subscribed() as news:
        for number in range(notices.MAX_WAITING_NOTICES + 3):
            bulletin.publish(Notice(kind=str(number)))
        assert news.qsize() == notices.MAX_WAITING_NOTICES
        assert (await news.get()).kind == "3"


def test_notices_of_one_kind_are_told_together_to_who_wants_that() -> None:
    bulletin, alone, together = Bulletin(), list[str](), list[str]()
    bulletin.listen(lambda notice: alone.append(notice.kind))
    bulletin.listen_to_runs(lambda run: together.append(" ".join(it.kind for it in run)), {"a"})
    bulletin.publish(*(Notice(kind=kind) for kind in "aabca"))
    bulletin.publish()
    assert together == ["a a", "a"]
    assert alone == [*"aabca"]


async def test_who_comes_and_goes_hides_nothing_from_who_stays() -> None:
    bulletin, heard = Bulletin(), list[str]()
    bulletin.listen(lambda notice: heard.append(f"all {notice.kind}"))
    bulletin.listen(lambda notice: heard.append(notice.kind), {"one", "two"})
    bulletin.publish(Notice(kind="one"), Notice(kind="two"))
    heard.clear()
    async with bulletin.subscribed({"one"}) as some, bulletin.subscribed() as every:
        bulletin.publish(Notice(kind="one"), Notice(kind="two"))
        assert [some.qsize(), every.qsize()] == [1, 2]
    bulletin.publish(Notice(kind="one"), Notice(kind="two"))
    assert [some.qsize(), every.qsize()] == [1, 2]
    assert heard == 2 * ["all one", "one", "all two", "two"]
