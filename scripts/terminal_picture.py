"""docs/pictures/share-terminal.svg: what `doorstep share` shows, drawn from the code that shows it.

No relay is needed: the moment is made up, the lines are those of a terminal of 80 columns.
"""

from __future__ import annotations

import html
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pyte

from doorstep_client.terminal.ink import Ink
from doorstep_client.terminal.panel import State, message_lines, panel, request_line
from doorstep_client.terminal.qr import qr_lines
from doorstep_client.traffic.exchange import Exchange, Message

PICTURE = Path(__file__).resolve().parent.parent / "docs" / "pictures" / "share-terminal.svg"
URL = "https://calm-otter-4821.share.example.org"
NOW = 1_800_000_000.0
COLUMNS, ROWS = 82, 34
SEEN = NOW - 40
AWAY = "The relay cannot be reached; the link comes back by itself …"
WIDE, HIGH = 8.4, 18  # of a sign, in pixels
MARGIN = 14

TITLE = "doorstep share in a terminal: the link, its QR code, its requests, and how it stands"
FONT = "ui-monospace, SFMono-Regular, Menlo, Consolas, DejaVu Sans Mono, monospace"
STYLE = """
  .page { fill: #fbfbfa; stroke: #d5d5d0 } text { fill: #24292f }
  .dim { opacity: .6 } .bold { font-weight: 700 }
  .green { fill: #1a7f37 } .brown { fill: #9a6700 } .red { fill: #cf222e } .cyan { fill: #0e7490 }
  @media (prefers-color-scheme: dark) {
    .page { fill: #161b22; stroke: #30363d } text { fill: #e6edf3 }
    .green { fill: #3fb950 } .brown { fill: #d29922 } .red { fill: #f85149 } .cyan { fill: #39c5cf }
  }
"""


def main() -> None:
    screen = pyte.Screen(COLUMNS, ROWS)
    pyte.Stream(screen).feed("\r\n".join(moment()))
    PICTURE.write_text(svg(screen))


def moment() -> list[str]:
    """The lines of the terminal."""
    ink = Ink()
    exchanges = [
        request("GET", "/", 200, 0.0121, 48_200, "203.0.113.9"),
        request("GET", "/assets/index-Cx3a9.js", 200, 0.0048, 61_400, "203.0.113.9"),
        request("POST", "/gradio_api/call/predict", 200, 1.84, 312, "203.0.113.9"),
        request("GET", "/favicon.ico", 404, 0.0009, 22, "2001:db8::7"),
        request("POST", "/gradio_api/upload", 500, 0.331, 1_020, "2001:db8::7"),
    ]
    running = request("GET", "/gradio_api/queue", 101, None, 2_048, "203.0.113.9", began=NOW - 83)
    running.is_websocket = True
    state = State(URL, "live", NOW, NOW + 3552, visitors=3, requests=128, under_way=[running])
    return [
        f"$ doorstep share 7860 --readable --expires-in 7200\r\n\r\n{ink.bold(URL)}\r\n",
        *qr_lines(URL, ink),
        "",
        *(request_line(each, COLUMNS, ink) for each in exchanges),
        *message_lines(AWAY, NOW - 21, COLUMNS, ink),
        *message_lines(f"The link is back: {URL}", NOW - 19, COLUMNS, ink),
        *panel(state, COLUMNS, ROWS, ink),
    ]


def request(
    method: str,
    path: str,
    status: int,
    seconds: float | None,
    size: int,
    visitor: str,
    began: float = SEEN,
) -> Exchange:
    made = Exchange(1, method, path, Message([("X-Forwarded-For", visitor)]), began=began)
    made.status, made.answer.size, made.duration = status, size, seconds
    return made


def svg(screen: pyte.Screen) -> str:
    wide, high = COLUMNS * WIDE + 2 * MARGIN, ROWS * HIGH + 2 * MARGIN
    marks = "\n".join(mark for row in range(ROWS) for mark in line(screen, row))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide:.0f} {high}" width="{wide:.0f}" '
        f'font-family="{FONT}" font-size="14">\n<title>{TITLE}</title>\n<style>{STYLE}</style>\n'
        f'<rect class="page" x=".5" y=".5" width="{wide - 1:.0f}" height="{high - 1}" rx="8"/>\n'
        f"{marks}\n</svg>\n"
    )


def line(screen: pyte.Screen, row: int) -> Iterator[str]:
    """A row's marks: signs of one look together, the QR code's modules as boxes."""
    at = 0
    cells = [screen.buffer[row][column] for column in range(COLUMNS)]
    for look, group in groupby(cells, key=lambda cell: (cell.fg, cell.bg, cell.bold)):
        text = "".join(cell.data for cell in group)
        if look[1] == "ffffff":
            yield from modules(text, at, row)
        elif text.strip():
            yield words(text, at, row, look[0], bold=look[2])
        at += len(text)


def words(text: str, at: int, row: int, colour: str, *, bold: bool) -> str:
    kind = " ".join(name for name, on in ((colour, colour != "default"), ("bold", bold)) if on)
    x, y = MARGIN + at * WIDE, MARGIN + row * HIGH + 13
    length = len(text.rstrip()) * WIDE
    return (
        f'<text class="{kind}" x="{x:.1f}" y="{y}" textLength="{length:.1f}" xml:space="preserve">'
        f"{html.escape(text.rstrip())}</text>"
    )


def modules(text: str, at: int, row: int) -> Iterator[str]:
    x, y, half = MARGIN + at * WIDE, MARGIN + row * HIGH, HIGH / 2
    wide = len(text) * WIDE + 0.5
    yield f'<rect x="{x:.1f}" y="{y}" width="{wide:.1f}" height="{HIGH + 0.5}" fill="#fff"/>'
    boxes = ""
    for number, sign in enumerate(text):
        for upper, signs in ((0, "▀█"), (1, "▄█")):
            if sign in signs:
                left, top = x + number * WIDE, y + upper * half
                boxes += f"M{left:.1f} {top}h{WIDE + 0.3:.1f}v{half + 0.3}H{left:.1f}z"
    if boxes:
        yield f'<path d="{boxes}"/>'


if __name__ == "__main__":
    main()
