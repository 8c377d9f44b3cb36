"""What is counted, in the Prometheus text format; no label holds anything a caller wrote."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, SummaryMetricFamily
from prometheus_client.registry import Collector

from verax.guard.tally import Tally
from verax.turn.events import Completed, Started, TurnEvent

__all__ = ["CONTENT_TYPE", "Metrics"]

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_SECONDS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)

Measurements = Callable[[], Mapping[str, float]]


class _Measured(Collector):
    """Reads the installation's own gauges when it is asked."""

    def __init__(self, measurements: Measurements) -> None:
        self._measurements = measurements

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield one gauge a measurement."""
        for name, value in sorted(self._measurements().items()):
            yield GaugeMetricFamily(name, "Measured by the installation.", value=value)


class _Flags(Collector):
    """Reads what the guard counted when it is asked."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally

    def collect(self) -> Iterator[CounterMetricFamily | SummaryMetricFamily]:
        """Yield turns that were read, those in which a category was found or raised an alert, and off-topic shares."""
        read = CounterMetricFamily(
            "verax_guard_turns", "Turns that a guard policy decided on.", labels=["channel", "direction"]
        )
        for (channel, direction), count in sorted(self._tally.turns.items()):
            read.add_metric([channel, direction], count)
        yield read
        for name, text, counts in (
            ("verax_guard_flags", "Turns in which a category was found.", self._tally.flags),
            ("verax_guard_alerts", "Turns in which a category raised an alert.", self._tally.alerts),
        ):
            family = CounterMetricFamily(name, text, labels=["channel", "direction", "category"])
            for flag, count in list(counts.items()):
                family.add_metric([flag.channel, flag.direction, flag.category], count)
            yield family
        topics = SummaryMetricFamily(
            "verax_off_topic_share", "Share of a reply's sentences that nothing asked for.", labels=["channel"]
        )
        for channel, count in sorted(self._tally.topics.items()):
            topics.add_metric([channel], count, self._tally.off_topic[channel])
        yield topics


class Metrics:
    """The counters of one server, in a registry of their own."""

    def __init__(self, measurements: Measurements, tally: Tally) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "verax_http_requests", "Requests answered.", ["endpoint", "status"], registry=self._registry
        )
        self._seconds = Histogram(
            "verax_http_seconds",
            "Time from the request's head to the end of the answer.",
            ["endpoint"],
            registry=self._registry,
            buckets=_SECONDS,
        )
        self._turns = Counter("verax_turns", "Turns by how they ended.", ["channel", "status"], registry=self._registry)
        self._tokens = Counter("verax_tokens", "Tokens read and written.", ["channel", "kind"], registry=self._registry)
        self._first_text = Histogram(
            "verax_first_text_seconds",
            "Time from the request's head to the first text of a stream.",
            ["channel"],
            registry=self._registry,
            buckets=_SECONDS,
        )
        self._streams = Gauge("verax_open_streams", "Streams that are being written.", registry=self._registry)
        self._registry.register(_Measured(measurements))
        self._registry.register(_Flags(tally))
        self._known: dict[tuple[str, int], tuple[Counter, Histogram]] = {}

    def request_ended(self, endpoint: str, status: int, seconds: float) -> None:
        """Count one request; status 0 means that the client left before an answer."""
        known = self._known.get((endpoint, status))
        if known is None:
            known = (self._requests.labels(endpoint, str(status)), self._seconds.labels(endpoint))
            self._known[endpoint, status] = known
        known[0].inc()
        known[1].observe(seconds)

    def turn_ended(self, started: Started, completed: Completed) -> None:
        """Count one recorded turn and its tokens."""
        self._turns.labels(started.channel, completed.status).inc()
        self._tokens.labels(started.channel, "prompt").inc(completed.prompt_tokens)
        self._tokens.labels(started.channel, "completion").inc(completed.completion_tokens)

    def turn_event(self, started: Started, event: TurnEvent) -> None:
        """Count the turn of a run when its last event says that it is recorded."""
        if isinstance(event, Completed):
            self.turn_ended(started, event)

    def first_text(self, started: Started, seconds: float) -> None:
        """Count how long a client waited for the first text of its stream."""
        self._first_text.labels(started.channel).observe(seconds)

    @contextmanager
    def open_stream(self) -> Iterator[None]:
        """Count a stream for as long as it is written."""
        with self._streams.track_inprogress():
            yield

    def render(self) -> bytes:
        """Return every metric in the text format."""
        return generate_latest(self._registry)
