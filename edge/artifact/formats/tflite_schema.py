"""The part of TFLite's schema that an image classifier uses, and its operators with what each may be told.

Numbers and order are those of schema.fbs (github.com/google-ai-edge/LiteRT); a test compares them with LiteRT's own.
"""

from __future__ import annotations

from typing import NamedTuple

from edge.artifact.formats.flatbuffer import Field, Layouts

LAYOUTS: Layouts = {
    "Model": (
        Field("version", "uint32"), Field("operator_codes", "[OperatorCode]"), Field("subgraphs", "[SubGraph]"),
        Field("description", "string"), Field("buffers", "[Buffer]"), Field("metadata_buffer", "[int32]"),
        Field("metadata", "[Metadata]"), Field("signature_defs", "[SignatureDef]"),
    ),
    "OperatorCode": (
        Field("deprecated_builtin_code", "int8"), Field("custom_code", "string"), Field("version", "int32"),
        Field("builtin_code", "int32"),
    ),
    "SubGraph": (
        Field("tensors", "[Tensor]"), Field("inputs", "[int32]"), Field("outputs", "[int32]"),
        Field("operators", "[Operator]"), Field("name", "string"), Field("debug_metadata_index", "int32"),
    ),
    "Tensor": (
        Field("shape", "[int32]"), Field("type", "int8"), Field("buffer", "uint32"), Field("name", "string"),
        Field("quantization", "QuantizationParameters"), Field("is_variable", "bool"), Field("sparsity", ""),
        Field("shape_signature", "[int32]"), Field("has_rank", "bool"),
    ),
    "QuantizationParameters": (
        Field("min", "[float32]"), Field("max", "[float32]"), Field("scale", "[float32]"),
        Field("zero_point", "[int64]"), Field("details_type", "uint8"), Field("details", ""),
        Field("quantized_dimension", "int32"),
    ),
    "Operator": (
        Field("opcode_index", "uint32"), Field("inputs", "[int32]"), Field("outputs", "[int32]"),
        Field("builtin_options_type", "uint8"), Field("builtin_options", "table"),
        Field("custom_options", "[uint8]"), Field("custom_options_format", "int8"),
        Field("mutating_variable_inputs", "[bool]"), Field("intermediates", "[int32]"),
        Field("large_custom_options_offset", "uint64"), Field("large_custom_options_size", "uint64"),
        Field("builtin_options_2_type", "uint8"), Field("builtin_options_2", ""),
        Field("debug_metadata_index", "int32"),
    ),
    "Buffer": (Field("data", "[uint8]"), Field("offset", "uint64"), Field("size", "uint64")),
    "Metadata": (Field("name", "string"), Field("buffer", "uint32")),
    "SignatureDef": (
        Field("inputs", "[TensorMap]"), Field("outputs", "[TensorMap]"), Field("signature_key", "string"),
        Field("deprecated_3", "string"), Field("subgraph_index", "uint32"),
    ),
    "TensorMap": (Field("name", "string"), Field("tensor_index", "uint32")),
    "NoOptions": (),
    "Conv2DOptions": (
        Field("padding", "int8"), Field("stride_w", "int32"), Field("stride_h", "int32"),
        Field("fused_activation_function", "int8"), Field("dilation_w_factor", "int32"),
        Field("dilation_h_factor", "int32"), Field("quantized_bias_type", "int8"),
    ),
    "DepthwiseConv2DOptions": (
        Field("padding", "int8"), Field("stride_w", "int32"), Field("stride_h", "int32"),
        Field("depth_multiplier", "int32"), Field("fused_activation_function", "int8"),
        Field("dilation_w_factor", "int32"), Field("dilation_h_factor", "int32"),
    ),
    "Pool2DOptions": (
        Field("padding", "int8"), Field("stride_w", "int32"), Field("stride_h", "int32"),
        Field("filter_width", "int32"), Field("filter_height", "int32"), Field("fused_activation_function", "int8"),
    ),
    "FullyConnectedOptions": (
        Field("fused_activation_function", "int8"), Field("weights_format", "int8"), Field("keep_num_dims", "bool"),
        Field("asymmetric_quantize_inputs", "bool"), Field("quantized_bias_type", "int8"),
    ),
    "SoftmaxOptions": (Field("beta", "float32"),),
    "ConcatenationOptions": (Field("axis", "int32"), Field("fused_activation_function", "int8")),
    "AddOptions": (Field("fused_activation_function", "int8"), Field("pot_scale_int16", "bool")),
    "SubOptions": (Field("fused_activation_function", "int8"), Field("pot_scale_int16", "bool")),
    "MulOptions": (Field("fused_activation_function", "int8"),),
    "DivOptions": (Field("fused_activation_function", "int8"),),
    "ReshapeOptions": (Field("new_shape", "[int32]"),),
    "ReducerOptions": (Field("keep_dims", "bool"),),
    "SqueezeOptions": (Field("squeeze_dims", "[int32]"),),
    "StridedSliceOptions": (
        Field("begin_mask", "int32"), Field("end_mask", "int32"), Field("ellipsis_mask", "int32"),
        Field("new_axis_mask", "int32"), Field("shrink_axis_mask", "int32"), Field("offset", "bool"),
    ),
    "PackOptions": (Field("values_count", "int32"), Field("axis", "int32")),
    "LeakyReluOptions": (Field("alpha", "float32"),),
    "CastOptions": (Field("in_data_type", "int8"), Field("out_data_type", "int8")),
    "ShapeOptions": (Field("out_type", "int8"),),
    "ResizeBilinearOptions": (
        Field("deprecated_0", "int32"), Field("deprecated_1", "int32"), Field("align_corners", "bool"),
        Field("half_pixel_centers", "bool"),
    ),
    "ResizeNearestNeighborOptions": (Field("align_corners", "bool"), Field("half_pixel_centers", "bool")),
    "GeluOptions": (Field("approximate", "bool"),),
    "BatchMatMulOptions": (
        Field("adj_x", "bool"), Field("adj_y", "bool"), Field("asymmetric_quantize_inputs", "bool"),
    ),
}  # fmt: skip

RANGES = {
    "padding": (0, 1, 0), "fused_activation_function": (0, 5, 0),
    "stride_w": (1, 1024, 0), "stride_h": (1, 1024, 0), "filter_width": (1, 1024, 0), "filter_height": (1, 1024, 0),
    "dilation_w_factor": (1, 1024, 1), "dilation_h_factor": (1, 1024, 1), "depth_multiplier": (0, 65536, 0),
    "weights_format": (0, 0, 0), "values_count": (1, 1024, 0), "axis": (-8, 8, 0),
}  # fmt: skip
"""Option -> least, most, and what it is where it is absent."""


class Kind(NamedTuple):
    """What the schema says of an operator."""

    name: str
    options: int
    """Number of its options in the union BuiltinOptions; 0: it has none."""
    layout: str
    inputs: tuple[int, int]
    """Fewest and most."""
    must_have_options: bool = False


_PLAIN, _TWO = (1, 1), (2, 2)
OPERATORS = {
    0: Kind("ADD", 11, "AddOptions", _TWO),
    1: Kind("AVERAGE_POOL_2D", 5, "Pool2DOptions", _PLAIN, must_have_options=True),
    2: Kind("CONCATENATION", 10, "ConcatenationOptions", (1, 64), must_have_options=True),
    3: Kind("CONV_2D", 1, "Conv2DOptions", (2, 3), must_have_options=True),
    4: Kind("DEPTHWISE_CONV_2D", 2, "DepthwiseConv2DOptions", (2, 3), must_have_options=True),
    6: Kind("DEQUANTIZE", 38, "NoOptions", _PLAIN),
    9: Kind("FULLY_CONNECTED", 8, "FullyConnectedOptions", (2, 3), must_have_options=True),
    14: Kind("LOGISTIC", 0, "NoOptions", _PLAIN),
    17: Kind("MAX_POOL_2D", 5, "Pool2DOptions", _PLAIN, must_have_options=True),
    18: Kind("MUL", 21, "MulOptions", _TWO),
    19: Kind("RELU", 0, "NoOptions", _PLAIN),
    20: Kind("RELU_N1_TO_1", 0, "NoOptions", _PLAIN),
    21: Kind("RELU6", 0, "NoOptions", _PLAIN),
    22: Kind("RESHAPE", 17, "ReshapeOptions", (1, 2)),
    23: Kind("RESIZE_BILINEAR", 15, "ResizeBilinearOptions", _TWO, must_have_options=True),
    25: Kind("SOFTMAX", 9, "SoftmaxOptions", _PLAIN, must_have_options=True),
    28: Kind("TANH", 0, "NoOptions", _PLAIN),
    34: Kind("PAD", 22, "NoOptions", _TWO),
    39: Kind("TRANSPOSE", 26, "NoOptions", _TWO),
    40: Kind("MEAN", 27, "ReducerOptions", _TWO, must_have_options=True),
    41: Kind("SUB", 28, "SubOptions", _TWO),
    42: Kind("DIV", 29, "DivOptions", _TWO),
    43: Kind("SQUEEZE", 30, "SqueezeOptions", _PLAIN),
    45: Kind("STRIDED_SLICE", 32, "StridedSliceOptions", (4, 4), must_have_options=True),
    47: Kind("EXP", 33, "NoOptions", _PLAIN),
    50: Kind("LOG_SOFTMAX", 36, "NoOptions", _PLAIN),
    53: Kind("CAST", 37, "CastOptions", _PLAIN),
    54: Kind("PRELU", 0, "NoOptions", _TWO),
    55: Kind("MAXIMUM", 39, "NoOptions", _TWO),
    57: Kind("MINIMUM", 39, "NoOptions", _TWO),
    70: Kind("EXPAND_DIMS", 52, "NoOptions", _TWO),
    74: Kind("SUM", 27, "ReducerOptions", _TWO, must_have_options=True),
    76: Kind("RSQRT", 0, "NoOptions", _PLAIN),
    77: Kind("SHAPE", 55, "ShapeOptions", _PLAIN, must_have_options=True),
    82: Kind("REDUCE_MAX", 27, "ReducerOptions", _TWO, must_have_options=True),
    83: Kind("PACK", 59, "PackOptions", (1, 64), must_have_options=True),
    92: Kind("SQUARE", 66, "NoOptions", _PLAIN),
    97: Kind("RESIZE_NEAREST_NEIGHBOR", 74, "ResizeNearestNeighborOptions", _TWO, must_have_options=True),
    98: Kind("LEAKY_RELU", 75, "LeakyReluOptions", _PLAIN, must_have_options=True),
    99: Kind("SQUARED_DIFFERENCE", 76, "NoOptions", _TWO),
    111: Kind("ELU", 0, "NoOptions", _PLAIN),
    114: Kind("QUANTIZE", 89, "NoOptions", _PLAIN),
    117: Kind("HARD_SWISH", 91, "NoOptions", _PLAIN),
    126: Kind("BATCH_MATMUL", 101, "BatchMatMulOptions", _TWO, must_have_options=True),
    150: Kind("GELU", 116, "GeluOptions", _PLAIN),
}
"""BuiltinOperator -> what it is; what isn't here (loops, calls, lookups, custom code) isn't run."""

TAKE_SIZES = (
    "RESHAPE", "MEAN", "SUM", "REDUCE_MAX", "PAD", "TRANSPOSE", "EXPAND_DIMS", "STRIDED_SLICE", "RESIZE_BILINEAR",
    "RESIZE_NEAREST_NEIGHBOR",
)  # fmt: skip
"""Operators whose inputs from the second on are sizes, axes or places."""

TYPES = {0: "float32", 1: "float16", 2: "int32", 3: "uint8", 4: "int64", 6: "bool", 7: "int16", 9: "int8"}
"""TensorType -> numpy's name."""
