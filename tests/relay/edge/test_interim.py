"""Interim answers (RFC 9110 15.2): as many as any app needs, and not without end."""

from __future__ import annotations

from doorstep_relay.edge.exchange import MOST_INTERIM
from tests.relay.edge.stage import OK, Stage
from tests.support import eventually

PROCESSING = b"HTTP/1.1 102 Processing\r\n\r\n"


async def test_an_app_may_say_often_that_it_still_works(stage: Stage) -> None:
    visitor, app = await stage.pair()
    await app.send(PROCESSING * MOST_INTERIM + OK)
    for _ in range(MOST_INTERIM):
        assert await visitor.head() == PROCESSING
    assert (await visitor.answer()).body == b"hi"
    await eventually(lambda: stage.share.pool.idle == 1)


async def test_row_21_interim_answers_without_end_are_a_failure_of_the_app(stage: Stage) -> None:
    visitor, app = await stage.pair()
    await app.send(PROCESSING * 20_000)
    for _ in range(MOST_INTERIM):
        assert await visitor.head() == PROCESSING
    assert (await visitor.answer()).status == 502
    await eventually(lambda: stage.share.pool.size == 0)
