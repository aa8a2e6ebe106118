"""What is wrong with a case file, each fault with its path, value and remedy.

Lists are counted from 1 in the paths, as a reader of the file counts them.
"""

import json
import math
import re
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from ketacourse.errors import Fault, InputError

Argument = TypeVar("Argument")

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]{1,60}")
_LONGEST_VALUE = 60
_KEY_ITSELF = "[key]"
"""What pydantic adds to a path when the key, not its value, is at fault."""

_WANTED = {
    "string_type": "a text in quotes",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
}


def path_text(location: Iterable[str | int]) -> str:
    """Return a path as text, lists counted from 1.

    Examples
    --------
    >>> path_text(("course", "sessions", 0, "dose"))
    'course.sessions[1].dose'
    """
    text = ""
    for part in location:
        if isinstance(part, int):
            text += f"[{part + 1}]"
        elif part != _KEY_ITSELF or not text:
            name = part if _BARE_KEY.fullmatch(part) else shown(part)
            text += f".{name}" if text else name
    return text


def shown(value: object) -> str:
    """Return a value as it would stand in the file, shortened.

    Examples
    --------
    >>> shown("40")
    '"40"'
    """
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**20:
        return "a number of more than 20 digits"
    quoted = isinstance(value, bool | str)
    text = json.dumps(value, ensure_ascii=False) if quoted else str(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 3]}..."


def refused(
    check: Callable[[Argument], object], argument: Argument, *, path: str, value: object
) -> Iterator[Fault]:
    """Yield the fault of a check that refuses its argument, if it does."""
    try:
        check(argument)
    except InputError as error:
        yield Fault(path=path, value=shown(value), problem=error.problem, remedy=error.remedy)


def faults_of(error: ValidationError, model: type[BaseModel]) -> tuple[Fault, ...]:
    """Return the faults behind a pydantic error on a file read as ``model``."""
    return tuple(_fault(details, model) for details in error.errors(include_url=False))


def _fault(details: ErrorDetails, model: type[BaseModel]) -> Fault:
    location = details["loc"]
    problem, remedy = _words(details, model)
    given = "" if details["type"] == "missing" else shown(details["input"])
    return Fault(path=path_text(location), value=given, problem=problem, remedy=remedy)


def _words(details: ErrorDetails, model: type[BaseModel]) -> tuple[str, str]:
    kind = details["type"]
    context = details.get("ctx", {})
    if kind == "refused":
        return str(context["problem"]), str(context["remedy"])
    if kind == "extra_forbidden":
        return _unknown_key(details["loc"], model)
    if kind == "missing":
        return "This is missing.", _how_to_give(details["loc"], model)
    if kind in _WANTED:
        return f"This is {_kind_of(details['input'])}.", f"Give {_WANTED[kind]}."
    return _bounds_words(kind, context, details["msg"])


def _bounds_words(kind: str, context: Mapping[str, Any], message: str) -> tuple[str, str]:
    if kind == "literal_error":
        return "This is not one of the choices.", f"Use {context['expected']}."
    if kind in ("greater_than_equal", "less_than_equal"):
        limit = context.get("ge", context.get("le"))
        word = "at least" if "ge" in context else "at most"
        return "This is out of range.", f"Give {word} {limit:g}."
    if kind == "finite_number":
        return "This is not a finite number.", "Give a number; leave the key out if unknown."
    if kind.startswith("string_too"):
        limit = context.get("max_length", context.get("min_length"))
        word = "at most" if "max_length" in context else "at least"
        return "The text has the wrong length.", f"Give {word} {limit} characters."
    if kind.startswith("too_"):
        limit = context.get("max_length", context.get("min_length"))
        word = "at most" if "max_length" in context else "at least"
        return "The list has the wrong length.", f"Give {word} {limit} entries."
    return f"{message}.", "Correct the value."


def _unknown_key(location: tuple[str | int, ...], model: type[BaseModel]) -> tuple[str, str]:
    owner = _model_at(location[:-1], model)
    known = list(owner.model_fields) if owner is not None else []
    close = get_close_matches(str(location[-1]), known, n=2, cutoff=0.6)
    if close:
        return "This key is not known.", f"Did you mean {' or '.join(repr(c) for c in close)}?"
    return "This key is not known.", f"Use one of {', '.join(known)}."


def _how_to_give(location: tuple[str | int, ...], model: type[BaseModel]) -> str:
    name = str(location[-1])
    owner = _model_at(location[:-1], model)
    field = _properties(owner).get(name, {}) if owner is not None else {}
    if "examples" in field:
        return f"Add {name} = {json.dumps(field['examples'][0])}, with its unit."
    if "enum" in field:
        return f"Add {name}, one of {', '.join(map(str, field['enum']))}."
    if "$ref" in field:
        return f"Add the table [{path_text(location)}]."
    return f"Add {name}."


@cache
def _properties(model: type[BaseModel]) -> Mapping[str, Any]:
    properties: Mapping[str, Any] = model.model_json_schema()["properties"]
    return properties


def _model_at(location: Iterable[str | int], model: type[BaseModel]) -> type[BaseModel] | None:
    current: type[BaseModel] | None = model
    for part in location:
        if current is None or not isinstance(part, str):
            continue
        field = current.model_fields.get(part)
        if field is not None:
            current = _model_in(field.annotation)
    return current


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in (Union, types.UnionType, Annotated, list, dict):
        for inner in get_args(annotation):
            found = _model_in(inner)
            if found is not None:
                return found
    return None


def _kind_of(value: object) -> str:
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, str):
        return "a text"
    if isinstance(value, int):
        return "a whole number"
    if isinstance(value, float):
        return "a number with a fraction" if math.isfinite(value) else "not a finite number"
    if isinstance(value, list):
        return "a list"
    return "a table" if isinstance(value, Mapping) else "a date or time"
