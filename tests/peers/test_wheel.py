"""The wheel that users install: what it puts beside other packages, and that its command works on its own."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.peers.support.tools import Home
from tests.support.vectors import VECTORS

pytestmark = pytest.mark.peers

CHECKOUT = Path(__file__).parents[2]
INSTALL_LIMIT_S = 600


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    _succeed(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=CHECKOUT)
    (built,) = folder.glob("imgtrust-*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The console script, installed with its dependencies into an environment where nothing else is."""
    environment = tmp_path_factory.mktemp("installed") / "venv"
    _succeed(sys.executable, "-m", "venv", environment, cwd=wheel.parent)
    _succeed(environment / "bin" / "pip", "install", "--quiet", wheel, cwd=wheel.parent)
    return environment / "bin" / "imgtrust"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def _succeed(*command: str | Path, cwd: Path) -> None:
    words = [str(word) for word in command]
    ended = subprocess.run(
        words, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=INSTALL_LIMIT_S, check=False
    )
    assert ended.returncode == 0, f"{words}\n{ended.stdout}\n{ended.stderr}"


def _names(wheel: Path) -> Mapping[str, list[str]]:
    """The files of the wheel by their top-level name."""
    names: dict[str, list[str]] = {}
    for name in zipfile.ZipFile(wheel).namelist():
        names.setdefault(name.split("/")[0], []).append(name)
    return names


def test_the_wheel_holds_two_packages_and_nothing_beside_them(wheel: Path) -> None:
    names = _names(wheel)

    packages = {name for name in names if not name.endswith(".dist-info")}
    assert packages == {"verifier", "trust"}
    assert {"verifier/py.typed", "trust/py.typed"} <= {*names["verifier"], *names["trust"]}


def test_the_installed_command_says_its_version(installed: Path, wheel: Path, home: Home) -> None:
    outcome = home.run(installed, "--version").checked()

    assert outcome.stdout == f"imgtrust {wheel.name.split('-')[1]}\n"


def test_the_installed_command_shows_the_demo(installed: Path, home: Home) -> None:
    outcome = home.run(installed, "demo").checked()

    assert "DENY" in outcome.stdout
    assert "ALLOW" in outcome.stdout


def test_the_installed_command_verifies_a_signed_layout(installed: Path, home: Home) -> None:
    layout = f"oci:{VECTORS / 'layouts' / 'bundle-by-cosign-3'}:app"

    good = home.run(installed, "verify", layout, "--key", VECTORS / "keys" / "release.pub")
    bad = home.run(installed, "verify", layout, "--key", VECTORS / "keys" / "unused.pub")

    assert (good.exit_code, bad.exit_code) == (0, 4), f"{good}\n{bad}"


def test_folders_of_the_same_names_in_the_checkout_that_is_judged_are_not_imported(installed: Path, home: Home) -> None:
    for package in ("verifier", "trust"):
        folder = home.folder / package
        folder.mkdir()
        (folder / "__init__.py").write_text("raise SystemExit('imported from the untrusted folder')")

    home.run(installed, "--version").checked()
    home.run(installed, "explain", "signature-rejected").checked()
