"""The class that classifies: the runner's own answers, a row for whatever is wrong with an image, and pickling."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edge.artifact.file import builtin_models
from edge.bulk import arrow
from edge.bulk.items import Item
from edge.bulk.listing import Archive
from edge.bulk.reading import read_items
from edge.bulk.worker import BulkClassifier, Job
from edge.errors import RuntimeMissingError
from edge.images import limits

Write = Callable[..., Path]
Run = Callable[..., Any]


def classified(job: Job, *inputs: object) -> list[dict[str, Any]]:
    """Rows of everything that the inputs name."""
    return BulkClassifier(job)(arrow.items_table(Archive().items(list(map(str, inputs))))).to_pylist()


@pytest.mark.parametrize("model", ["edge", "clothes"])
def test_the_answers_are_those_of_the_runner_on_the_same_folder(
    model: str, archive: Write, job: Job, edge_classify: Run
) -> None:
    folder = archive(9) / "inner"
    large = cv2.resize(cv2.imread(str(folder / "002.jpg")), (1600, 1200))
    cv2.imwrite(str(folder / "large.jpg"), large)  # decoded at a part of its size
    alpha = cv2.cvtColor(large[::4, ::4], cv2.COLOR_BGR2BGRA)
    alpha[:60, :, 3] = 0
    cv2.imwrite(str(folder / "alpha.png"), alpha)
    cv2.imwrite(str(folder / "blank.png"), np.full((60, 80, 3), 127, np.uint8))
    file = builtin_models()[model]
    job = replace(job, content=file.read_bytes(), name=file.name, top_k=2)
    lines = map(
        json.loads, edge_classify("--source", folder, "--json", "--model", model, "--top-k", 2).out.splitlines()
    )
    expected = [
        {"path": line["source"], "label": line["label"], "score": line["score"], "probability": line["probability"],
         "top_k": line["top_k"]}
        for line in lines
    ]  # fmt: skip
    assert len(expected) == 6
    assert len({line["label"] for line in expected}) > 1
    rows = classified(job, folder)
    for row in rows:
        assert row["error"] is None
        assert row["latency_ms"] > 0
        for each in row["top_k"]:
            each["probability"] = round(each["probability"], 6)
    assert expected == [
        {"path": row["path"], "label": row["label"], "top_k": row["top_k"], "probability": round(row["probability"], 6),
         "score": None if row["score"] is None else round(row["score"], 6)}
        for row in rows
    ]  # fmt: skip


def test_a_row_says_which_bytes_and_which_model_it_is_of(archive: Write, job: Job) -> None:
    folder = archive(1)
    (row,) = classified(job, folder)
    content = (folder / "000.jpg").read_bytes()
    assert (row["size"], row["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    assert (row["model_sha256"], row["spec_sha256"]) == (job.model_sha256, job.spec_sha256)


def test_whatever_is_wrong_with_an_image_is_in_its_row_and_the_others_go_on(
    archive: Write, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = archive(2)
    (folder / "damaged.jpg").write_bytes(b"\xff\xd8\xff\xe0 and no more")
    (folder / "empty.png").write_bytes(b"")
    os.mkfifo(folder / "fifo.jpg")
    (folder / "gone.jpg").symlink_to("nowhere")
    with (folder / "huge.jpg").open("wb") as file:
        file.truncate(limits.MOST_BYTES + 1)
    rows = {Path(row["path"]).name: row for row in classified(job, folder)}
    assert [name for name, row in rows.items() if row["error"] is None] == ["000.jpg", "001.jpg"]
    was_read = {name for name, row in rows.items() if row["sha256"] is not None}
    assert was_read == {"000.jpg", "001.jpg", "damaged.jpg", "empty.png"}
    for name in ("damaged.jpg", "empty.png", "fifo.jpg", "gone.jpg", "huge.jpg"):
        assert rows[name]["label"] is rows[name]["score"] is rows[name]["top_k"] is None

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a bug of ours")

    classifier = BulkClassifier(job)
    table = arrow.items_table(Archive().items([str(folder / "000.jpg")]))
    classifier(table)
    monkeypatch.setattr("edge.classify.classifier.Classifier.classify", broken)
    (row,) = classifier(table).to_pylist()
    assert "ZeroDivisionError" in row["error"]


def test_it_is_pickled_without_its_model_and_loads_it_once(
    archive: Write, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    from edge.classify.classifier import Classifier

    loads = []
    load = Classifier.load
    monkeypatch.setattr(
        Classifier, "load", lambda *args, **settings: loads.append(settings["threads"]) or load(*args, **settings)
    )
    table = arrow.items_table(Archive().items([str(archive(2))]))
    classifier = BulkClassifier(replace(job, threads=2))
    assert loads == []
    first = classifier(table)
    classifier(table)
    assert loads == [2]
    copy = pickle.loads(pickle.dumps(classifier))
    drop = ["latency_ms"]
    assert copy(table).drop_columns(drop).equals(first.drop_columns(drop))
    assert loads == [2, 2]


def test_a_machine_with_another_version_is_refused(archive: Write, job: Job) -> None:
    with pytest.raises(RuntimeMissingError):
        classified(replace(job, version="0.0.1"), archive(1))


def test_a_model_of_a_job_is_trusted_by_its_digest_and_needs_no_child_process(
    archive: Write, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    def tried(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr("edge.verify.sandbox_run.try_in_child", tried)
    monkeypatch.setenv("XDG_CACHE_HOME", str(archive(1)))
    assert len(classified(job, archive(1))) == 1


def test_an_item_of_a_row_is_of_the_same_image() -> None:
    assert Item.at("/a.parquet#12")[3:] == ("/a.parquet", 12)
    assert Item.at("/a#1.jpg")[3:] == ("", -1)


def test_an_image_of_a_bucket_that_isn_t_open_has_a_reason() -> None:
    """Rows of an earlier call may be of a bucket that this one was not given."""
    ((_, content),) = read_items([Item.at("s3://b/a.jpg")], {}, column=None)
    assert isinstance(content, str)
    assert "s3://b" in content
