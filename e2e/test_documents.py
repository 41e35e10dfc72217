"""The documents: the README's own commands run as a reader would run them, and what they name is there."""

import os
import re
import subprocess
from pathlib import Path

from harness.processes import folder_for_servers

README = (Path(__file__).parent.parent / "README.md").read_text()


def test_every_shell_block_runs_from_top_to_bottom() -> None:
    blocks = re.findall(r"^```sh\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    assert blocks
    with folder_for_servers() as home:
        # the tree as the README leaves it: the programs in build/bin
        (home / "build").mkdir()
        (home / "build/bin").symlink_to(os.environ["PENSTOCK_BIN"])
        environment = {name: value for name, value in os.environ.items()
                       if not re.match("REDSHIFT_|AWS_|PENSTOCK_S3_|XDG_", name)}
        script = "set -eu\n" + "\n".join(blocks)
        try:
            run = subprocess.run(["sh", "-c", script], cwd=home, env={**environment, "HOME": str(home)},
                                 capture_output=True, text=True, timeout=300, check=False)
        finally:
            subprocess.run([os.environ["PENSTOCK_BIN"] + "/penstock", "local", "down"], check=False,
                           env={**environment, "HOME": str(home)}, capture_output=True)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "(2 rows)" in run.stdout
    assert run.stdout.count("api_hits.pages: loaded") == 1, run.stdout
    assert "api_hits.pages: skipped" in run.stdout


def test_every_file_that_the_documents_link_to_is_there() -> None:
    root = Path(__file__).parent.parent
    for document in [*root.glob("*.md"), *root.glob("docs/**/*.md")]:
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text()):
            assert (document.parent / link).exists(), f"{document.relative_to(root)} links to {link}"


def test_every_make_target_of_the_documents_is_one() -> None:
    root = Path(__file__).parent.parent
    targets = set(re.findall(r"^([a-z-]+):", (root / "Makefile").read_text(), re.MULTILINE))
    for document in ("README.md", "CONTRIBUTING.md"):
        for target in re.findall(r"`make ([a-z-]+)", (root / document).read_text()):
            assert target in targets, f"{document}: make {target}"


def test_every_test_that_the_promises_name_is_one() -> None:
    root = Path(__file__).parent.parent
    suites = "\n".join(path.read_text() for path in root.glob("src/**/*_test.cc"))
    tests = {f"{suite}.{name}" for suite, name in re.findall(r"TEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\)", suites)}
    for path in root.glob("e2e/test_*.py"):
        tests |= {path.name, *re.findall(r"^def (test_\w+)", path.read_text(), re.MULTILINE)}
    promises = (root / "docs/semantics.md").read_text()
    named = re.findall(r"`([A-Z]\w+\.[A-Z]\w+|test_\w+(?:\.py)?)`", promises)
    assert named
    assert not [name for name in named if name not in tests]
    for number, promise in re.findall(r"^(\d+)\. (.*?)(?=^\d+\. |^## )", promises, re.MULTILINE | re.DOTALL):
        assert re.search(r"`([A-Z]\w+\.[A-Z]\w+|test_\w+)`", promise), f"promise {number} names no test"
