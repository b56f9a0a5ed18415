"""Images in, a run directory with a Keras model out. Keras 3, on the TensorFlow or the JAX backend."""
