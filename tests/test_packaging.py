"""The package as it is shipped: the wheel's content and size, the container, one door for each dependency."""

from __future__ import annotations

import configparser
import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from ekuscan import __version__

ROOT = Path(__file__).parent.parent
LARGEST = 6_000_000
# Distributions whose import package has another name.
IMPORTED_AS = {
    "pyopenssl": "OpenSSL",
    "asyncio-dgram": "asyncio_dgram",
    "dnspython": "dns",
    "prometheus-client": "prometheus_client",
    "ruamel.yaml": "ruamel",
}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = f"from hatchling.build import build_wheel; print(build_wheel({str(folder)!r}))"
    subprocess.run([sys.executable, "-c", build], cwd=ROOT, check=True, capture_output=True, timeout=120)
    return next(folder.glob("*.whl"))


def test_the_wheel_is_under_six_megabytes(wheel: Path) -> None:
    assert wheel.stat().st_size < LARGEST


def test_the_wheel_holds_every_file_of_the_package_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if not name.startswith(f"ekuscan-{__version__}.dist-info/")}
    files = (path.relative_to(ROOT) for path in (ROOT / "ekuscan").rglob("*") if path.is_file())
    kept = (path for path in files if path.suffix != ".pyc" and not any(part.startswith(".") for part in path.parts))
    assert names == {path.as_posix() for path in kept}
    assert {"ekuscan/py.typed", "ekuscan/data/trust.sqlite", "ekuscan/data/NOTICE"} <= names


def test_the_wheel_carries_its_licence_its_readme_and_its_command(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        told = f"ekuscan-{__version__}.dist-info"
        assert "Apache License" in archive.read(f"{told}/licenses/LICENSE").decode()
        assert "ekuscan demo" in archive.read(f"{told}/METADATA").decode()
        assert "ekuscan = ekuscan.cli:main" in archive.read(f"{told}/entry_points.txt").decode()


def test_the_unpacked_wheel_runs_and_finds_its_tables(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")

    def run(*words: str) -> str:
        environment = {**os.environ, "PYTHONPATH": str(tmp_path / "site"), "COLUMNS": "80"}
        command = [sys.executable, "-m", "ekuscan", *words]
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, check=True, capture_output=True, encoding="utf-8", timeout=60
        )
        return done.stdout

    assert __version__ in run("--version")
    assert "UC traversal zone" in run("explain", "X11")
    assert "Chrome Root Store" in run("trust", "show")


# --- the container --------------------------------------------------------------------------------------------


def stages() -> list[list[tuple[str, str]]]:
    """The instructions of the Dockerfile, stage by stage."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    found: list[list[tuple[str, str]]] = []
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        word, _, rest = line.partition(" ")
        if word == "FROM":
            found.append([])
        found[-1].append((word, rest.strip()))
    return found


def test_the_container_is_built_in_two_stages_on_one_base() -> None:
    bases = [stage[0][1].split()[0] for stage in stages()]
    assert len(bases) == 2
    assert len(set(bases)) == 1
    assert re.fullmatch(r"python:3\.1\d-slim-\w+", bases[0])


def test_the_container_runs_as_a_numeric_user_and_without_a_shell() -> None:
    last = dict(stages()[-1])
    user, _, group = last["USER"].partition(":")
    assert int(user) > 0
    assert int(group) > 0
    assert json.loads(last["ENTRYPOINT"]) == ["ekuscan"]
    assert json.loads(last["CMD"]) == ["--help"]


def test_the_container_is_labelled() -> None:
    labels = " ".join(rest for word, rest in stages()[-1] if word == "LABEL")
    for name in ("title", "description", "licenses"):
        assert f"org.opencontainers.image.{name}=" in labels


def test_what_the_container_is_built_from_exists_and_is_sent_to_the_build() -> None:
    sent = {
        line.removeprefix("!")
        for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
        if line.startswith("!")
    }
    copied = {
        word for name, rest in stages()[0] if name == "COPY" for word in rest.split()[:-1] if not word.startswith("--")
    }
    assert copied == sent
    for name in copied:
        assert (ROOT / name).exists()


# --- the doors ------------------------------------------------------------------------------------------------


def test_every_dependency_has_a_contract_that_names_its_door() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    contracts = configparser.ConfigParser()
    contracts.read(ROOT / ".importlinter", encoding="utf-8")
    forbidden = {
        name
        for section in contracts.sections()
        if contracts.get(section, "source_modules", fallback="") == "ekuscan"
        for name in contracts[section]["forbidden_modules"].split()
    }
    names = (re.split(r"[<>=!~\[ ]", requirement)[0] for requirement in project["dependencies"])
    assert [name for name in names if IMPORTED_AS.get(name, name) not in forbidden] == []
