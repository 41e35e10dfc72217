"""penstock with one patch in it, built beside the real one from its object files: some seconds each."""

import json
import os
import shlex
import shutil
import subprocess
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]


def patched_files(patch: Path) -> list[Path]:
    lines = patch.read_text().splitlines()
    return [Path(line.split()[1].removeprefix("b/")) for line in lines if line.startswith("+++ ")]


def run(command: list[str] | str, folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, shell=isinstance(command, str), capture_output=True, text=True)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"


def compile_patched(source: Path, patched: Path, build: Path) -> Path:
    """As CMake compiles the source; only what is read and what is written differ."""
    commands = json.loads((build / "compile_commands.json").read_text())
    (command,) = [c for c in commands if Path(c["file"]) == source]
    words = shlex.split(command["command"])
    made = patched.with_suffix(".o")
    words[words.index("-o") + 1] = str(made)
    words[words.index("-c") + 1] = str(patched)
    run(words, Path(command["directory"]))
    return made


def link(objects: list[Path], program: Path, build: Path) -> None:
    """The program's own link command, our objects before its libraries: what they define is not looked for there."""
    target = Path(os.environ["PENSTOCK_BIN"]) / "penstock"
    name = target.relative_to(build) if target.is_relative_to(build) else target  # ninja's name for it
    commands = subprocess.run(["ninja", "-C", str(build), "-t", "commands", str(name)], check=True, capture_output=True,
                              text=True).stdout
    words = shlex.split(commands.splitlines()[-1], posix=True)
    words = words[words.index("&&") + 1:len(words) - 1 - words[::-1].index("&&")]  # CMake's ": && … && :"
    words[words.index("-o") + 1] = str(program)
    first_library = next(i for i, w in enumerate(words) if w.endswith(".a"))
    run([*words[:first_library], *map(str, objects), *words[first_library:]], build)


def build_mutant(patch: Path, folder: Path) -> Path:
    """A patch that no longer applies is an error: the mutant must be written anew, for the code as it is."""
    build = Path(os.environ["PENSTOCK_BUILD"])
    objects = []
    for name in patched_files(patch):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(SOURCE / name, folder / name)
    run(["patch", "-p1", "--batch", "--no-backup-if-mismatch", "-i", str(patch)], folder)
    for name in patched_files(patch):
        objects.append(compile_patched(SOURCE / name, folder / name, build))
    link(objects, folder / "penstock", build)
    return folder / "penstock"
