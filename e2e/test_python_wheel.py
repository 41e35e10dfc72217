"""The wheel of the package `penstock`, of what was built, in an environment that has nothing else."""

import os
import subprocess
import sys
import venv
import zipfile
from importlib import metadata
from pathlib import Path

import pyarrow
import pytest
from harness.program import Program

ROOT = Path(__file__).parent.parent
PACKAGE = os.environ["PYTHONPATH"].split(os.pathsep)[0]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run([sys.executable, "-m", "pip", "wheel", "-q", "--disable-pip-version-check", "--no-deps",
                    "--no-build-isolation", "--wheel-dir", folder, "--config-settings", f"build-dir={folder / 'build'}",
                    "--config-settings", f"cmake.define.PENSTOCK_PYTHON_BUILT={PACKAGE}",
                    ROOT],
                   check=True, env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"})
    return next(folder.glob("penstock-*.whl"))


@pytest.fixture(scope="module")
def clean(wheel, tmp_path_factory) -> Path:
    """Python with the wheel and with pyarrow, that is all."""
    folder = tmp_path_factory.mktemp("clean")
    venv.create(folder, with_pip=True, symlinks=True)
    python = folder / "bin/python"
    subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-index", "--no-deps", wheel],
                   check=True, env={"PATH": os.environ["PATH"]})
    site = next((folder / "lib").glob("python*/site-packages"))
    (site / "pyarrow").symlink_to(Path(pyarrow.__file__).parent)
    return python


def test_it_has_what_it_needs_and_says_what_it_is(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        about = archive.read(next(name for name in names if name.endswith(".dist-info/METADATA"))).decode()
    assert {"penstock/__init__.py", "penstock/py.typed", "penstock/_core.pyi", "penstock/_build.py"} <= set(names)
    assert sum(name.startswith("penstock/_core.") and name.endswith(".so") for name in names) == 1
    assert not [name for name in names if not name.startswith(("penstock/", "penstock-"))]
    assert f"Requires-Dist: pyarrow~={metadata.version('pyarrow').rpartition('.')[0]}.0" in about


def test_its_native_module_names_no_folder_of_the_machine_that_built_it():
    module = next(Path(PACKAGE, "penstock").glob("_core*.so"))
    dynamic = subprocess.run(["readelf", "-d", module], check=True, capture_output=True, text=True).stdout
    assert "RPATH" not in dynamic and "RUNPATH" not in dynamic, dynamic
    symbols = subprocess.run(["nm", "-D", "--defined-only", module], check=True, capture_output=True, text=True).stdout
    assert [line.split()[-1] for line in symbols.splitlines() if " T " in line] == ["PyInit__core"], symbols


def test_it_upserts_in_an_environment_of_its_own(clean, table, local_redshift):
    table.create("id int, candy varchar(100)")
    python = Program(clean, {**local_redshift.environment, **table.environment}, local_redshift.secrets)
    run = python.run("-c", f"import penstock; print(penstock.__file__, penstock.upsert({table.file('id,candy' + chr(10) + '1,a' + chr(10))!r}, "
                     f"'{table.place.schema}.{table.name}', key='id').inserted)")
    assert run.code == 0, str(run)
    assert run.out.split() == [str(next(clean.parent.parent.glob("lib/python*/site-packages/penstock/__init__.py"))), "1"]
