"""A folder of one's own classes, drawn in a moment, and fewer drawn garments than a training asks for."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from train.data import splits

COUNTS = {"round": 24, "tall": 36, "wide": 24}


@pytest.fixture(autouse=True)
def few_drawn_garments(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Test on a hundred, where the test isn't of the whole command: drawing a thousand takes ten seconds."""
    if not request.node.get_closest_marker("e2e"):
        monkeypatch.setattr(splits, "_DEMO_TEST_IMAGES", 100)


@pytest.fixture(scope="session")
def own_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three classes of bright shapes on grey noise, 24 to 36 pictures each, and four files that are of no use."""
    folder = tmp_path_factory.mktemp("own")
    rng = np.random.default_rng(0)
    for name, count in COUNTS.items():
        (folder / name).mkdir()
        for number in range(count):
            picture = rng.integers(60, 70, (48, 48, 3), dtype=np.uint8)
            long, short = (int(value) for value in rng.integers((16, 4), (22, 8)))
            half = {"round": (long, long), "tall": (short, long), "wide": (long, short)}[name]
            shape = cv2.ellipse(np.zeros((48, 48), np.uint8), (24, 24), half, 0, 0, 360, 1, -1).astype(bool)
            picture[shape] = rng.integers(160, 240, (int(shape.sum()), 3), dtype=np.uint8)
            cv2.imwrite(str(folder / name / f"{number:03}.png"), picture)
    (folder / "wide" / "copy.png").write_bytes((folder / "round" / "003.png").read_bytes())
    (folder / "round" / "cut.png").write_bytes((folder / "round" / "000.png").read_bytes()[:200])
    (folder / "round" / "note.txt").write_text("not an image, and not named like one")
    (folder / "tall" / "empty.jpg").write_bytes(b"")
    cv2.imwrite(str(folder / "wide" / "tiny.png"), np.zeros((15, 40, 3), np.uint8))
    return folder
