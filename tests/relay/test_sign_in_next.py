"""Where `/sign-in?next=…` leads who is signed in already: to a page of this relay, or nowhere."""

from __future__ import annotations

import pytest

from tests.relay.site import Site


async def test_who_is_signed_in_goes_straight_on(site: Site) -> None:
    await site.sign_in()
    answer = await site.http.get("/sign-in?next=/device%3Fcode%3DBCDF-GHJK")
    assert (answer.status_code, answer.headers["location"]) == (303, "/device?code=BCDF-GHJK")


async def test_who_is_not_signed_in_goes_on_afterwards(site: Site) -> None:
    answer = await site.http.get("/sign-in?next=/device")
    assert (answer.status_code, 'value="/device"' in answer.text) == (200, True)


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "%0d%0aX: y",
        "/x%0d%0aSet-Cookie: a=b",
        "/sign-in",
        "/sign-in?next=/device",
        "",
    ],
)
async def test_row_18_nobody_is_led_elsewhere_or_round_in_circles(site: Site, elsewhere: str) -> None:
    await site.sign_in()
    answer = await site.http.get("/sign-in", params={"next": elsewhere})
    assert answer.headers.get("location") in {None, "/", "/x%0d%0aSet-Cookie:%20a=b"}
    assert "set-cookie" not in answer.headers
    assert "evil" not in answer.text
