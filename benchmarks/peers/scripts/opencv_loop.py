"""A bare loop on OpenCV's DNN module."""

import numpy as np
from timed_loop import main

_IMAGES = 256  # different inputs the calls go through


def load(job):
    """Job -> (version, call, input tensors); a call is setInput and forward."""
    import cv2

    cv2.setNumThreads(job["threads"])
    try:
        return _load(cv2, job)
    except cv2.error as error:
        raise RuntimeError(f"OpenCV {cv2.__version__} doesn't run this file: {error.err}") from error


def _load(cv2, job):
    network = cv2.dnn.readNetFromONNX(job["artifact"])

    def call(tensor):
        network.setInput(tensor)
        return network.forward()

    images = np.load(job["images_file"], mmap_mode="r")[:_IMAGES]
    tensors = [image[np.newaxis, :, :, np.newaxis].astype(np.float32) / 255 for image in images]
    call(tensors[0])  # a file it can't run fails here, not before
    return cv2.__version__, call, tensors


if __name__ == "__main__":
    main(load)
