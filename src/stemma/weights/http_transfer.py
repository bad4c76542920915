"""Requests that survive a bad line: redirects, retries with backoff, stalls, and one error per cause.

| server does | here |
|---|---|
| 408, 429, 500, 502, 503, 504, a broken or stalled connection | tried again, ``Retry-After`` obeyed |
| 401, 403 | :class:`AccessDenied` |
| 404, 410 | :class:`ModelNotFound` |
| 412, or another validator | :class:`SourceChanged` |
| anything else | :class:`SourceError` |

Time and randomness are handed in, so that waits can be tested and replayed.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from threading import Lock
from typing import TypeVar

import httpx

from stemma.errors import (
    AccessDenied,
    BadReference,
    ModelNotFound,
    RateLimited,
    SourceChanged,
    SourceError,
    StemmaError,
    TruncatedSource,
)
from stemma.immutable import immutable
from stemma.weights.http_hosts import check_redirect, origin, parsed, shown
from stemma.weights.http_waits import Clock, RetryPolicy, asked_wait, backoff

T = TypeVar("T")
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_TRANSIENT = frozenset({408, 429, 500, 502, 503, 504, 520, 522, 524})
_MAX_REDIRECTS = 10
_PROGRESS = 1 << 20
NETWORK_ADVICE = "Check the network (proxy, certificates) and try again."
ACCESS_ADVICE = "Use credentials that are allowed to read this address."


class TransientError(Exception):
    """A failure that may pass: ``problem`` is what to raise in the end, ``cost`` what it counts for.

    A cost of 0 asks for another attempt at once; it may be raised once per attempt only.
    """

    def __init__(
        self, problem: StemmaError, *, wait: float | None = None, cost: int = 1, progressed: bool = False
    ) -> None:
        super().__init__(str(problem))
        self.problem = problem
        self.wait = wait
        self.cost = cost
        self.progressed = progressed


class RefusalError(Exception):
    """An answer that another attempt would not change."""

    def __init__(self, status: int, problem: StemmaError, headers: Mapping[str, str]) -> None:
        super().__init__(str(problem))
        self.status = status
        self.problem = problem
        self.headers = headers


@immutable
class Answer:
    """A response whose body is still to come, and what the redirects on the way said of the file."""

    response: httpx.Response
    location: str
    linked_tag: str | None

    @property
    def validator(self) -> str | None:
        """ETag, else Last-Modified."""
        found: str | None = self.response.headers.get("ETag") or self.response.headers.get("Last-Modified")
        return found


class Transfer:
    """A keep-alive client with manners. Safe to share between threads.

    Give ``client`` no credentials of its own: they would travel to every host. Pass them per request instead.
    """

    def __init__(
        self,
        client: httpx.Client,
        *,
        clock: Clock = time,
        rng: random.Random | None = None,
        policy: RetryPolicy | None = None,
        access_advice: str = ACCESS_ADVICE,
        network_advice: str = NETWORK_ADVICE,
    ) -> None:
        self._client = client
        self.clock = clock
        self._rng = rng or random.Random()
        self.policy = policy or RetryPolicy()
        self._access_advice = access_advice
        self._network_advice = network_advice
        self._held_until = 0.0
        self._lock = Lock()

    def persist(self, attempt: Callable[[], T]) -> T:
        """Call ``attempt`` until it succeeds or its failures have used up the policy's attempts."""
        failures = 0
        while True:
            self._wait_for_others()
            try:
                return attempt()
            except RefusalError as refusal:
                raise refusal.problem from refusal
            except TransientError as failure:
                if failure.cost == 0:
                    continue
                failures = failure.cost if failure.progressed else failures + failure.cost
                if failures >= self.policy.attempts:
                    raise failure.problem from failure
                if failure.wait is not None and failure.wait > self.policy.longest_asked:
                    raise failure.problem from failure
                self._hold_others(failure.wait)
                self.clock.sleep(backoff(self.policy, failures, failure.wait, self._rng))

    def _hold_others(self, asked: float | None) -> None:
        with self._lock:
            self._held_until = max(self._held_until, self.clock.time() + (asked or 0.0))

    def _wait_for_others(self) -> None:
        """What a server asks of one request, all that share this client obey."""
        left = self._held_until - self.clock.time()
        if left > 0:
            self.clock.sleep(left)

    @contextmanager
    def open(self, url: str, headers: Mapping[str, str], *, first: str, secret: Mapping[str, str]) -> Iterator[Answer]:
        """One GET with redirects followed; the body is left to :meth:`receive`.

        ``first`` is the address the reader asked for: ``secret`` headers are sent to its origin only, and
        redirects are judged against it.

        Raises:
            TransientError: worth another attempt.
            RefusalError: not worth one.
        """
        start, here = parsed(first), parsed(url)
        trusted = True
        linked: str | None = None
        for _ in range(_MAX_REDIRECTS + 1):
            trusted = trusted and origin(here) == origin(start)
            response = self._send(here, {**headers, **(secret if trusted else {})})
            try:
                linked = response.headers.get("X-Linked-ETag") or linked
                if response.status_code in _REDIRECTS and "Location" in response.headers:
                    target = self._target(here, response.headers["Location"])
                    check_redirect(start, here, target)
                    here = target
                    continue
                self._judge(response, here)
                yield Answer(response, str(here), linked)
                return
            finally:
                response.close()
        raise SourceError(f"{shown(first)} redirects more than {_MAX_REDIRECTS} times.", advice="Check the address.")

    def receive(self, answer: Answer, buffer: bytearray, limit: int) -> None:
        """Append the body to ``buffer`` until it holds ``limit`` bytes.

        What has arrived stays in ``buffer`` when the line breaks, so that the next attempt resumes there.

        Raises:
            TransientError: stalled, too slow, or cut off.
            SourceError: more bytes than asked for, or compressed ones.
        """
        before = len(buffer)
        where = shown(answer.location)
        if answer.response.headers.get("Content-Encoding", "identity") != "identity":
            raise SourceError(f"{where} sends compressed bytes although none were asked for.")
        started = self.clock.monotonic()
        try:
            for chunk in answer.response.iter_raw():
                if len(buffer) + len(chunk) > limit:
                    raise SourceError(f"{where} sends more bytes than the {limit} it was asked for.")
                buffer += chunk
                self._check_pace(where, len(buffer) - before, started)
        except httpx.TimeoutException as error:
            stalled = SourceError(f"{where} stalled in the middle of a file.", advice=self._network_advice)
            raise TransientError(stalled, progressed=len(buffer) - before >= _PROGRESS) from error
        except httpx.TransportError:
            pass  # shorter than announced: told below, together with bodies that announced too little
        if len(buffer) < limit:
            cut = TruncatedSource(
                f"{where} broke off: got {len(buffer)} of {limit} bytes.", advice=self._network_advice
            )
            raise TransientError(cut, progressed=len(buffer) - before >= _PROGRESS)

    def _check_pace(self, where: str, received: int, started: float) -> None:
        elapsed = self.clock.monotonic() - started
        if elapsed > self.policy.grace and received < elapsed * self.policy.slowest_rate:
            slow = SourceError(f"{where} sends only {received} bytes in {elapsed:.0f} s.", advice=self._network_advice)
            raise TransientError(slow)

    def _send(self, url: httpx.URL, headers: Mapping[str, str]) -> httpx.Response:
        request = self._client.build_request("GET", url, headers=dict(headers))
        try:
            return self._client.send(request, stream=True, follow_redirects=False)
        except (httpx.UnsupportedProtocol, UnicodeError) as error:
            raise SourceError(f"{shown(url)} is no http(s) address.") from error
        except httpx.TransportError as error:
            problem = SourceError(
                f"{shown(url)} could not be reached: {error or type(error).__name__}.",
                advice=self._network_advice,
            )
            hopeless = "CERTIFICATE_VERIFY_FAILED" in str(error)
            cost = self.policy.attempts if hopeless else 2 if isinstance(error, httpx.ConnectError) else 1
            raise TransientError(problem, cost=cost) from error

    def _target(self, here: httpx.URL, location: str) -> httpx.URL:
        try:
            return parsed(str(here.join(location)))
        except (httpx.InvalidURL, BadReference, ValueError) as error:
            raise SourceError(f"{shown(here)} redirects to an address that is not well formed.") from error

    def _judge(self, response: httpx.Response, url: httpx.URL) -> None:
        status = response.status_code
        if status in (200, 206):
            return
        where, headers = shown(url), response.headers
        if status in _TRANSIENT:
            wait = asked_wait(headers, self.clock.time())
            raise TransientError(status_problem(status, where, wait), wait=wait)
        raise RefusalError(status, self._refusal(status, where), headers)

    def _refusal(self, status: int, where: str) -> StemmaError:
        if status in (401, 403):
            return AccessDenied(f"{where} refuses access (HTTP {status}).", advice=self._access_advice)
        if status in (404, 410):
            return ModelNotFound(f"There is nothing at {where} (HTTP {status}).", advice="Check the spelling.")
        if status == 412:
            return SourceChanged(f"{where} changed while it was being read.", advice="Start again.")
        return SourceError(f"{where} answers HTTP {status}, expected 206 (a byte range).")


def status_problem(status: int, where: str, wait: float | None) -> SourceError:
    """The error for a status that stayed the same through all retries."""
    if status == 429:
        asked = f" and asks to wait {wait:.0f} s" if wait is not None else ""
        return RateLimited(
            f"{where} limits the rate (HTTP 429){asked}.",
            advice="Wait, or use a token: its limits are higher.",
        )
    return SourceError(f"{where} answers HTTP {status}.", advice="The server is in trouble; try again later.")
