"""The gate before a share: what passes, what is said to the rest, and what a pass is worth."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from doorstep_relay.domain import passwords
from doorstep_relay.domain.gate import Admit, AskPassword, Deny, Gate, Redirect, Verdict, Visit
from doorstep_relay.domain.landing import safe_next, take_key, through
from doorstep_relay.domain.passes import LIFETIME, Identity, Pass, PassKey, cookie_name, set_cookie
from doorstep_relay.domain.policy import Policy, policy, wish
from doorstep_relay.domain.seals import Seal

NOW = 1_800_000_000.0
KEYS = PassKey(b"s" * 32)
KEY = "0123456789abcdef"
HASH = passwords.hash_password("sesame")
PROGRAM = Visit(method="GET", target=b"/a?b=1", address="192.0.2.7")
PAGE = replace(PROGRAM, navigates=True, top_level=True)


def gate(*, interstitial: bool = False, share_id: int = 1, **asked: Any) -> Gate:
    hashed = HASH if "password" in asked else ""
    return Gate(share_id, "demo", policy(wish(asked), password=hashed), KEYS, interstitial=interstitial)


def said(verdict: Verdict) -> str:
    assert isinstance(verdict, Deny), verdict
    return verdict.code


def passing(of: Gate, given: Pass) -> tuple[bytes, ...]:
    return (KEYS.sign(of.share_id, given).encode(),)


def test_a_policy_that_cannot_be_read_lets_nobody_in() -> None:
    broken = Gate(1, "demo", None, KEYS, interstitial=False)
    assert said(broken.judge(PAGE, NOW)) == "policy-broken"
    assert broken.misses(Pass(0), NOW)
    assert not broken.opens(KEY.encode())


def test_times_networks_and_methods_come_before_everything_else() -> None:
    asked: dict[str, Any] = {
        "password": "sesame",
        "networks": ["192.0.2.0/24", "2001:db8::/32"],
        "methods": ["GET"],
        "starts": NOW,
        "ends": NOW + 10,
    }
    one = gate(**asked)
    assert said(one.judge(PROGRAM, NOW - 1)) == "not-yet"
    assert said(one.judge(PROGRAM, NOW + 10)) == "expired"
    for address in ("198.51.100.1", "", "nonsense", "::ffff:192.0.2.7"):
        assert said(one.judge(replace(PAGE, address=address), NOW)) == "not-allowed"
    for method in ("POST", "HEAD", "OPTIONS"):
        verdict = one.judge(replace(PROGRAM, method=method), NOW)
        assert isinstance(verdict, Deny)
        assert verdict.fields == (("Allow", "GET"),)
    assert said(one.judge(PROGRAM, NOW)) == "password-required"
    assert said(one.judge(replace(PROGRAM, address="2001:db8::1%eth0"), NOW)) == "password-required"


def test_browsers_are_sent_to_the_login_page_and_programs_are_told_how() -> None:
    one = gate(password="sesame")
    assert one.judge(PAGE, NOW) == Redirect("/.doorstep/login?next=/a%3Fb%3D1")
    verdict = one.judge(PROGRAM, NOW)
    assert isinstance(verdict, Deny)
    assert verdict.fields == (("WWW-Authenticate", 'Basic realm="demo"'),)
    script = one.judge(replace(PROGRAM, by_script=True), NOW)
    assert isinstance(script, Deny)
    assert script.fields == (("WWW-Authenticate", 'Doorstep realm="demo"'),)  # no dialog of the browser's


def test_a_password_is_compared_slowly_once_and_known_then() -> None:
    one = gate(password="sesame")
    assert one.judge(replace(PROGRAM, password="sesame"), NOW) == AskPassword("sesame")
    one.prove("sesame")
    assert one.judge(replace(PROGRAM, password="sesame"), NOW) == Admit(b"/a?b=1", None, by_password=True)
    assert one.judge(replace(PROGRAM, password="Sesame"), NOW) == AskPassword("Sesame")
    same, other = gate(password="sesame"), Gate(1, "demo", Policy(password="x"), KEYS, interstitial=False)
    same.inherit(one)
    other.inherit(one)
    assert same.is_proven("sesame")
    assert not other.is_proven("sesame")


def test_a_pass_opens_what_it_was_given_for_and_nothing_else() -> None:
    one = gate(password="sesame")
    good = passing(one, one.with_password(Pass(0), NOW))
    assert isinstance(one.judge(replace(PROGRAM, passes=good), NOW), Admit)
    assert isinstance(one.judge(replace(PROGRAM, passes=(b"junk", *good)), NOW), Admit)
    assert said(one.judge(replace(PROGRAM, passes=good), NOW + LIFETIME)) == "password-required"
    assert (
        said(gate(password="x", share_id=2).judge(replace(PROGRAM, passes=good), NOW)) == "password-required"
    )
    changed = Gate(1, "demo", Policy(password=passwords.hash_password("sesame")), KEYS, interstitial=False)
    assert said(changed.judge(replace(PROGRAM, passes=good), NOW)) == "password-required"
    body, signature = good[0].split(b".")
    other = body + b"." + (b"B" if signature.startswith(b"A") else b"A") + signature[1:]
    for bad in (other, body, b"", b".", b"x" * 5000, b"\xff.\xff"):
        assert said(one.judge(replace(PROGRAM, passes=(bad,)), NOW)) == "password-required"


def test_another_network_rule_logs_nobody_out() -> None:
    one = gate(password="sesame")
    good = passing(one, one.with_password(Pass(0), NOW))
    narrower = gate(password="sesame", networks=["192.0.2.0/24"])
    assert isinstance(narrower.judge(replace(PROGRAM, passes=good), NOW), Admit)


def test_a_key_in_the_link_becomes_a_cookie_and_leaves_the_address() -> None:
    one = gate(key=KEY)
    verdict = one.judge(replace(PAGE, target=b"/a?k=" + KEY.encode() + b"&b=%2F", secure=True), NOW)
    assert isinstance(verdict, Redirect)
    assert verdict.location == "/a?b=%2F"
    assert verdict.cookie.startswith("__Host-doorstep-pass=")
    assert KEY not in verdict.cookie
    cookie = verdict.cookie.partition("=")[2].partition(";")[0].encode()
    assert one.judge(replace(PAGE, passes=(cookie,)), NOW) == Admit(b"/a?b=1")


def test_a_program_shows_the_key_in_its_url_or_in_a_field_and_the_app_sees_neither() -> None:
    one = gate(key=KEY)
    assert one.judge(replace(PROGRAM, target=f"/a?k={KEY}".encode()), NOW) == Admit(b"/a")
    assert one.judge(replace(PROGRAM, keys=(KEY.encode(),)), NOW) == Admit(b"/a?b=1")
    for visit in (
        PROGRAM,
        PAGE,
        replace(PROGRAM, keys=(KEY.encode(), b"other")),
        replace(PROGRAM, keys=(KEY[:-1].encode(),)),
        replace(PROGRAM, keys=(b"",)),
        replace(PROGRAM, target=b"/a?k="),
        replace(PROGRAM, target=f"/a?K={KEY}".encode()),
    ):
        assert said(one.judge(visit, NOW)) == "key-required"


def test_a_query_field_of_the_apps_own_that_is_called_k_stays() -> None:
    one = gate(key=KEY)
    visit = replace(PAGE, target=b"/?k=5", passes=passing(one, one.with_key(Pass(0), NOW)))
    assert one.judge(visit, NOW) == Admit(b"/?k=5")


def test_the_one_browser_of_a_one_time_link() -> None:
    one = gate(one_time=True)
    assert one.policy is not None
    assert said(one.judge(PROGRAM, NOW)) == "browser-required"
    assert one.judge(PAGE, NOW) == Redirect("/.doorstep/login?next=/a%3Fb%3D1")
    holder = passing(one, one.with_one_time(Pass(0), NOW))
    taken = Policy(one_time=one.policy.one_time, taken=True)
    later = Gate(1, "demo", taken, KEYS, interstitial=False)
    assert said(later.judge(PAGE, NOW)) == "taken"
    assert isinstance(later.judge(replace(PAGE, passes=holder), NOW), Admit)
    again = gate(one_time=True)  # set once more: another pass, for somebody else
    assert isinstance(again.judge(replace(PAGE, passes=holder), NOW), Redirect)


def test_who_signed_in_is_told_to_the_app_and_strangers_stay_out() -> None:
    one = gate(oidc={"domains": ["example.org"]})
    ann = Identity("ann@example.org", "123", NOW + 60)
    visit = replace(PAGE, passes=passing(one, one.with_identity(Pass(0), ann, NOW)))
    assert one.judge(visit, NOW) == Admit(b"/a?b=1", ann)
    assert isinstance(one.judge(visit, NOW + 60), Redirect)
    eve = Identity("eve@evil.example", "9", NOW + 60)
    assert isinstance(
        one.judge(replace(PAGE, passes=passing(one, one.with_identity(Pass(0), eve, NOW))), NOW), Redirect
    )
    assert said(one.judge(PROGRAM, NOW)) == "sign-in-required"
    open_to_all = gate(networks=["192.0.2.0/24"])  # an identity is told only where it is asked for
    assert open_to_all.judge(visit, NOW) == Admit(b"/a?b=1")


def test_everything_that_is_named_must_hold() -> None:
    one = gate(password="sesame", key=KEY, oidc={"domains": ["*"]})
    somebody = Identity("a@b.example", "1", NOW + 60)
    with_two = one.with_key(one.with_password(Pass(0), NOW), NOW)
    for given in (
        Pass(0),
        with_two,
        one.with_identity(one.with_key(Pass(0), NOW), somebody, NOW),
        one.with_identity(one.with_password(Pass(0), NOW), somebody, NOW),
    ):
        assert isinstance(one.judge(replace(PROGRAM, passes=passing(one, given)), NOW), Deny)
    all_three = passing(one, one.with_identity(with_two, somebody, NOW))
    assert isinstance(one.judge(replace(PROGRAM, passes=all_three), NOW), Admit)


def test_people_are_told_once_where_a_page_comes_from() -> None:
    one = gate(interstitial=True)
    assert one.judge(PAGE, NOW) == Redirect("/.doorstep/welcome?next=/a%3Fb%3D1")
    for visit in (PROGRAM, replace(PAGE, top_level=False), replace(PAGE, skips=True)):
        assert isinstance(one.judge(visit, NOW), Admit)
    told = passing(one, one.with_telling(Pass(0), NOW))
    assert isinstance(one.judge(replace(PAGE, passes=told), NOW), Admit)


@pytest.mark.parametrize(
    "evil",
    [
        *(
            "//evil.example",
            "/\\evil.example",
            "\\\\evil",
            "https://evil.example/",
            "javascript:alert(1)",
            "",
        ),
        *("/a\r\nSet-Cookie: x", "/a\tb", "/a b", "/\x00", "/é", "a", "/.doorstep/login", "/" + "x" * 3000),
    ],
)
def test_row_44_after_a_page_of_ours_nobody_goes_anywhere_else(evil: str) -> None:
    assert safe_next(evil) == "/"
    assert through("/.doorstep/login", evil.encode()) == "/.doorstep/login"


def test_a_path_of_the_shares_own_is_where_people_go_on_to() -> None:
    for path in ("/", "/a//b/..%2Fc?x=/y&k=1#z", "/a;b=c?d", "/%5Cevil", "/:80"):
        assert safe_next(path) == path


@pytest.mark.parametrize(
    ("target", "keys", "rest"),
    [
        (b"/a", [], b"/a"),
        (b"/a?k=1", [b"1"], b"/a"),
        (b"/a?b=%2f&k=1%20&&c", [b"1 "], b"/a?b=%2f&&c"),
        (b"/a?kk=1&b=k=2", [], b"/a?kk=1&b=k=2"),
        (b"/a?k=1&k=2", [b"1", b"2"], b"/a"),
        (b"/k=1?", [], b"/k=1?"),
    ],
)
def test_row_16_only_the_key_leaves_the_target(target: bytes, keys: list[bytes], rest: bytes) -> None:
    assert take_key(target) == (keys, rest)


def test_row_23_the_cookie_is_for_one_host_and_not_for_scripts() -> None:
    plain, secure = (
        set_cookie(b"doorstep-pass", "v", secure=secure, lifetime=60) for secure in (False, True)
    )
    assert plain == "doorstep-pass=v; Path=/; Max-Age=60; HttpOnly; SameSite=Lax"
    assert secure == "__Host-doorstep-pass=v; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure"
    assert cookie_name(b"a", secure=True) == "__Host-a"


def test_a_seal_is_for_one_purpose_one_relay_and_a_while() -> None:
    seal = Seal(b"s" * 32, "one")
    closed = seal.close({"share": "demo"}, NOW + 10)
    assert seal.open(closed, NOW) == {"share": "demo"}
    assert seal.open(closed, NOW + 10) is None
    assert Seal(b"s" * 32, "two").open(closed, NOW) is None
    assert Seal(b"t" * 32, "one").open(closed, NOW) is None
    for bad in ("", ".", "a.b", closed[:-2], "é", "x" * 9000, closed + "."):
        assert seal.open(bad, NOW) is None
