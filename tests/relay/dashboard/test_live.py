"""What a viewer sees of the live links."""

from __future__ import annotations

from doorstep_relay.dashboard.live import PAGE, Shown, Wanted, look
from doorstep_relay.switchboard.local import LiveShare
from doorstep_relay.switchboard.pool import Pool
from doorstep_relay.switchboard.tally import Tally

NOW = 1_000.0


def tally(number: int, name: str, owner: str = "alice", *, ends: float | None = None, rate: int = 0) -> Tally:
    made = Tally(
        LiveShare(
            name=name,
            host=f"{name}.localhost".encode(),
            share_id=number,
            epoch=1,
            account_id=len(owner),
            token_id=None,
            owner=owner,
            expires_at=ends,
            since=NOW - 90,
            pool=Pool(spares=0, limit=1, max_waiting=1, ask=lambda _count: None),
            tell=lambda _code, _reason: None,
        )
    )
    made.rate = rate
    return made


def seen(tallies: list[Tally], search: str = "", order: str = "Newest first", page: int = 0) -> Shown:
    return look(tallies, 0, Wanted(search, order, page, None), NOW)


def names(shown: Shown) -> list[str]:
    return [row[0] for row in shown.rows]


def test_the_newest_link_comes_first() -> None:
    assert names(seen([tally(1, "old"), tally(2, "new")])) == ["new", "old"]


def test_a_search_finds_names_and_owners_in_any_case() -> None:
    tallies = [tally(1, "lunch"), tally(2, "dinner", "Lunchtime")]
    assert names(seen(tallies, " LUNCH ")) == ["dinner", "lunch"]


def test_what_ends_soonest_comes_before_what_never_ends() -> None:
    tallies = [tally(1, "never"), tally(2, "later", ends=NOW + 90), tally(3, "soon", ends=NOW + 9)]
    assert names(seen(tallies, order="Ending soonest")) == ["soon", "later", "never"]


def test_a_member_sees_only_their_own() -> None:
    tallies = [tally(1, "mine", "bob"), tally(2, "theirs", "alice")]
    assert names(look(tallies, 0, Wanted("", "Name", 0, len("bob")), NOW)) == ["mine"]


def test_ten_thousand_links_come_a_page_at_a_time() -> None:
    shown = seen(
        [tally(number, f"link-{number:05}", rate=1) for number in range(10_000)], order="Name", page=1
    )
    assert len(shown.rows) == PAGE
    assert names(shown)[0] == "link-00050"
    assert shown.range_text == "51–100 of 10,000"  # noqa: RUF001
    assert shown.requests == 10_000


def test_beyond_the_last_page_is_the_last_one() -> None:
    assert seen([tally(1, "one")], page=7).page == 0
    assert seen([]).range_text == "No live links"
