"""The Keras backend and its devices; no other file depends on TensorFlow or JAX, but for the fused batch norm."""

from __future__ import annotations

import importlib
import importlib.util
import os
from dataclasses import dataclass
from importlib.metadata import version

from edge.errors import RunError, RuntimeMissingError
from edge.system.process import log_native_stderr

BACKENDS = ("tensorflow", "jax")


def start_backend() -> str:
    """Import Keras on the chosen backend, else on TensorFlow, else on JAX; return its name in `BACKENDS`.

    Raises:
        RuntimeMissingError: the chosen one, or both, are not installed.
    """
    chosen = os.environ.get("KERAS_BACKEND")
    candidates = (chosen,) if chosen else BACKENDS
    for name in candidates:
        if name in BACKENDS and importlib.util.find_spec(name) and importlib.util.find_spec("keras"):
            os.environ["KERAS_BACKEND"] = name
            os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "1")  # no notices later
            # Off by default on processors without AVX-512, where these kernels train Lite0 three times as fast.
            os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
            with log_native_stderr():  # TensorFlow prints a page of notices
                importlib.import_module("keras")
            return name
    raise RuntimeMissingError(
        f"training needs keras with the backend {' or '.join(candidates)}: "
        "pip install 'edge-classify[train]' (TensorFlow) or 'edge-classify[jax]' with KERAS_BACKEND=jax"
    )


@dataclass(frozen=True, slots=True)
class Cluster:
    """Processes that train together, each on the devices of its machine."""

    process: int = 0
    processes: int = 1
    devices: int = 1

    @property
    def is_writer(self) -> bool:
        """True in the one process that writes files and shows progress."""
        return self.process == 0


def join_cluster(library: str) -> Cluster:
    """Distribute all further work of Keras over all devices of all processes, data-parallel.

    Keras' variables KERAS_DISTRIBUTION_JOB_ADDRESSES (host:port of process 0), KERAS_DISTRIBUTION_NUM_PROCESSES and
    KERAS_DISTRIBUTION_PROCESS_ID name the processes; without them this one is alone.

    Raises:
        RunError: the backend is not JAX, the only one that Keras distributes on.
    """
    if library != "jax":
        raise RunError(f"--distribute needs KERAS_BACKEND=jax: keras.distribution doesn't work on {library}")
    import jax
    import keras

    if os.environ.get("KERAS_DISTRIBUTION_NUM_PROCESSES"):
        keras.distribution.initialize()
    # Each process makes its own part of a batch.
    keras.distribution.set_distribution(keras.distribution.DataParallel(auto_shard_dataset=False))
    return Cluster(jax.process_index(), jax.process_count(), jax.device_count())


def leave_cluster() -> None:
    """Restrict Keras to this process's first device again."""
    import keras

    keras.distribution.set_distribution(None)


def require_tensorboard() -> None:
    """Check that Keras can write TensorBoard's logs, which needs TensorFlow on any backend.

    Raises:
        RuntimeMissingError: a library is missing.
    """
    for name in ("tensorflow", "tensorboard"):
        if importlib.util.find_spec(name) is None:
            raise RuntimeMissingError(f"--tensorboard needs {name}: pip install 'edge-classify[tensorboard]'")


def describe_device(backend: str) -> str:
    """Return the device of the arithmetic, such as "GPU (NVIDIA H200)" or "CPU (2 cores)"."""
    with log_native_stderr():  # a machine without a GPU is no error
        gpus = _gpu_names(backend)
    return f"GPU ({', '.join(gpus)})" if gpus else f"CPU ({os.cpu_count()} cores)"


def _gpu_names(backend: str) -> list[str]:
    if backend == "jax":
        import jax

        return [device.device_kind for device in jax.devices() if device.platform != "cpu"]
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    return [tf.config.experimental.get_device_details(gpu).get("device_name", "GPU") for gpu in gpus]


def versions(backend: str) -> dict[str, str]:
    """Return the versions of the libraries that decide the result: name -> version."""
    return {name: version(name) for name in ("keras", backend, "numpy")}
