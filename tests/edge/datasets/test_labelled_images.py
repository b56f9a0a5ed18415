import hashlib

import numpy as np

from edge.datasets.labelled_images import LabelledImages


def test_the_digest_is_of_pixels_and_labels() -> None:
    images, labels = np.full((2, 1, 1), 7, np.uint8), np.array([0, 1], np.uint8)

    assert LabelledImages(images, labels).sha256 == hashlib.sha256(b"\7\7\0\1").hexdigest()
    assert LabelledImages(images, labels[::-1]).sha256 != LabelledImages(images, labels).sha256
