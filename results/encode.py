"""Python and numpy values as Arrow arrays, typed strictly.

`pyarrow.array` would do, if it did not import pandas, which takes a worker a second and 60 MB.
"""

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Sequence

    Array: TypeAlias = np.ndarray[Any, Any]
    Values: TypeAlias = Sequence[Any] | Array

_KINDS = {pa.float64(): "fi", pa.float32(): "fi", pa.int64(): "i", pa.bool_(): "b"}
"""Kinds of numpy values that a type takes: whole numbers may stand for reals, nothing else for anything."""


def encoded(values: "Values", type_: pa.DataType) -> pa.Array:
    """The values as an array of this type, None as null.

    Raises:
        TypeError: If they are of another type.
    """
    there = np.array([value is not None for value in values], dtype=bool)
    valid = None if there.all() else _bits(there)
    if pa.types.is_string(type_):
        texts = [_text(value) for value in values]
        return pa.Array.from_buffers(type_, len(there), [valid, _offsets(texts), pa.py_buffer(b"".join(texts))])
    if pa.types.is_list(type_):
        lists = [_list(value) for value in values]
        numbers = encoded(np.concatenate([np.zeros(0, int), *lists]), type_.value_type)
        return pa.Array.from_buffers(type_, len(there), [valid, _offsets(lists)], children=[numbers])
    numbers = _numbers(values, there, type_)
    data = _bits(numbers) if pa.types.is_boolean(type_) else pa.py_buffer(numbers)
    return pa.Array.from_buffers(type_, len(there), [valid, data])


def _text(value: object) -> bytes:
    if not isinstance(value, str | None):
        raise TypeError(f"got {value!r}")
    return (value or "").encode()


def _list(value: object) -> "Array":
    numbers = np.asarray([] if value is None else value)
    if numbers.ndim != 1:
        raise TypeError(f"got {type(value).__name__} of {numbers.ndim} dimensions")
    return numbers if len(numbers) else np.zeros(0, int)


def _numbers(values: "Values", there: "Array", type_: pa.DataType) -> "Array":
    wanted = np.dtype(type_.to_pandas_dtype())
    present = values if there.all() else [value for value in values if value is not None]
    numbers = np.asarray(present, dtype=None if len(present) else wanted)
    if numbers.ndim != 1 or numbers.dtype.kind not in _KINDS[type_]:
        raise TypeError(f"got {numbers.dtype} of {numbers.ndim} dimensions")
    filled = np.zeros(len(there), wanted)
    filled[there] = numbers
    return filled


def _bits(flags: "Array") -> pa.Buffer:
    return pa.py_buffer(np.packbits(flags, bitorder="little"))


def _offsets(pieces: "Sequence[bytes] | Sequence[Array]") -> pa.Buffer:
    ends = np.cumsum([0, *map(len, pieces)])
    if ends[-1] > np.iinfo(np.int32).max:
        raise TypeError(f"got {ends[-1]} elements, one pack may hold {np.iinfo(np.int32).max}")
    return pa.py_buffer(ends.astype(np.int32))
