"""Prints schema-table.ts: the fields of google-adk's Event and of every model inside it, in Python's order.

Run it when the pinned google-adk changes:
    uv run --with google-adk==2.13.0 python backend/events/generate-schema.py > backend/events/schema-table.ts
"""

import textwrap
import typing

from google.adk.events.event import Event
from pydantic import BaseModel

HEADER = """/**
 * Fields of google-adk 2.13's Event and of every model inside it, in the order in which Python prints them. Generated
 * by generate-schema.py; do not edit.
 *
 * A field without a kind is copied. Kinds: `verbatim` (a dict whose keys and nulls are the user's own), `bytes`
 * (base64), `seconds` (a float on the wire, milliseconds here), a model's name, `[model]` or `{model}` (a dict of
 * models).
 */
export const SCHEMA_TABLE = {"""
WIDTH = 110

models: dict[str, list[tuple[str, str]]] = {}


def kind_of(annotation) -> str:
  origin = typing.get_origin(annotation)
  arguments = [a for a in typing.get_args(annotation) if a is not type(None)]
  if origin is typing.Union or str(origin) == "<class 'types.UnionType'>":
    kinds = {kind_of(a) for a in arguments}
    return kinds.pop() if len(kinds) == 1 else 'scalar'
  if origin in (list, set, tuple, frozenset):
    inner = kind_of(arguments[0])
    return inner if inner == 'scalar' else f'[{inner}]'
  if origin is dict:
    inner = kind_of(arguments[1])
    return f'{{{inner}}}' if inner in models else 'verbatim'
  if annotation is typing.Any:
    return 'verbatim'
  if annotation is bytes:
    return 'bytes'
  if isinstance(annotation, type) and issubclass(annotation, BaseModel):
    collect(annotation)
    return annotation.__name__
  return 'scalar'


def collect(model) -> None:
  if model.__name__ in models:
    return
  models[model.__name__] = []
  models[model.__name__] = [
      (field.alias or name, kind_of(field.annotation)) for name, field in model.model_fields.items()
  ]


collect(Event)
for model, fields in models.items():
  if model in ('Event', 'EventCompaction'):
    models[model] = [(n, 'seconds' if n.lower().endswith('timestamp') else k) for n, k in fields]
print(HEADER)
for model, fields in models.items():
  words = ' '.join(name if kind == 'scalar' else f'{name}:{kind}' for name, kind in fields)
  line = f"  {model}: '{words}',"
  if len(line) > WIDTH:
    line = f'  {model}: `\n' + textwrap.fill(words, WIDTH, initial_indent='    ', subsequent_indent='    ') + '\n  `,'
  print(line)
print('} as const;')
