"""Importing LanceDB without what it does not use over a folder: two seconds less, and 50 MB."""

from __future__ import annotations

import importlib
import importlib.util
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from typing import Any, TypeVar

_CLIENT = "lance_namespace_urllib3_client"
_MODELS = f"{_CLIENT}.models"
_Method = TypeVar("_Method")


@contextmanager
def lean() -> Iterator[None]:
    """Within the block, keep from LanceDB what it would load or check for nothing."""
    finder = _NoPandas()
    sys.meta_path.insert(0, finder)
    try:
        _without_client()
        with _unchecked():
            yield
    finally:
        sys.meta_path.remove(finder)


@contextmanager
def _unchecked() -> Iterator[None]:
    """Take LanceDB's methods for the overrides that it says they are.

    Before Python 3.12, which has `override` itself, a package of that name reads each caller's
    bytecode: 0.16 s at each start.
    """
    if sys.version_info >= (3, 12):
        yield
        return
    import overrides

    checking = overrides.override
    overrides.override = _marked  # type: ignore[assignment]
    try:
        yield
    finally:
        overrides.override = checking


def _marked(method: _Method) -> _Method:
    vars(method)["__override__"] = True
    return method


class _NoPandas(MetaPathFinder):
    """LanceDB imports it where it finds it, and 40 MB would stay for nothing."""

    def find_spec(self, name: str, _path: Sequence[str] | None, _target: object = None, /) -> None:
        if name == "pandas":
            raise ModuleNotFoundError(name, name=name)


def _without_client() -> None:
    """Put empty packages where the client and its models are; a model is loaded at its first use.

    LanceDB takes over the names of all 150 models, and makes one of them at the most.
    """
    for name in (_CLIENT, _MODELS):
        spec = importlib.util.find_spec(name)
        if spec is None or name in sys.modules:
            return
        sys.modules[name] = importlib.util.module_from_spec(spec)
    sys.modules[_MODELS].__getattr__ = _named  # type: ignore[method-assign]


def _named(name: str) -> type:
    if name.startswith("_"):
        raise AttributeError(name)
    return _Model(name, (), {})


class _Model(type):
    """Stands for a model of the client until it is used."""

    def _real(cls) -> Any:
        words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", cls.__name__).lower()
        return getattr(importlib.import_module(f"{_MODELS}.{words}"), cls.__name__)

    def __call__(cls, *args: Any, **more: Any) -> Any:
        return cls._real()(*args, **more)

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(cls._real(), name)

    def __instancecheck__(cls, one: object) -> bool:
        return isinstance(one, cls._real())
