"""Finding, reading and checking the config; every error names file, key, fault and remedy."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from ingestd.config import written
from ingestd.config.schema import ConfigFile, SourceSection
from ingestd.errors import ConfigError, UsageError
from ingestd.model.source import Source, WatchMode

_Word = TypeVar("_Word", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Config:
    """A checked config; folders absolute."""

    file: ConfigFile
    base: Path
    """Where relative paths start: the config file's folder, or the working folder."""
    state_dir: Path
    sources: tuple[Source, ...]
    origin: Path | None
    """The file it was read from; `None`: folders on the command line, or nothing at all."""
    rules: str
    """Names what it said when it was read."""

    def fault(self, key: str, said: str) -> ConfigError:
        """Return the error that names file, key and fault."""
        return ConfigError(f"{self.origin}: {key}: {said}" if self.origin else f"{key}: {said}")


def loaded(path: Path | None, cwd: Path) -> Config:
    """Read a config file, or make do without one."""
    return load(path) if path is not None else for_folders([], cwd)


def load(path: Path) -> Config:
    """Read a config file."""
    content, said = written.read(path)
    try:
        file = ConfigFile.model_validate(said)
    except ValidationError as error:
        raise ConfigError(_explained(path, error)) from error
    base = path.absolute().parent
    sources = tuple(_source(section, i, base, path) for i, section in enumerate(file.sources))
    rules = written.rules(content, said, base)
    state = written.absolute(file.state_dir, base)
    return _checked(Config(file, base, state, sources, path, rules))


def for_folders(folders: Sequence[str], cwd: Path) -> Config:
    """Make the config of `ingestd sync FOLDER...`: all defaults, state in ./.ingestd."""
    file = ConfigFile()
    sources: list[Source] = []
    for folder in folders:
        root = written.absolute(folder, cwd)
        if not root.exists():
            raise UsageError(f"{folder}: no such folder")
        if not root.is_dir():
            raise UsageError(f"{folder}: not a folder; name the folder that it lies in")
        sources.append(Source(name=root.name or "root", root=root))
    state, rules = written.absolute(file.state_dir, cwd), written.rules(b"", {}, cwd)
    return _checked(Config(file, cwd, state, tuple(sources), None, rules))


def with_known(config: Config, known: Iterable[tuple[str, bytes]]) -> Config:
    """Add the sources that a state folder remembers, where the config names none of that name."""
    names = {source.name for source in config.sources}
    roots = {source.root for source in config.sources}
    more = [
        Source(name=name, root=Path(os.fsdecode(root)))
        for name, root in known
        if name not in names and Path(os.fsdecode(root)) not in roots
    ]
    return replace(config, sources=_with_holes((*config.sources, *more), config.state_dir))


def _checked(config: Config) -> Config:
    where = f"{config.origin}: " if config.origin else ""
    names: dict[str, int] = {}
    roots: dict[Path, str] = {}
    for index, source in enumerate(config.sources):
        if source.name in names:
            remedy = (
                "give them names in a config (ingestd init)" if not config.origin else "rename one"
            )
            raise ConfigError(
                f"{where}sources[{index}].name: {source.name!r} is the name of two sources "
                f"({config.sources[names[source.name]].root} and {source.root}); {remedy}"
            )
        if source.root in roots:
            raise ConfigError(
                f"{where}sources[{index}].path: {source.root} is the path of two sources, "
                f"{roots[source.root]!r} and {source.name!r}; drop one, or use include and exclude"
            )
        names[source.name] = index
        roots[source.root] = source.name
    file = config.file
    if file.chunking.min_tokens * 2 > file.chunking.max_tokens:
        raise ConfigError(
            f"{where}chunking.min_tokens: {file.chunking.min_tokens} is more than half of "
            f"chunking.max_tokens ({file.chunking.max_tokens}); a part that is cut in two must fit"
        )
    return replace(config, sources=_with_holes(config.sources, config.state_dir))


def _with_holes(sources: tuple[Source, ...], state_dir: Path) -> tuple[Source, ...]:
    """Keep the state folder out of every source, and inner sources out of outer ones."""
    return tuple(
        replace(
            source,
            holes=tuple(
                root
                for root in (state_dir, *(other.root for other in sources))
                if root != source.root and root.is_relative_to(source.root)
            ),
        )
        for source in sources
    )


def _source(section: SourceSection, index: int, base: Path, file: Path) -> Source:
    root = written.absolute(section.path, base)
    # One that is missing may be back soon: whether that is an error depends on what is known of it.
    if root.exists() and not root.is_dir():
        raise ConfigError(f"{file}: sources[{index}].path: {root}: not a folder")
    return Source(
        name=section.name or root.name or "root",
        root=root,
        include=tuple(section.include),
        exclude=tuple(section.exclude),
        acl=tuple(sorted(set(section.acl))),
        watch=WatchMode(section.watch),
        max_bytes=section.max_bytes,
    )


def _explained(path: Path, error: ValidationError) -> str:
    """Say what is wrong with each key, one a line."""
    return "\n".join(_fault(path, fault) for fault in error.errors())


def _fault(path: Path, fault: Any) -> str:
    location = fault["loc"]
    key = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in location).lstrip(".")
    if fault["type"] == "extra_forbidden":
        known = _known_keys(location[:-1])
        return f"{path}: {key}: unknown key{nearest(str(location[-1]), known)}"
    if fault["type"] == "missing":
        return f"{path}: {key}: missing; it has no default"
    shown = repr(fault["input"])
    message = fault["msg"][0].lower() + fault["msg"][1:]
    return f"{path}: {key}: {shown[:60]}: {message}"


def _known_keys(location: Sequence[Any]) -> list[str]:
    section: type[BaseModel] = ConfigFile
    for part in location:
        if isinstance(part, int):
            continue
        annotation = section.model_fields[part].annotation
        arguments: tuple[Any, ...] = getattr(annotation, "__args__", (annotation,))
        section = next(a for a in arguments if isinstance(a, type) and issubclass(a, BaseModel))
    return [field.alias or name for name, field in section.model_fields.items()]


def one_of(kind: type[_Word], word: str, what: str) -> _Word:
    """Read a word of an enumeration; raises ValueError with the nearest and all known ones."""
    try:
        return kind(word)
    except ValueError as error:
        known = [str(one.value) for one in kind]
        told = f"{word!r} is no {what}{nearest(word, known)}; there are {', '.join(known)}"
        raise ValueError(told) from error


def nearest(word: str, known: Iterable[str]) -> str:
    """Return a hint at the known word that is most like another, or nothing."""
    found = difflib.get_close_matches(word, [str(one) for one in known], n=1, cutoff=0.5)
    return f"; did you mean {found[0]!r}?" if found else ""
