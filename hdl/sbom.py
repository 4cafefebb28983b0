"""Command: list all that the bytes of a build depend on, as a CycloneDX software bill of materials.

python -m hdl.sbom [--build FOLDER] [--wheels FOLDER] [--out FILE]
"""

import hashlib
import json
import sys
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from polychron.command.app import make_app, run
from polychron.command.options import option
from polychron.command.terminal import printable, say
from polychron.system.files import write_whole
from polychron.system.together import check_together

if TYPE_CHECKING:
    from cyclonedx.model import HashType
    from cyclonedx.model.component import Component

_OF_NAMES = ("tools", "packages")  # in a report, by name what is known of each
EPOCH = 315532800  # 1980, as zip files have it: the bill says what was used, and the same use gives the same bytes

app = make_app(
    "sbom",
    "List all that the bytes of a build depend on, as a CycloneDX software bill of materials: Python, every package with its licence and "
    "the hash of its files, this project's sources, the network and the products.",
    examples=["python -m hdl.sbom", "python -m hdl.sbom --build build/icebreaker --wheels wheels --out build/icebreaker/sbom.json"],
)


def read_report(folder: Path) -> dict[str, Any]:
    """A build's report.json; ``ValueError`` or ``OSError`` with one sentence if it isn't one with the packages in it, or if files beside it
    are of another build."""
    path = folder / "report.json"
    try:
        content = path.read_bytes()
        report = json.loads(content)
    except FileNotFoundError:
        raise ValueError(f"{printable(str(path))} is missing: build first, with python -m hdl.build") from None
    except (OSError, ValueError, RecursionError) as error:
        raise ValueError(f"{printable(str(path))} can't be read: {printable(str(error))}") from None
    known = report if isinstance(report, dict) else {}
    for key in (*_OF_NAMES, "board", "network", "network_sha256"):
        value = known.get(key)
        texts = value.values() if isinstance(value, dict) else [value]
        if isinstance(value, dict) != (key in _OF_NAMES) or not all(isinstance(text, str) for text in texts):
            raise ValueError(f"{printable(str(path))} has no {key}: it is not of a build of this version")
    check_together(path, content)
    return report


def check_versions(report: dict[str, Any], installed: dict[str, str]) -> None:
    """``ValueError`` where something else is installed than what the build was made with."""
    for name in sorted(report["packages"].keys() | installed.keys()):
        then, now = report["packages"].get(name), installed.get(name)
        if then != now:
            was = "without it" if then is None else f"with {printable(str(then))}"
            raise ValueError(f"{printable(name)}: the build was made {was}, and {now or 'none'} is installed")


def component(package: Distribution, *, wheels: Path | None) -> "Component":
    """A package. Raises ``ValueError`` where a file of it is not the one that was installed."""
    from cyclonedx.contrib.license.factories import LicenseFactory
    from cyclonedx.model import Property
    from cyclonedx.model.component import Component
    from packageurl import PackageURL
    from packaging.utils import canonicalize_name

    from hdl.flow.report import packages

    wrong = packages.changed(package)
    if wrong:
        raise ValueError(f"{printable(wrong[0])} of {package.name} {package.version} is not the file that was installed")
    hashes: list[HashType] = []
    properties = [Property(name="polychron:files-sha256", value=packages.digest(packages.recorded(package)))]
    if wheels is not None:
        wheel = packages.wheel_of(package, wheels)
        hashes = _hashes(_sha256(wheel))
        properties.append(Property(name="polychron:wheel", value=wheel.name))
    name = canonicalize_name(package.name)
    return Component(
        name=name,
        version=package.version,
        bom_ref=name,
        purl=PackageURL("pypi", None, name, package.version),
        licenses=[LicenseFactory().make_from_string(text) for text in _licences(package)[:1]],
        hashes=hashes,
        properties=properties,
    )


def _licences(package: Distribution) -> list[str]:
    """What the package says of its licence, the most exact first."""
    stated = package.metadata.get_all("License-Expression", [])
    short = [text for text in package.metadata.get_all("License", []) if "\n" not in text]  # some have the licence itself there
    lines = [line for line in package.metadata.get_all("Classifier", []) if line.startswith("License :: ")]
    return [*stated, *short, *(line.rsplit(" :: ", 1)[-1] for line in lines)]


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def bill(folder: Path, report: dict[str, Any], *, wheels: Path | None) -> str:
    """The bill of the build in ``folder``, as JSON of CycloneDX 1.6."""
    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component, ComponentType
    from cyclonedx.output.json import JsonV1Dot6

    from hdl.flow.report import packages

    tools = report["tools"]
    names = packages.of_tools(tools)
    try:
        needs = packages.needed(names)
    except PackageNotFoundError as error:
        raise ValueError(f"the build was made with {printable(error.name)}, which is not installed here as a package") from None
    check_versions(report, packages.versions(names))
    known = {name: _own() if name == packages.PROJECT else component(distribution(name), wheels=wheels) for name in needs}
    others = [
        Component(name=tool, version=version, bom_ref=f"tool {tool}", type=ComponentType.APPLICATION)
        for tool, version in sorted(tools.items())
        if tool not in ("python", *needs) and version.partition(" ")[0] not in needs
    ]
    python = Component(name="python", version=str(tools.get("python")), bom_ref="python", type=ComponentType.PLATFORM)
    network = Component(
        name=report["network"], bom_ref="network", type=ComponentType.MACHINE_LEARNING_MODEL, hashes=_hashes(report["network_sha256"])
    )
    firmware = Component(
        name=f"{report['network']} on {report['board']}", bom_ref="firmware", type=ComponentType.FIRMWARE, components=_products(folder)
    )
    contents = json.dumps(report, sort_keys=True)
    made = Bom(components=[*known.values(), *others, network, python], serial_number=uuid.uuid5(uuid.NAMESPACE_OID, contents))
    made.metadata.component, made.metadata.timestamp = firmware, datetime.fromtimestamp(EPOCH, UTC)
    made.register_dependency(firmware, [known[packages.PROJECT], network, *others])
    for name, those in needs.items():
        made.register_dependency(known[name], [*(known[one] for one in those), *([python] if name == packages.PROJECT else [])])
    return JsonV1Dot6(made).output_as_string(indent=2) + "\n"


def _own() -> "Component":
    """This project, by the files of its packages."""
    from cyclonedx.model import Property
    from cyclonedx.model.component import Component, ComponentType

    from hdl.flow.report import packages

    files = packages.sources(Path(__file__).resolve().parent.parent, ("boards", "firmware", "golden", "hdl", "polychron", "sim"))
    return Component(
        name=packages.PROJECT,
        version=distribution(packages.PROJECT).version,
        bom_ref=packages.PROJECT,
        type=ComponentType.APPLICATION,
        properties=[Property(name="polychron:files-sha256", value=packages.digest(files))],
    )


def _products(folder: Path) -> "list[Component]":
    """Bitstream and memory images."""
    from cyclonedx.model.component import Component, ComponentType

    files = [path for path in sorted(folder.iterdir()) if path.stem in ("bitstream", "image", "flash") and path.is_file()]
    return [Component(name=path.name, bom_ref=path.name, type=ComponentType.FILE, hashes=_hashes(_sha256(path))) for path in files]


def _hashes(value: str) -> "list[HashType]":
    from cyclonedx.model import HashAlgorithm, HashType

    return [HashType(alg=HashAlgorithm.SHA_256, content=value)]


@app.default
def sbom(
    *,
    build: Annotated[Path, option("of the build, with its report.json", metavar="FOLDER")] = Path("build/icebreaker"),
    wheels: Annotated[
        Path | None, option("with the wheel of every package, whose hashes go into the bill (pip download)", metavar="FOLDER")
    ] = None,
    out: Annotated[Path | None, option("left out: sbom.json in the build's folder", metavar="FILE")] = None,
) -> int:
    try:
        import cyclonedx  # noqa: F401
    except ImportError:
        raise ValueError("the bill needs cyclonedx-python-lib; install it with: pip install 'polychron[sbom]'") from None

    report = read_report(build)
    target = out or build / "sbom.json"
    write_whole({target: bill(build, report, wheels=wheels).encode()})
    say(f"{len(report['packages'])} packages: {printable(str(target))}")
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    return run(app, argv)


if __name__ == "__main__":
    sys.exit(main())
