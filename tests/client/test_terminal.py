"""What `doorstep share` shows, without a relay: moments as lines, QR codes, counts, a screen that redraws."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
from dataclasses import replace
from io import StringIO
from itertools import count

import pyte
import pytest
import segno

from doorstep_client.terminal import words
from doorstep_client.terminal.browser import has_window
from doorstep_client.terminal.ink import Ink, find_ink
from doorstep_client.terminal.keys import Keyboard
from doorstep_client.terminal.panel import State, message_lines, panel, request_line
from doorstep_client.terminal.prints import Prints
from doorstep_client.terminal.qr import qr_lines, qr_size
from doorstep_client.terminal.screen import Screen
from doorstep_client.terminal.tally import MOST_NEWS, Tally
from doorstep_client.traffic.exchange import Exchange, Message
from tests.support.terminal import set_size

URL = "https://d6bc8r9h6jdx8rp8.share.example.org"
PLAIN = Ink(colours=False)
NOW = 1_800_000_000.0
LIVE = State(URL, "live", NOW, NOW + 3599.5, visitors=3, requests=128)
_numbers = count(1)


def exchange(
    path: str = "/", *, began: float = NOW, status: int | None = 200, seconds: float | None = 0.0123
) -> Exchange:
    made = Exchange(next(_numbers), "GET", path, Message([("X-Forwarded-For", "203.0.113.9")]), began=began)
    made.status = status
    made.answer.size = 4100
    if seconds is not None:
        made.state, made.duration = "done", seconds
    return made


# -- words ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.0004, "0.4 ms"),
        (0.012, "12 ms"),
        (0.9996, "1.0 s"),
        (59.96, "1:00 min"),
        (187, "3:07 min"),
        (7500, "2:05 h"),
    ],
)
def test_a_duration_is_short_and_exact_enough(seconds: float, said: str) -> None:
    assert words.duration(seconds) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(-5, "0:00"), (7.9, "0:07"), (3552, "59:12"), (7231, "2:00:31"), (3 * 86400 - 1, "3 days")],
)
def test_a_countdown_counts_down(seconds: float, said: str) -> None:
    assert words.countdown(seconds) == said


@pytest.mark.parametrize(
    ("count", "said"),
    [(0, "0 B"), (999, "999 B"), (4100, "4.1 kB"), (999_600, "1.0 MB"), (38_000_000, "38 MB")],
)
def test_a_size_has_two_digits_that_count(count: int, said: str) -> None:
    assert words.size(count) == said


def test_texts_are_cut_by_columns_not_by_letters() -> None:
    assert words.clip("日本語のページ", 7) == "日本語…"
    assert words.width(words.pad("日本語", 10)) == 10


# -- the panel -----------------------------------------------------------------------------------


def test_the_panel_says_how_the_link_stands() -> None:
    assert panel(LIVE, 80, 24, PLAIN) == [
        "─" * 79,
        f"● live  {URL}",
        "ends in 59:59 · 128 requests · 3 visitors",
        "q quit  o open  c copy  p pause  r QR",
    ]


@pytest.mark.parametrize("status", ["live", "reconnecting", "paused", "closing", "something-new"])
@pytest.mark.parametrize("columns", [10, 40, 80, 200])
@pytest.mark.parametrize("lines", [2, 5, 12, 60])
def test_the_panel_fits_every_terminal(status: str, columns: int, lines: int) -> None:
    busy = replace(
        LIVE,
        status=status,
        now=NOW + 60,
        under_way=[exchange("/long" * 90, seconds=None) for _ in range(9)],
        inspect_url="http://127.0.0.1:4040/some-key/",
    )
    shown = panel(busy, columns, lines, PLAIN)
    assert len(shown) <= lines - 1
    assert all(words.width(line) < columns for line in shown), shown


def test_requests_that_take_long_are_shown_while_they_run() -> None:
    slow, fresh = exchange("/slow", seconds=None), exchange("/fresh", began=NOW + 4.5, seconds=None)
    shown = "\n".join(panel(replace(LIVE, now=NOW + 5, under_way=[slow, fresh]), 80, 24, PLAIN))
    assert "/slow" in shown
    assert "/fresh" not in shown
    assert "2 open" in shown


def test_a_request_is_one_line_that_steers_no_terminal() -> None:
    line = request_line(exchange("/a\x1b[2J\x9b2J\r\nb" + "x" * 300), 80, PLAIN)
    assert line.isprintable()
    assert words.width(line) == 79
    assert all(part in line for part in ("GET", "200", "12 ms", "4.1 kB", "203.0.113.9"))


def test_colours_change_nothing_but_the_colours() -> None:
    coloured = request_line(exchange("/x", status=503), 100, Ink())
    screen = pyte.Screen(120, 1)
    pyte.Stream(screen).feed(coloured)
    assert screen.display[0].rstrip() == request_line(exchange("/x", status=503), 100, PLAIN).rstrip()
    assert screen.buffer[0][coloured_at(screen, "503")].fg == "red"


def coloured_at(screen: pyte.Screen, text: str) -> int:
    return int(screen.display[0].index(text))


def test_the_environment_says_which_colours() -> None:
    assert find_ink({"TERM": "xterm-256color"}) == Ink(colours=True, many=True)
    assert find_ink({"TERM": "linux", "NO_COLOR": "1"}) == Ink(colours=False, many=False)
    assert find_ink({"TERM": "xterm", "NO_COLOR": "1"}).bold("x") == "x"
    assert find_ink({"COLORFGBG": "0;15"}).light


# -- the QR code ---------------------------------------------------------------------------------


def test_the_qr_code_is_black_on_white_whatever_the_terminals_colours() -> None:
    wide, high = qr_size(URL)
    screen = pyte.Screen(wide + 5, high + 1)
    pyte.Stream(screen).feed("\r\n".join(qr_lines(URL, Ink())))
    cells = [[screen.buffer[row][column] for column in range(wide)] for row in range(high)]
    assert {(cell.fg, cell.bg) for row in cells for cell in row} == {("000000", "ffffff")}
    assert modules([[cell.data for cell in row] for row in cells]) == expected(URL)


@pytest.mark.parametrize("light", [True, False])
def test_without_colours_the_code_is_drawn_for_the_terminals_background(light: bool) -> None:
    drawn = modules([list(line) for line in qr_lines(URL, Ink(colours=False, light=light))])
    wanted = expected(URL)
    assert drawn == (wanted if light else [[1 - module for module in row] for row in wanted])


def modules(rows: list[list[str]]) -> list[list[int]]:
    """What half blocks show, without the line that fills the last pair up."""
    upper = [[int(sign in "▀█") for sign in row] for row in rows]
    lower = [[int(sign in "▄█") for sign in row] for row in rows]
    both = [row for pair in zip(upper, lower, strict=True) for row in pair]
    return both[: len(rows[0])]


def expected(url: str) -> list[list[int]]:
    return [list(row) for row in segno.make_qr(url, error="l").matrix_iter(border=2)]


# -- counting ------------------------------------------------------------------------------------


def test_requests_are_counted_and_told_once() -> None:
    tally = Tally()
    first, second = exchange(seconds=None), exchange(seconds=None)
    for each in (first, first, second):
        tally.saw(each)
    first.end("done")
    tally.saw(first)
    assert tally.under_way == [second]
    assert (tally.requests, tally.visitors) == (2, 1)
    assert tally.take().ended == [first]
    assert tally.take().ended == []


def test_a_flood_of_requests_is_counted_in_bounded_memory() -> None:
    tally = Tally()
    for _ in range(MOST_NEWS + 50):
        one = exchange(seconds=None)
        tally.saw(one)
        one.end("done")
        tally.saw(one)
    news = tally.take()
    assert (len(news.ended), news.skipped) == (MOST_NEWS, 50)


# -- the screen ----------------------------------------------------------------------------------


class Emulated:
    """A terminal of a few lines, and a `Screen` that writes to it."""

    def __init__(self, columns: int = 20, lines: int = 6) -> None:
        self.picture = pyte.Screen(columns, lines)
        self._ours, self._theirs = pty.openpty()
        set_size(self._theirs, columns, lines)
        self.screen = Screen(self._theirs)
        self.screen.open()

    def show(self, *region: str, above: tuple[str, ...] = ()) -> list[str]:
        self.screen.show(region, above)
        return self.rows(b"\x1b[?2026l")

    def rows(self, last: bytes) -> list[str]:
        """The lines, once everything up to `last` was written."""
        data = b""
        while not data.endswith(last):
            assert self.has_news(20), data
            data += os.read(self._ours, 65536)
        pyte.ByteStream(self.picture).feed(data)
        return [row.rstrip() for row in self.picture.display]

    def has_news(self, seconds: float) -> bool:
        return bool(select.select([self._ours], [], [], seconds)[0])

    def close(self) -> None:
        os.close(self._ours)
        os.close(self._theirs)


def test_the_region_stays_below_and_everything_else_scrolls() -> None:
    seen = Emulated()
    assert seen.show("one", "two", above=("first",))[:4] == ["first", "one", "two", ""]
    assert seen.show("one", "2", above=("second",))[:5] == ["first", "second", "one", "2", ""]
    rows = seen.show("only", above=("third", "fourth", "fifth", "sixth"))
    assert rows == ["second", "third", "fourth", "fifth", "sixth", "only"]
    seen.screen.close(["the end"])
    assert seen.rows(b"\x1b[?25h")[-2:] == ["the end", ""]
    assert not seen.picture.cursor.hidden
    seen.close()


def test_a_line_that_is_too_long_goes_on_in_the_next_one() -> None:
    seen = Emulated()
    seen.show("the region", "below")
    rows = seen.show("the region", "below", above=("x" * 20 + "y" * 5,))
    assert rows[:4] == ["x" * 20, "y" * 5, "the region", "below"]
    seen.close()


def test_nothing_is_written_when_nothing_changed() -> None:
    seen = Emulated()
    seen.show("the same")
    seen.screen.show(["the same"])
    assert not seen.has_news(0.05)
    seen.close()


# -- keys and prints -----------------------------------------------------------------------------


def test_keys_come_one_by_one_and_arrows_are_none() -> None:
    ours, theirs = pty.openpty()
    with Keyboard(theirs) as keyboard:
        os.write(ours, b"a\x1b[A\x1bOPb\x1b[200~")
        assert keyboard.read() == "ab"
        os.close(ours)
        assert keyboard.read() is None
        assert not keyboard.is_ours(), "a terminal that has gone is not asked again"
    os.close(theirs)


def test_what_the_app_prints_comes_in_whole_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[str] = []
    prints = Prints(lines.append)
    monkeypatch.setattr("sys.stdout", None)  # and back afterwards, whatever happens here
    prints.take()
    print("hello", end=" ")
    print("there")
    sys.stdout.buffer.write(b"bytes\n")
    print("half", end="")
    prints.give_back()
    assert lines == ["hello there", "bytes", "half"]


def test_a_browser_without_a_window_is_not_opened() -> None:
    assert not has_window({}, "linux")
    assert has_window({"DISPLAY": ":0"}, "linux")
    assert has_window({}, "darwin")


def test_where_nobody_looks_nothing_reads_along() -> None:
    """Neither a link nor its plain view brings what reads requests."""
    source = "import sys, doorstep_client.link, doorstep_client.terminal.plain; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", source], check=True, capture_output=True, text=True, timeout=30
    )
    assert not [name for name in done.stdout.split() if name.startswith("doorstep_client.traffic")]


def test_a_handler_that_came_before_the_board_prints_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """`logging` keeps the stream that it was given: what stands before it has to be there by then."""
    screen, lines = StringIO(), list[str]()
    monkeypatch.setattr(screen, "isatty", lambda: True)
    monkeypatch.setattr("sys.stderr", screen)
    prints = Prints(lines.append)
    prints.stand_in()
    kept = sys.stderr
    print("before", file=kept)
    prints.take()
    print("while it is there", file=kept)
    prints.give_back()
    print("after", file=kept)

    assert (screen.getvalue(), lines) == ("before\nafter\n", ["while it is there"])
    assert sys.stderr is screen


def test_errors_that_the_user_has_sent_to_a_file_go_there(monkeypatch: pytest.MonkeyPatch) -> None:
    file, lines = StringIO(), list[str]()
    monkeypatch.setattr("sys.stderr", file)
    prints = Prints(lines.append)
    prints.take()
    print("an error", file=sys.stderr)
    prints.give_back()

    assert (file.getvalue(), lines) == ("an error\n", [])


def test_a_sentence_is_broken_between_words_and_an_address_is_not() -> None:
    url = "https://a-name-for-this-link.share.example.org"
    shown = message_lines(f"The link is back at last, after all: {url}", NOW, 40, PLAIN)
    assert shown == ["The link is back at last, after all:", url]
    stamped = message_lines("word " * 30, NOW, 80, PLAIN)
    assert [len(line) < 80 for line in stamped] == [True, True, True]
    assert stamped[1].startswith(" " * 10 + "word")
