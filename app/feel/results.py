"""Result types of operators, built-ins and properties, for the check before running (DMN 1.3 clause 10.3)."""

from __future__ import annotations

_DAYS, _MONTHS, _MOMENT = "days and time duration", "years and months duration", "date and time"


def _arithmetic() -> dict[tuple[str, str, str], str]:
    results = {("number", sign, "number"): "number" for sign in ("+", "-", "*", "/", "**")}
    results["string", "+", "string"] = "string"
    for duration in (_DAYS, _MONTHS):
        results |= {(duration, sign, duration): duration for sign in "+-"}
        results[duration, "/", duration] = "number"
        results[duration, "*", "number"] = results["number", "*", duration] = duration
        results[duration, "/", "number"] = duration
        for moment in ("date", _MOMENT):
            results[moment, "+", duration] = results[duration, "+", moment] = moment
            results[moment, "-", duration] = moment
    for first in ("date", _MOMENT):
        results |= {(first, "-", second): _DAYS for second in ("date", _MOMENT)}
    results["time", "+", _DAYS] = results[_DAYS, "+", "time"] = results["time", "-", _DAYS] = "time"
    results["time", "-", "time"] = _DAYS
    return results


ARITHMETIC_RESULTS = _arithmetic()

_BY_RESULT = {
    "number": "string length,count,median,stddev,product,decimal,floor,ceiling,round up,round down,round half up,"
    "round half down,modulo,sqrt,log,exp,number,day of year,week of year",
    "string": "substring,upper case,lower case,trim,substring before,substring after,replace,string join,string,"
    "day of week,month of year",
    "boolean": "not,contains,starts with,ends with,matches,list contains,all,any,odd,even,is,is defined,"
    "is blank,is empty,before,after,meets,met by,overlaps,overlaps before,overlaps after,finishes,finished by,"
    "includes,during,starts,started by,coincides",
    "date": "date,today,last day of month",
    "time": "time",
    _MOMENT: "date and time,now",
    "duration": "duration",
    _MONTHS: "years and months duration",
    "list<string>": "split",
    "list<number>": "mode,index of",
    "range": "range",
}
BUILTIN_RESULTS = {name: result for result, names in _BY_RESULT.items() for name in names.split(",")}

_DATE = dict.fromkeys(("year", "month", "day", "weekday"), "number")
_TIME = {
    **dict.fromkeys(("hour", "minute", "second"), "number"),
    "time offset": _DAYS,
    "timezone": "string",
}
PROPERTIES: dict[str, dict[str, str]] = {
    "date": _DATE,
    "time": _TIME,
    _MOMENT: {**_DATE, **_TIME},
    _DAYS: dict.fromkeys(("days", "hours", "minutes", "seconds"), "number"),
    _MONTHS: dict.fromkeys(("years", "months"), "number"),
    "range": {"start": "Any", "end": "Any", "start included": "boolean", "end included": "boolean"},
}
