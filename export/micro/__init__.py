"""An int8 TFLite file in, an Arduino library for TensorFlow Lite Micro out, compared with LiteRT before it is kept."""
