"""The child's main: first give away what it doesn't need, then open the file."""

from __future__ import annotations

import resource
import sys

from .result import Limits, Refused, Result, TooMuch, refusal

# The exit code that says: not this file, but this installation is at fault (EX_CONFIG of sysexits.h).
NOT_INSTALLED = 78


def main() -> None:
    """Read one file of the kind named in the last argument, write the answer. Dies of its limits rather than grow.

    The kind "pdf:3" asks for the third page of a scan as a picture.
    """
    kind = sys.argv[-1]
    limits = Limits()
    shut_in(limits)
    content = sys.stdin.buffer.read()
    try:
        answer = render(content, kind, limits).packed()
    except Refused as refused:
        answer = refusal(refused)
    except ImportError as fault:
        sys.stderr.write(str(fault))
        sys.exit(NOT_INSTALLED)
    sys.stdout.buffer.write(answer)
    sys.stdout.buffer.flush()


def shut_in(limits: Limits) -> None:
    """No more memory and time than allowed, no file written, no core of a customer's papers left behind."""
    for what, most in (
        (resource.RLIMIT_AS, limits.memory),
        (resource.RLIMIT_CPU, limits.seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 64),
    ):
        resource.setrlimit(what, (most, most))


def render(content: bytes, kind: str, limits: Limits) -> Result:
    """The rendition of a file of `kind` ("pdf", "office", or a picture's); raises Refused. Imports only the reader it needs."""
    try:
        return _read(content, kind, limits)
    except (TooMuch, MemoryError, RecursionError):
        if kind == "office":
            raise Refused("The file unpacks to more than is allowed, so it is not taken.") from None
        return Result("unsafe", "application/pdf" if kind == "pdf" else f"image/{kind}", note="unsafe")


def _read(content: bytes, kind: str, limits: Limits) -> Result:
    if kind.startswith("pdf"):
        from . import pdf

        _, _, page = kind.partition(":")
        return pdf.page_picture(content, int(page)) if page else pdf.render(content, limits)
    if kind == "office":
        from . import office

        return office.check(content, limits)
    from . import pictures

    return pictures.render(content, kind, limits)
