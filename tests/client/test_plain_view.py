"""The link in plain lines, as scripts read it."""

from __future__ import annotations

import pytest

from doorstep_client.terminal.plain import Plain


class FakeLink:
    visit_url = "https://demo.share.example.org"
    inspect_url = None


def test_the_link_is_the_first_line_whatever_was_told_before_it(capsys: pytest.CaptureFixture[str]) -> None:
    view = Plain()
    view.told("The SSH server's key is new here")
    view.opened(FakeLink(), None)  # type: ignore[arg-type]
    view.told("The link ends in 5 minutes.")

    told = capsys.readouterr()
    assert told.out == "https://demo.share.example.org\nThe link ends in 5 minutes.\n"
    assert told.err == "The SSH server's key is new here\n"
