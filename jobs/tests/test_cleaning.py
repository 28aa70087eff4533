"""What old submissions left is removed, and nothing else."""

from pathlib import Path

import pytest

from jobs.submission.cluster import clean
from jobs.sweep import SweepError
from slurm.tests.test_ledger import made


def test_links_and_files_that_lie_about_are_removed_and_what_they_lead_to_is_kept(tmp_path: Path) -> None:
    out, kept = tmp_path / "out", tmp_path / "kept"
    for folder in (kept, out / "local" / "old", out / "code" / ".snapshot-x", out / "submissions" / "dead"):
        folder.mkdir(parents=True)
    (kept / "thesis").write_text("years of work")
    (out / "local" / "link").symlink_to(kept)
    (out / "local" / ".DS_Store").touch()
    (out / "local" / "old" / "link").symlink_to(kept)
    assert len(clean(out)) == 5
    assert [list((out / name).iterdir()) for name in ("local", "code", "submissions")] == [[], [], []]
    assert (kept / "thesis").read_text() == "years of work"


def test_nothing_is_removed_while_a_submission_cannot_be_read(tmp_path: Path) -> None:
    submission = made(tmp_path)
    (submission.folder / "ledger.json").write_text("")
    with pytest.raises(SweepError, match=f"nothing was removed: what Slurm has of submission {submission.id} is not"):
        clean(tmp_path)
    assert submission.folder.exists()
