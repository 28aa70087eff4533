"""Embedded files, the cache, and fetching from a mirror that is a folder here."""

import functools
import gc
import gzip
import hashlib
import importlib
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch

from hw1 import datasets, files
from hw1.files import DataError

PACKAGE = Path(files.__file__).parent


@pytest.fixture
def original() -> ModuleType:
    """Torchvision's classes; importing them takes seconds, which every process of pytest's would need."""
    return importlib.import_module("torchvision.datasets")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty home folder, and nothing remembered from another."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    datasets.images_and_labels.cache_clear()
    yield tmp_path
    datasets.images_and_labels.cache_clear()


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the embedded files, to be damaged."""
    copy = tmp_path / "package"
    shutil.copytree(PACKAGE / "mnist", copy / "mnist")
    monkeypatch.setattr(files.resources, "files", lambda _: copy)
    return copy / "mnist"


def test_every_embedded_file_has_the_sum_that_is_noted() -> None:
    files.check_here("mnist")


@pytest.mark.parametrize("name", files.FILES)
@pytest.mark.parametrize("harm", ["truncated", "changed", "missing"])
def test_a_damaged_embedded_file_is_named_with_the_remedy(home: Path, package: Path, name: str, harm: str) -> None:
    path = package / f"{name}.gz"
    whole = path.read_bytes()
    if harm == "missing":
        path.unlink()
    else:
        path.write_bytes(whole[:-5] if harm == "truncated" else whole[:-9] + bytes([whole[-9] ^ 1]) + whole[-8:])
    message = f"{name}.gz is (damaged|missing).*git checkout -- hw1/mnist"
    with pytest.raises(DataError, match=message):
        files.check_here("mnist")
    with pytest.raises(DataError, match=message):
        datasets.images_and_labels("mnist", "train" if name.startswith("train") else "test")


@pytest.mark.parametrize("part", ["train", "test"])
def test_the_embedded_set_is_as_torchvision_reads_it(home: Path, original: ModuleType, part: str) -> None:
    files.unpack("mnist")
    read = original.MNIST(str(files.cache_folder("mnist")), train=part == "train")
    pixels, labels = datasets.images_and_labels("mnist", part)
    assert torch.equal(pixels, read.data)
    assert torch.equal(labels, read.targets)
    assert (pixels.dtype, labels.dtype) == (read.data.dtype, read.targets.dtype)


def test_the_embedded_set_needs_no_home_and_leaves_no_file(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/proc/no/such")
    monkeypatch.setenv("XDG_CACHE_HOME", "/proc/no/such")
    assert datasets.check("mnist") == {"train": 60_000, "test": 10_000}
    assert not list(home.iterdir())


def test_what_cannot_be_unpacked_is_said_in_one_line(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/proc/no/such")
    with pytest.raises(DataError, match=r"cannot unpack mnist into /proc/no/such/hw1/mnist/MNIST/raw: .*set XDG_CACHE"):
        files.unpack("mnist")


def test_the_cache_is_where_xdg_says_if_that_is_a_path_from_the_root(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert files.cache_folder("kmnist") == home / ".cache" / "hw1" / "kmnist"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert files.cache_folder("kmnist") == home / ".cache" / "hw1" / "kmnist"
    monkeypatch.setenv("XDG_CACHE_HOME", "/scratch/me")
    assert files.cache_folder("kmnist") == Path("/scratch/me/hw1/kmnist")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be a user without passwd entry")
def test_a_user_without_a_home_is_told_what_other_sets_need() -> None:
    code = """
import os
from hw1 import files
os.setuid(54321)
try:
    files.check_here("kmnist")
except files.DataError as error:
    print(error)
"""
    environment = {name: value for name, value in os.environ.items() if name not in {"HOME", "XDG_CACHE_HOME"}}
    command = [sys.executable, "-c", code]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, cwd=PACKAGE.parent)
    assert run.stdout == "there is no home folder to keep kmnist in: set XDG_CACHE_HOME to a folder\n", run.stderr


@pytest.fixture
def mirror(tmp_path: Path, original: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A mirror of small IDX files, that torchvision downloads from as from any other; and the folder it serves."""
    folder = tmp_path / "mirror"
    folder.mkdir()
    rng = np.random.default_rng(0)
    resources = []
    for name in files.FILES:
        n = 30 if name.startswith("train") else 20
        shape = (n, 28, 28) if "images" in name else (n,)
        head = b"\0\0\x08" + bytes([len(shape)]) + b"".join(size.to_bytes(4, "big") for size in shape)
        content = gzip.compress(head + rng.integers(0, 10, shape, dtype=np.uint8).tobytes())
        (folder / f"{name}.gz").write_bytes(content)
        resources.append((f"{name}.gz", hashlib.md5(content).hexdigest()))  # noqa: S324 - torchvision's choice
    monkeypatch.setattr(original.FashionMNIST, "resources", resources)
    handler = functools.partial(QuietHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.setattr(original.FashionMNIST, "mirrors", [f"http://127.0.0.1:{server.server_port}/"])
        yield folder
        server.shutdown()
        thread.join()


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_a_set_is_fetched_checked_and_then_found(home: Path, original: ModuleType, mirror: Path) -> None:
    with pytest.raises(DataError, match="fashion-mnist is not here: run `hw1 data --dataset fashion-mnist`"):
        files.check_here("fashion-mnist")
    datasets.fetch("fashion-mnist")
    assert datasets.check("fashion-mnist") == {"train": 30, "test": 20}
    pixels, labels = datasets.images_and_labels("fashion-mnist", "train")
    read = original.FashionMNIST(str(files.cache_folder("fashion-mnist")))
    assert torch.equal(pixels, read.data)
    assert torch.equal(labels, read.targets)


def test_a_fetched_file_that_was_damaged_since_is_named_with_the_remedy(home: Path, mirror: Path) -> None:
    datasets.fetch("fashion-mnist")
    path = files.raw_folder("fashion-mnist") / files.FILES[0]
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DataError, match=f"{files.FILES[0]} is damaged.*hw1 data --dataset fashion-mnist"):
        datasets.check("fashion-mnist")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # torchvision leaves the answer open
def test_a_mirror_that_does_not_answer_is_an_error_with_the_remedy(home: Path, mirror: Path) -> None:
    shutil.rmtree(mirror)
    with pytest.raises(DataError, match=r"(?s)could not fetch fashion-mnist.*on a machine with internet"):
        datasets.fetch("fashion-mnist")
    gc.collect()


def test_an_unknown_set_is_answered_with_the_known_ones() -> None:
    with pytest.raises(DataError, match="must be one of mnist, fashion-mnist, kmnist, got 'cifar10'"):
        files.check_here("cifar10")
