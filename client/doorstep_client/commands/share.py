"""`doorstep share`: a public link for something on this computer, shown until it ends."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import click

from doorstep_client.commands.network_options import network_options_of_links, read_network
from doorstep_client.commands.policy_options import policy_options, read_options
from doorstep_client.commands.time_span import time_span
from doorstep_client.errors import DoorstepError

if TYPE_CHECKING:
    from doorstep_client.link import Link
    from doorstep_client.terminal.attend import View

FAILED: Final = 1
INTERRUPTED: Final = 130


@click.command()
@click.argument("target")
@click.option(
    "--relay",
    help="The relay's address, or ssh://HOST; by default DOORSTEP_RELAY or what `doorstep login` saved.",
)
@click.option("--name", help="The link's name; a random one by default.")
@click.option("--expires-in", type=time_span, metavar="TIME", help="End the link after 90s, 30m, 2h, 3d.")
@click.option("--readable", is_flag=True, help="A random name that is easy to say, and can be guessed.")
@click.option("--balance", is_flag=True, help="Share the name with others who open it so, side by side.")
@click.option("--inspect", "inspected", is_flag=True, help="Show the requests on a page of this computer.")
@click.option("--json", "as_json", is_flag=True, help="For programs: one JSON object a line.")
@click.option("--quiet", "-q", is_flag=True, help="Print the link, and nothing after it.")
@click.option("--qr/--no-qr", default=None, help="Show the link's QR code; by default where it fits.")
@click.option(
    "--host", metavar="NAME", help="The Host that a server sees: target (its own), visitor, or a name."
)
@click.option("--verify/--no-verify", default=True, help="Check the certificate of an https:// target.")
@network_options_of_links
@policy_options
def share(
    target: str,
    *,
    relay: str | None,
    name: str | None,
    expires_in: float | None,
    readable: bool,
    balance: bool,
    inspected: bool,
    as_json: bool,
    quiet: bool,
    qr: bool | None,
    host: str | None,
    verify: bool,
    **flags: Any,
) -> None:
    """Give TARGET a public link, until Ctrl-C.

    TARGET is a port of this computer (8501), host:port or a URL, unix:PATH, a folder, an ASGI or WSGI app
    (module:app), or a Python script, which is run and whose launch() gives the link.

    Ends with 0 after Ctrl-C, with 1 when the link could not be opened or the relay ended it, with 130 after a
    second Ctrl-C, or one that came before the link was open.
    """
    network = read_network(flags)
    asked = read_options(flags) or None
    view = choose_view(relay, network, as_json=as_json, quiet=quiet, qr=qr)
    options = {
        "relay": relay,
        "name": name,
        "expires_in": expires_in,
        "naming": "readable" if readable else None,
        "balance": balance or None,
        "policy": asked,
        "inspect": inspected or None,
        "host": host,
        "verify": None if verify else False,
        **network,
    }
    said = {option: value for option, value in options.items() if value is not None}
    sys.exit(show_script(target, view, said, quiet=quiet) if is_script(target) else show(target, view, said))


def is_script(target: str) -> bool:
    return target.endswith(".py")


def show_script(path: str, view: View, wanted: dict[str, Any], *, quiet: bool) -> int:
    """Run the script and let the view show its link. Returns the exit code."""
    from doorstep_client.commands.scripts import run, show_traceback
    from doorstep_client.terminal.beside import Beside

    with Beside(view, quiet=quiet) as beside:
        try:
            run(Path(path), wanted)
            beside.stay()
        except DoorstepError as error:
            view.failed(error)
            return FAILED
        except KeyboardInterrupt:
            if beside.error is None and (not beside.links or not beside.close()):
                return INTERRUPTED
        except Exception as error:  # noqa: BLE001  # the script's own, shown as Python does
            beside.restore()
            show_traceback(error, path)
            return FAILED
    return 0 if beside.error is None else FAILED


def show(target: Any, view: View, options: dict[str, Any]) -> int:
    """Share the target and let the view show its link. Returns the exit code."""
    from doorstep_client.link import share as open_link
    from doorstep_client.terminal.attend import attend

    view.starting()
    view.opening()
    try:
        link = open_link(target, on_event=view.told, on_request=view.saw, **options)
    except DoorstepError as error:
        view.failed(error)
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    return attend(link, view)


def choose_view(
    relay: str | None, network: dict[str, Any], *, as_json: bool, quiet: bool, qr: bool | None
) -> View:
    """The view for where the output goes."""
    if as_json:
        from doorstep_client.terminal.json_lines import JsonLines

        return JsonLines()
    from doorstep_client.terminal.ink import can_draw, find_ink

    if quiet or not (can_draw() and sys.stdin.isatty()):
        from doorstep_client.terminal.plain import Plain

        return Plain(quiet=quiet, qr=bool(qr))
    from doorstep_client.terminal.board import Board
    from doorstep_client.terminal.keys import Keyboard
    from doorstep_client.terminal.screen import Screen

    def pause(link: Link, on: bool) -> None:
        _tend(relay, network, link.name, "pause" if on else "resume")

    screen, keyboard = Screen(sys.stdout.fileno()), Keyboard(sys.stdin.fileno())
    return Board(screen, keyboard, find_ink(), wants_qr=qr, pause=pause)


def _tend(relay: str | None, network: dict[str, Any], name: str, action: str) -> None:
    from doorstep_client.network.options import cert_and_key
    from doorstep_client.rest import call
    from doorstep_client.settings import find_relay

    settings = find_relay(relay, network=network | cert_and_key(network.get("cert")))
    call(settings, "POST", f"/api/v1/shares/{quote(name, safe='')}/{action}")
