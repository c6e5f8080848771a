"""What watches the requests of a running relay, as its settings say: access log, metrics, traces."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from doorstep_relay.config import Settings
from doorstep_relay.control.here import Here
from doorstep_relay.edge.access_log import AccessLog
from doorstep_relay.edge.context import Edge
from doorstep_relay.edge.listen import bind
from doorstep_relay.edge.record import Recorder, Sink
from doorstep_relay.errors import ConfigError

if TYPE_CHECKING:
    from doorstep_relay.edge.tracing import Traces

log = logging.getLogger("doorstep_relay")


class Observers:
    """Puts a recorder at the edge while anybody wants to know of requests, and takes it away again."""

    def __init__(self, here: Here, edge: Edge) -> None:
        self._here = here
        self._edge = edge
        self._target: str | None = None
        self._access_log: AccessLog | None = None
        self._server: asyncio.Server | None = None
        self._metrics: Sink | None = None
        self._traces: Traces | None = None
        self._provider: Any = None
        """OpenTelemetry's, which sends what is left when it is shut down."""

    async def start(self, settings: Settings) -> None:
        """As the settings say. Raises `ConfigError` when a file or an address cannot be had."""
        self._open_log(settings.access_log)
        if settings.metrics is not None:
            from doorstep_relay.control.apex import Apex
            from doorstep_relay.control.metrics import Metrics, metrics_app

            metrics = Metrics(self._here, self._edge, lambda: self._access_log)
            self._metrics = metrics
            sock = bind(*settings.metrics)
            apex = Apex(lambda: metrics_app(metrics))
            self._server = await asyncio.get_running_loop().create_server(apex.protocol, sock=sock)
        if settings.traces is not None:
            from doorstep_relay.edge.tracing import Traces, exporter

            tracer, self._provider = exporter(settings.traces, settings.trace_sample)
            self._traces = Traces(tracer)
        self._settle()

    def use(self, settings: Settings) -> None:
        """Other settings: the log goes on in the file that has the name now, or elsewhere."""
        if settings.access_log == self._target:
            if self._access_log is not None:
                self._access_log.reopen()
            return
        before = self._access_log
        try:
            self._open_log(settings.access_log)
        except ConfigError as error:
            log.error("the access log stays where it is: %s", error)  # noqa: TRY400  # it says all there is
            return
        if before is not None:
            before.close()
        self._settle()

    def close(self) -> None:
        """Write what waits."""
        if self._server is not None:
            self._server.close()
        if self._access_log is not None:
            self._access_log.close()
        if self._provider is not None:
            self._provider.shutdown()

    def _open_log(self, target: str | None) -> None:
        try:
            self._access_log = None if target is None else AccessLog(target)
        except OSError as error:
            raise ConfigError(f"the access log {target!r} cannot be written: {error.strerror}") from error
        self._target = target

    def _settle(self) -> None:
        sinks = [sink for sink in (self._access_log, self._metrics) if sink is not None]
        wanted = sinks or self._traces is not None
        self._edge.recorder = Recorder(sinks, self._traces) if wanted else None
