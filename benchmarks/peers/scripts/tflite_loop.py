"""A bare loop on a TFLite interpreter, as people write it themselves; whose interpreter, the job says."""

import importlib
from operator import attrgetter

import numpy as np
from timed_loop import main

_IMAGES = 256  # different inputs the calls go through


def load(job):
    """Job -> (version, call, input tensors); a call is set_tensor, invoke and get_tensor."""
    library = importlib.import_module(job["module"])
    interpreter = attrgetter(job["interpreter"])(library)(model_path=job["artifact"], num_threads=job["threads"])
    interpreter.allocate_tensors()
    (input_,), (output,) = interpreter.get_input_details(), interpreter.get_output_details()

    def call(tensor):
        interpreter.set_tensor(input_["index"], tensor)
        interpreter.invoke()
        return interpreter.get_tensor(output["index"])

    images = np.load(job["images_file"], mmap_mode="r")[:_IMAGES]
    return _version(job["package"]), call, [_tensor(image, input_) for image in images]


def _tensor(image, details):
    """An image, 0-255, as the input wants it: 0-1, on the grid that the file says."""
    real = image[np.newaxis, :, :, np.newaxis].astype(np.float32) / 255
    scale, zero_point = details["quantization"]
    if not scale:
        return real
    limits = np.iinfo(details["dtype"])
    return np.clip(np.rint(real / scale) + zero_point, limits.min, limits.max).astype(details["dtype"])


def _version(package):
    from importlib.metadata import version

    return version(package)


if __name__ == "__main__":
    main(load)
