"""TFLite's and ONNX's bytes, read without a native library."""
