"""The direction of imports, and where input and output may be, held as data."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# Read downwards: a module imports from its own row and the rows above it, never from below.
ROWS = (
    ("trust.errors", "trust.value", "trust"),
    ("trust.digest", "trust.pattern", "trust.findings"),
    ("trust.key",),
    ("trust.signer", "trust.evidence", "trust.verdict", "trust.policy"),
    ("trust.evaluate", "trust.yaml_tree", "trust.yaml_text", "trust.policy_*"),
    ("verifier", "verifier.errors"),
    ("verifier.untrusted", "verifier.reference", "verifier.manifest"),
    ("verifier.registry", "verifier.registry.*"),
    ("verifier.attestations", "verifier.attestations.*"),
    ("verifier.signatures", "verifier.signatures.*"),
    ("verifier.platforms", "verifier.name", "verifier.patience"),
    ("verifier.gather", "verifier.sources"),
    ("verifier.decide", "verifier.files", "verifier.files.*", "verifier.output", "verifier.output.*", "verifier.demo"),
    ("verifier.cli", "verifier.cli.*"),
)

# What opens sockets, files, processes, clocks or the environment, and the only modules that may.
PLACES = {
    "socket": ("verifier.registry.",),
    "ssl": ("verifier.registry.",),
    "http": ("verifier.registry.",),
    "requests": ("verifier.registry.",),
    "urllib3": ("verifier.registry.",),
    "subprocess": ("verifier.registry.",),
    "time": ("verifier.registry.",),
    "tempfile": ("verifier.files.", "verifier.cli."),
    "click": ("verifier.cli",),
    "yaml": ("verifier.files.", "trust.yaml_text", "trust.policy_"),
    "nacl": ("verifier.signatures.",),
}

TRUST_MAY_IMPORT = {"cryptography", "yaml"}


def modules() -> dict[str, Path]:
    found = {}
    for package in ("trust", "verifier"):
        for path in (ROOT / package).rglob("*.py"):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def row(module: str) -> int:
    for at, names in enumerate(ROWS):
        for name in names:
            if module == name or (name.endswith("*") and module.startswith(name[:-1])):
                return at
    raise AssertionError(f"{module} stands in no row")


MODULES = modules()


@pytest.mark.parametrize("module", sorted(MODULES))
def test_imports_point_upwards(module: str) -> None:
    ours = {name for name in imports(MODULES[module]) if name in MODULES}

    wrong = sorted(name for name in ours if row(name) > row(module))

    assert wrong == []


def test_no_module_takes_part_in_a_circle() -> None:
    graph = {module: {name for name in imports(path) if name in MODULES} for module, path in MODULES.items()}
    done: set[str] = set()

    def visit(module: str, trail: tuple[str, ...]) -> None:
        assert module not in trail, f"a circle: {' → '.join((*trail, module))}"
        if module not in done:
            for name in graph[module] - {module}:
                visit(name, (*trail, module))
            done.add(module)

    for module in graph:
        visit(module, ())


@pytest.mark.parametrize("module", sorted(MODULES))
def test_input_and_output_stay_in_their_places(module: str) -> None:
    used = {name.split(".")[0] for name in imports(MODULES[module])} & set(PLACES)

    wrong = sorted(name for name in used if not any(module.startswith(place) for place in PLACES[name]))

    assert wrong == []


@pytest.mark.parametrize("module", sorted(name for name in MODULES if name.startswith("trust")))
def test_what_decides_touches_nothing(module: str) -> None:
    names = {name.split(".")[0] for name in imports(MODULES[module])}
    touching = {"os", "pathlib", "io", "random", "logging", "threading"} | (set(PLACES) - TRUST_MAY_IMPORT)
    calls = {
        node.func.id
        for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }

    foreign = names - set(sys.stdlib_module_names) - {"trust"} - TRUST_MAY_IMPORT

    assert foreign == set()
    assert names & touching == set()
    assert calls & {"open", "print", "input", "exec", "eval", "compile", "__import__"} == set()


@pytest.mark.parametrize("module", ["trust", "verifier"])
def test_a_package_holds_a_docstring_and_nothing_else(module: str) -> None:
    body = ast.parse(MODULES[module].read_text(encoding="utf-8")).body

    kinds = {type(node) for node in body}

    assert kinds <= {ast.Expr, ast.Assign}


def loaded_after(code: str) -> set[str]:
    program = f"import sys\n{code}\nprint(' '.join(sys.modules))"
    output = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    return {name.split(".")[0] for name in output.stdout.split()}


HEAVY = {"sigstore", "pydantic", "rich", "requests", "urllib3", "yaml", "tree_sitter", "oras"}


def test_the_version_costs_no_import_but_click() -> None:
    loaded = loaded_after("from verifier.cli import run\nassert run(['--version']) == 0")

    assert loaded & (HEAVY | {"cryptography", "ssl"}) == set()


def test_verifying_with_a_key_imports_neither_yaml_nor_another_http_client() -> None:
    loaded = loaded_after(
        "from verifier.cli import run\n"
        "image, key = 'oci:verifier/demo/layout:ghcr.io/acme/app:1.4', 'verifier/demo/release.pub'\n"
        "code = run(['verify', image, '--key', key])\n"
        "assert code == 0, code"
    )

    assert loaded & HEAVY == set()


def test_deciding_needs_no_command_line() -> None:
    assert loaded_after("import trust.evaluate, verifier.decide") & {"click", "yaml", "requests"} == set()
