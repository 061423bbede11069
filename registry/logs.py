"""Logs are events with facts: one event, one line, one place, and one form whoever speaks: we, or a library that we use."""

import logging
import sys
import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TextIO, cast

import structlog
from structlog.typing import EventDict, WrappedLogger

_log = structlog.get_logger()


def configure(*, process: str, as_json: bool, level: int = logging.INFO, file: Path | None = None) -> None:
    """Set up this process's log on standard error; every line carries the process's name and the moment in UTC.

    What libraries say through `logging` comes in the same form, from a warning on. `file`: keep the lines there as well, for a
    process whose standard error is a terminal.
    """

    def of_process(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event.setdefault("process", process)  # not in the context: threads do not inherit that
        return event

    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if as_json
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    keeping = [] if file is None else [_Copy(file)]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            of_process,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
            *keeping,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", _Patient(sys.stderr))),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, handlers=[_Relay()], force=True)


def catch_the_rest() -> None:
    """Let Python's warnings and the errors that nobody catches come in the same form; for a process that is all ours."""
    logging.captureWarnings(capture=True)
    sys.excepthook = _uncaught
    threading.excepthook = _uncaught_in_thread


class _Patient:
    """A stream behind which the disk may be full: that costs lines, and nobody who only wanted to say something."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._stream.flush()


class _Copy:
    """The last processor: writes the finished line into a file and passes it on. Its supervisor may cut the file short."""

    def __init__(self, file: Path) -> None:
        self._stream = _Patient(file.open("a", encoding="utf-8", buffering=1))

    def __call__(self, _logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
        self._stream.write(f"{line}\n")
        return line


class _Relay(logging.Handler):
    """Hands what a library says to our own log."""

    def emit(self, record: logging.LogRecord) -> None:
        level = min(max(record.levelno // 10 * 10, logging.DEBUG), logging.CRITICAL)
        _log.log(level, record.getMessage(), logger=record.name, exc_info=record.exc_info)


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    _log.critical("uncaught-error", exc_info=(kind, error, trace))


def _uncaught_in_thread(arguments: threading.ExceptHookArgs) -> None:
    if arguments.exc_value is not None:
        thread = arguments.thread.name if arguments.thread is not None else None
        trace = (arguments.exc_type, arguments.exc_value, arguments.exc_traceback)
        _log.critical("thread-ended-by-error", thread=thread, exc_info=trace)
