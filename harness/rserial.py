"""R's own serialisation format (version 2, XDR), written and read without R; no bit of a double is lost."""

import struct
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

# SEXPTYPE numbers and flags: R Internals, section 1.8 "Serialization Formats".
_SYMBOL, _PAIRLIST, _CHAR, _LOGICAL, _INTEGER, _REAL, _STRING, _LIST, _RAW = 1, 2, 9, 10, 13, 14, 16, 19, 24
_NULL, _REFERENCE = 254, 255
_VECTORS = (_LOGICAL, _INTEGER, _REAL, _STRING, _LIST, _RAW)
_HAS_ATTRIBUTES, _HAS_TAG, _IS_OBJECT = 0x200, 0x400, 0x100
_LATIN1, _UTF8, _ASCII = 1 << 14, 1 << 15, 1 << 18  # general-purpose bits of a CHARSXP
_NA_INTEGER = -(2**31)
_WRITTEN_BY, _READABLE_BY = 0x00040000, 0x00020300


def dumps(value: object) -> bytes:
    """
    *value* as R's `saveRDS(version = 2)` would write it, uncompressed.

    None is NULL, a mapping a named list, a sequence of strings, numbers or truth values an atomic vector, any
    other sequence a list, a data frame a data.frame. Every number becomes a double. A missing string is None.
    Raises ValueError where a number has no exact double, TypeError where R has no such type.
    """
    return b"X\n" + struct.pack(">iii", 2, _WRITTEN_BY, _READABLE_BY) + b"".join(_item(value))


def _item(value: object) -> Iterable[bytes]:
    if value is None:
        return [_flags(_NULL)]
    if isinstance(value, pd.DataFrame):
        return _data_frame(value)
    if isinstance(value, Mapping):
        return _named_list(list(value), list(value.values()))
    if isinstance(value, np.ndarray | pd.Series):
        return _column(pd.Series(value))
    if isinstance(value, list | tuple):
        return _sequence(value)
    if isinstance(value, str | bool | int | float | np.generic):
        return _sequence([value.item() if isinstance(value, np.generic) else value])
    raise TypeError(f"R cannot be sent a {type(value).__name__}")


def _sequence(values: Sequence[object]) -> Iterable[bytes]:
    kinds = {type(value) for value in values}
    if kinds and kinds <= {str, type(None)} and str in kinds:
        return _strings(values)
    if kinds == {bool}:
        truths = [int(bool(value)) for value in values]
        return [_flags(_LOGICAL), struct.pack(f">i{len(truths)}i", len(truths), *truths)]
    if kinds and kinds <= {int, float}:
        return _doubles(np.array([_exact(value) for value in values], dtype=float))
    return [_flags(_LIST), struct.pack(">i", len(values)), *(part for v in values for part in _item(v))]


def _exact(value: Any) -> float:
    if float(value) != value and value == value:
        raise ValueError(f"{value} has no exact double; R would be sent another number")
    return float(value)


def _column(column: "pd.Series[Any]") -> Iterable[bytes]:
    """A column: strings where it holds text, else doubles."""
    if pd.api.types.is_float_dtype(column.dtype) and isinstance(column.dtype, np.dtype):
        return _doubles(column.to_numpy(dtype=float))
    if pd.api.types.is_bool_dtype(column.dtype) or pd.api.types.is_integer_dtype(column.dtype):
        return _doubles(np.array([np.nan if pd.isna(v) else _exact(int(v)) for v in column], dtype=float))
    values = [None if pd.isna(value) else value for value in column]
    if all(isinstance(value, int | float) for value in values if value is not None):
        return _doubles(np.array([np.nan if v is None else _exact(v) for v in values], dtype=float))
    return _strings([None if value is None else str(value) for value in values])


def _doubles(values: "np.ndarray[Any, Any]") -> list[bytes]:
    return [_flags(_REAL), struct.pack(">i", len(values)), values.astype(">f8").tobytes()]


def _strings(values: Sequence[Any]) -> list[bytes]:
    return [_flags(_STRING), struct.pack(">i", len(values)), *(_char(value) for value in values)]


def _char(text: str | None) -> bytes:
    if text is None:
        return _flags(_CHAR) + struct.pack(">i", -1)
    encoded = text.encode()
    return _flags(_CHAR | (_ASCII if text.isascii() else _UTF8)) + struct.pack(">i", len(encoded)) + encoded


def _named_list(names: Sequence[Any], values: Sequence[object]) -> list[bytes]:
    parts = [part for value in values for part in _item(value)]
    head = [_flags(_LIST | _HAS_ATTRIBUTES), struct.pack(">i", len(values))]
    return [*head, *parts, *_attribute("names", _strings([str(name) for name in names])), _flags(_NULL)]


def _data_frame(frame: pd.DataFrame) -> list[bytes]:
    columns = [part for name in frame for part in _column(frame[name])]
    row_names = [_flags(_INTEGER), struct.pack(">iii", 2, _NA_INTEGER, -len(frame))]
    return [
        _flags(_LIST | _HAS_ATTRIBUTES | _IS_OBJECT),
        struct.pack(">i", frame.shape[1]),
        *columns,
        *_attribute("names", _strings([str(name) for name in frame])),
        *_attribute("class", _strings(["data.frame"])),
        *_attribute("row.names", row_names),
        _flags(_NULL),
    ]


def _attribute(name: str, value: list[bytes]) -> list[bytes]:
    return [_flags(_PAIRLIST | _HAS_TAG), _flags(_SYMBOL), _char(name), *value]


def _flags(bits: int) -> bytes:
    return struct.pack(">i", bits)


def loads(data: bytes) -> Any:
    """
    What R's `serialize(version = 2)` wrote: NULL as None, a named list or data frame as a dict, another list
    as a list, doubles as a (n,) float64 ndarray, integers, truth values and strings as lists (None where NA),
    raw as bytes. Raises ValueError on any other type.
    """
    if data[:2] != b"X\n":
        raise ValueError("R answered in a format that is not its binary serialisation")
    return _Reader(data, offset=14).item()


class _Reader:
    """A cursor over the bytes; symbols met are remembered, since R refers back to them by number."""

    def __init__(self, data: bytes, offset: int) -> None:
        self.data, self.offset = data, offset
        self.symbols: list[str] = []

    def item(self) -> Any:
        flags = self.integer()
        kind = flags & 0xFF
        if kind in _READERS:
            value = _READERS[kind](self, flags)
        else:
            raise ValueError(f"R answered with an object of type {kind}, which is not plain data")
        if kind in _VECTORS and flags & _HAS_ATTRIBUTES:  # of a reference these bits are its number
            attributes = self.item()
            if "names" in attributes and isinstance(value, list) and kind == _LIST:
                return dict(zip(attributes["names"], value, strict=True))
        return value

    def integer(self) -> int:
        return int(struct.unpack(">i", self.take(4))[0])

    def take(self, count: int) -> bytes:
        self.offset += count
        return self.data[self.offset - count : self.offset]

    def integers(self) -> list[int | None]:
        count = self.integer()
        values = struct.unpack(f">{count}i", self.take(4 * count))
        return [None if value == _NA_INTEGER else value for value in values]

    def doubles(self) -> "np.ndarray[Any, Any]":
        return np.frombuffer(self.take(8 * self.integer()), dtype=">f8").astype(float)

    def char(self, flags: int) -> str | None:
        length = self.integer()
        if length == -1:
            return None
        return self.take(length).decode("latin-1" if flags & _LATIN1 else "utf-8", errors="replace")

    def items(self) -> list[Any]:
        return [self.item() for _ in range(self.integer())]

    def pairlist(self, flags: int) -> dict[str, Any]:
        """Attributes, flattened; R writes an attribute list as nested pairs with a tag each."""
        pairs: dict[str, Any] = {}
        while flags & 0xFF == _PAIRLIST:
            name = self.item() if flags & _HAS_TAG else str(len(pairs))
            pairs[name] = self.item()
            flags = self.integer()
        return pairs

    def symbol(self) -> str:
        self.symbols.append(str(self.item()))
        return self.symbols[-1]


_READERS: Mapping[int, Any] = {
    _NULL: lambda reader, flags: None,
    _SYMBOL: lambda reader, flags: reader.symbol(),
    _REFERENCE: lambda reader, flags: reader.symbols[(flags >> 8) - 1],
    _PAIRLIST: lambda reader, flags: reader.pairlist(flags),
    _CHAR: lambda reader, flags: reader.char(flags),
    _LOGICAL: lambda reader, flags: [None if v is None else bool(v) for v in reader.integers()],
    _INTEGER: lambda reader, flags: reader.integers(),
    _REAL: lambda reader, flags: reader.doubles(),
    _STRING: lambda reader, flags: reader.items(),
    _LIST: lambda reader, flags: reader.items(),
    _RAW: lambda reader, flags: reader.take(reader.integer()),
}
