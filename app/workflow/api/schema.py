"""What requests and answers are made of: names in camelCase, texts the database can hold, ids, moments, pages.

Everything is strict: a boolean is a boolean, an unknown member is an error. In filters null means "not said", members we do not
know included, because widespread clients send every member they know.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)
from pydantic.alias_generators import to_camel

UUID_PATTERN = "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"
MOMENT_PATTERN = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}[+-][0-9]{4}$"
DAY_PATTERN = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
MOST_ROWS = 1000


class Model(BaseModel):
    """A body or an answer. Made by Python name, read and written by camelCase alias."""

    model_config = ConfigDict(
        alias_generator=to_camel, validate_by_name=True, validate_by_alias=True, extra="forbid", frozen=True
    )


def _plain_id(value: Any) -> Any:
    if isinstance(value, uuid.UUID):
        return value
    if not isinstance(value, str) or not re.fullmatch(UUID_PATTERN, value):
        raise ValueError("is no id")
    return value


def _moment(value: Any) -> Any:
    """A moment as Camunda writes it (2026-03-02T12:00:00.000+0800) or as RFC 3339 does."""
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not re.fullmatch(r"[0-9T:.+-]{19,35}Z?", value):
        raise ValueError("is no moment such as 2026-03-02T12:00:00.000+0800")
    read = datetime.fromisoformat(value)
    if read.tzinfo is None or not 1 < read.year < 9999:
        raise ValueError("needs its offset, such as +0800, and a year between 2 and 9998")
    return read


def _day(value: Any) -> Any:
    """A day as 2026-03-02."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not re.fullmatch(DAY_PATTERN, value):
        raise ValueError("is no day such as 2026-03-02")
    return date.fromisoformat(value)


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "+0000")


def _truth(value: Any) -> Any:
    """true or false, in a query string as a word."""
    known = {"true": True, "false": False}
    return known.get(value, value) if isinstance(value, str) else value


def _number(value: Any) -> Any:
    return int(value) if isinstance(value, str) and re.fullmatch("[0-9]{1,9}", value) else value


IN_QUERY = {"place": "query"}


def _several(value: Any, info: ValidationInfo) -> Any:
    """A list, in a query string with commas; in a body a text is no list."""
    return value.split(",") if isinstance(value, str) and info.context == IN_QUERY else value


def _no_nulls(value: Any) -> Any:
    return {key: member for key, member in value.items() if member is not None} if isinstance(value, Mapping) else value


def _null_members(schema: dict[str, Any]) -> None:
    schema["additionalProperties"] = {"type": "null"}


Text = Annotated[str, StringConstraints(strict=True, max_length=4000, pattern=r"^[^\x00]*$")]
Word = Annotated[str, StringConstraints(strict=True, max_length=200, pattern=r"^[^\x00]*$")]
Id = Annotated[
    uuid.UUID,
    BeforeValidator(_plain_id),
    WithJsonSchema({"type": "string", "format": "uuid", "pattern": UUID_PATTERN}, mode="validation"),
]
Moment = Annotated[
    datetime,
    BeforeValidator(_moment),
    PlainSerializer(_written, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}, mode="validation"),
    WithJsonSchema({"type": "string", "pattern": MOMENT_PATTERN}, mode="serialization"),
]
Day = Annotated[
    date,
    BeforeValidator(_day),
    WithJsonSchema({"type": "string", "format": "date", "pattern": DAY_PATTERN}),
]
Truth = Annotated[bool, BeforeValidator(_truth), Field(strict=True)]
Flag = Annotated[bool, Field(strict=True)]
Words = Annotated[list[Word], BeforeValidator(_several), Field(max_length=100)]
Ids = Annotated[list[Id], BeforeValidator(_several), Field(max_length=100)]


class SortOrder(StrEnum):
    """Which way."""

    ASC = "asc"
    DESC = "desc"


class Query(Model):
    """A filter: the query string of a GET, the body of a POST."""

    model_config = ConfigDict(json_schema_extra=_null_members)

    @model_validator(mode="before")
    @classmethod
    def null_is_not_said(cls, data: Any) -> Any:
        """Leave out what is null."""
        return _no_nulls(data)


class Window(Query):
    """Which rows of the result."""

    first_result: Annotated[int, BeforeValidator(_number), Field(ge=0, le=100_000, strict=True)] = 0
    max_results: Annotated[int, BeforeValidator(_number), Field(ge=0, le=MOST_ROWS, strict=True)] = 100


class Count(Model):
    """How many rows there are."""

    count: int


class Link(Model):
    """A place Camunda keeps for hypermedia; we send none."""

    rel: str
    href: str
    method: str


class ErrorAnswer(Model):
    """Every refusal: the kind, a sentence in the reader's language, and details where there are more than one."""

    model_config = ConfigDict(extra="ignore")

    type: str
    message: str
    details: dict[str, Any] | None = None
