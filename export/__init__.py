"""A trained Keras model in, one self-describing TFLite or ONNX file out, compared with its source before it is kept."""
