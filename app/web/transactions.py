"""One request, one transaction: unsafe methods commit when the answer is good, everything else rolls back."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, request

from app.kernel.db import Rollback, reading, transaction
from app.web.errors import DATABASE_AWAY, database_away

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class TransactionalFlask(Flask):
    """Flask whose views run inside the transaction of their request; the answer leaves only after the commit."""

    def full_dispatch_request(self) -> Response:
        if request.method in SAFE:
            with reading():
                return super().full_dispatch_request()
        return self._commit_if_good()

    def _commit_if_good(self) -> Response:
        answer: Any = None
        try:
            with transaction():
                answer = super().full_dispatch_request()
                if answer.status_code >= 400:
                    raise Rollback
        except DATABASE_AWAY as lost:
            return self.make_response(database_away(lost))
        return answer
