"""Embedded files, the cache, and fetching from a mirror that is a folder here."""

import functools
import gc
import gzip
import hashlib
import shutil
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from torchvision.datasets import FashionMNIST

from hw1 import datasets, files
from hw1.files import DataError

PACKAGE = Path(files.__file__).parent


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty home folder, and nothing remembered from another."""
    monkeypatch.setenv("HOME", str(tmp_path))
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
        datasets.images_and_labels("mnist", "train")


def test_what_is_damaged_in_the_cache_is_unpacked_and_read_again(home: Path) -> None:
    pixels, labels = datasets.images_and_labels("mnist", "test")
    datasets.images_and_labels.cache_clear()
    cached = files.cache_folder("mnist") / "test.pt"
    content = bytearray(cached.read_bytes())
    content[len(content) // 2] ^= 1
    cached.write_bytes(content)
    raw = files.raw_folder("mnist") / files.FILES[2]
    raw.write_bytes(raw.read_bytes()[:1000])
    again = datasets.images_and_labels("mnist", "test")
    assert (again[0] == pixels).all()
    assert (again[1] == labels).all()
    assert cached.read_bytes() != bytes(content)


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
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
    monkeypatch.setattr(FashionMNIST, "resources", resources)
    handler = functools.partial(QuietHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.setattr(FashionMNIST, "mirrors", [f"http://127.0.0.1:{server.server_port}/"])
        yield folder
        server.shutdown()
        thread.join()


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_a_set_is_fetched_checked_and_then_found(home: Path, mirror: Path) -> None:
    with pytest.raises(DataError, match="fashion-mnist is not here: run `hw1 data --dataset fashion-mnist`"):
        files.check_here("fashion-mnist")
    datasets.fetch("fashion-mnist")
    assert datasets.check("fashion-mnist") == {"train": 30, "test": 20}
    assert datasets.images_and_labels("fashion-mnist", "train")[0].shape == (30, 28, 28)


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
        datasets.check("cifar10")
