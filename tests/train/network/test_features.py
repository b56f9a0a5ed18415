"""The network up to its features becomes a Keras file."""

from __future__ import annotations

from pathlib import Path

import keras
import pytest

from train.network import efficientnet_lite, features


def test_the_file_holds_the_network_without_classes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def small(*, classes: int | None) -> keras.Model:
        asked.append(classes)
        return keras.Sequential([keras.layers.Input((8, 8, 3)), keras.layers.GlobalAveragePooling2D()])

    monkeypatch.setattr(efficientnet_lite, "efficientnet_lite0", small)
    assert features.main(["--out", str(tmp_path / "f.keras"), "--quiet"]) == 0
    assert asked == [None]
    assert keras.models.load_model(tmp_path / "f.keras").output_shape == (None, 3)
