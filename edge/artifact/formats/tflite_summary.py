"""Facts about a TFLite network: tensors, operators by name, and the TensorFlow Lite that it needs.

Numbers are those of schema.fbs (github.com/google-ai-edge/LiteRT), which a test compares with LiteRT's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from edge.artifact.formats import MalformedModelError
from edge.artifact.formats.flatbuffer import Flatbuffer, Values
from edge.artifact.formats.network_summary import FREE, NetworkSummary, TensorFacts
from edge.artifact.formats.tflite import LAYOUTS

_BUILTIN_OPERATORS = """
    ADD AVERAGE_POOL_2D CONCATENATION CONV_2D DEPTHWISE_CONV_2D DEPTH_TO_SPACE DEQUANTIZE EMBEDDING_LOOKUP FLOOR
    FULLY_CONNECTED HASHTABLE_LOOKUP L2_NORMALIZATION L2_POOL_2D LOCAL_RESPONSE_NORMALIZATION LOGISTIC
    LSH_PROJECTION LSTM MAX_POOL_2D MUL RELU RELU_N1_TO_1 RELU6 RESHAPE RESIZE_BILINEAR RNN SOFTMAX SPACE_TO_DEPTH
    SVDF TANH CONCAT_EMBEDDINGS SKIP_GRAM CALL CUSTOM EMBEDDING_LOOKUP_SPARSE PAD UNIDIRECTIONAL_SEQUENCE_RNN GATHER
    BATCH_TO_SPACE_ND SPACE_TO_BATCH_ND TRANSPOSE MEAN SUB DIV SQUEEZE UNIDIRECTIONAL_SEQUENCE_LSTM STRIDED_SLICE
    BIDIRECTIONAL_SEQUENCE_RNN EXP TOPK_V2 SPLIT LOG_SOFTMAX DELEGATE BIDIRECTIONAL_SEQUENCE_LSTM CAST PRELU MAXIMUM
    ARG_MAX MINIMUM LESS NEG PADV2 GREATER GREATER_EQUAL LESS_EQUAL SELECT SLICE SIN TRANSPOSE_CONV SPARSE_TO_DENSE
    TILE EXPAND_DIMS EQUAL NOT_EQUAL LOG SUM SQRT RSQRT SHAPE POW ARG_MIN FAKE_QUANT REDUCE_PROD REDUCE_MAX PACK
    LOGICAL_OR ONE_HOT LOGICAL_AND LOGICAL_NOT UNPACK REDUCE_MIN FLOOR_DIV REDUCE_ANY SQUARE ZEROS_LIKE FILL
    FLOOR_MOD RANGE RESIZE_NEAREST_NEIGHBOR LEAKY_RELU SQUARED_DIFFERENCE MIRROR_PAD ABS SPLIT_V UNIQUE CEIL
    REVERSE_V2 ADD_N GATHER_ND COS WHERE RANK ELU REVERSE_SEQUENCE MATRIX_DIAG QUANTIZE MATRIX_SET_DIAG ROUND
    HARD_SWISH IF WHILE NON_MAX_SUPPRESSION_V4 NON_MAX_SUPPRESSION_V5 SCATTER_ND SELECT_V2 DENSIFY SEGMENT_SUM
    BATCH_MATMUL PLACEHOLDER_FOR_GREATER_OP_CODES CUMSUM CALL_ONCE BROADCAST_TO RFFT2D CONV_3D IMAG REAL COMPLEX_ABS
    HASHTABLE HASHTABLE_FIND HASHTABLE_IMPORT HASHTABLE_SIZE REDUCE_ALL CONV_3D_TRANSPOSE VAR_HANDLE READ_VARIABLE
    ASSIGN_VARIABLE BROADCAST_ARGS RANDOM_STANDARD_NORMAL BUCKETIZE RANDOM_UNIFORM MULTINOMIAL GELU
    DYNAMIC_UPDATE_SLICE RELU_0_TO_1 UNSORTED_SEGMENT_PROD UNSORTED_SEGMENT_MAX UNSORTED_SEGMENT_SUM ATAN2
    UNSORTED_SEGMENT_MIN SIGN BITCAST BITWISE_XOR RIGHT_SHIFT STABLEHLO_LOGISTIC STABLEHLO_ADD STABLEHLO_DIVIDE
    STABLEHLO_MULTIPLY STABLEHLO_MAXIMUM STABLEHLO_RESHAPE STABLEHLO_CLAMP STABLEHLO_CONCATENATE
    STABLEHLO_BROADCAST_IN_DIM STABLEHLO_CONVOLUTION STABLEHLO_SLICE STABLEHLO_CUSTOM_CALL STABLEHLO_REDUCE
    STABLEHLO_ABS STABLEHLO_AND STABLEHLO_COSINE STABLEHLO_EXPONENTIAL STABLEHLO_FLOOR STABLEHLO_LOG
    STABLEHLO_MINIMUM STABLEHLO_NEGATE STABLEHLO_OR STABLEHLO_POWER STABLEHLO_REMAINDER STABLEHLO_RSQRT
    STABLEHLO_SELECT STABLEHLO_SUBTRACT STABLEHLO_TANH STABLEHLO_SCATTER STABLEHLO_COMPARE STABLEHLO_CONVERT
    STABLEHLO_DYNAMIC_SLICE STABLEHLO_DYNAMIC_UPDATE_SLICE STABLEHLO_PAD STABLEHLO_IOTA STABLEHLO_DOT_GENERAL
    STABLEHLO_REDUCE_WINDOW STABLEHLO_SORT STABLEHLO_WHILE STABLEHLO_GATHER STABLEHLO_TRANSPOSE DILATE
    STABLEHLO_RNG_BIT_GENERATOR REDUCE_WINDOW STABLEHLO_COMPOSITE STABLEHLO_SHIFT_LEFT STABLEHLO_CBRT STABLEHLO_CASE
"""
BUILTIN_OPERATORS = tuple(_BUILTIN_OPERATORS.split())
"""Names of BuiltinOperator; the place is the number."""
TENSOR_TYPES = (
    "float32", "float16", "int32", "uint8", "int64", "string", "bool", "int16", "complex64", "int8", "float64",
    "complex128", "uint64", "resource", "variant", "uint32", "uint16", "int4", "bfloat16", "int2", "uint4",
    "float8_e4m3fn", "float8_e5m2",
)  # fmt: skip
"""Names of TensorType; the place is the number."""
_CUSTOM = BUILTIN_OPERATORS.index("CUSTOM")
_LEAST_RUNTIME = "min_runtime_version"  # of the flatbuffer's metadata; the converter writes it
_INTEGERS = ("int8", "uint8", "int16", "int4", "int2")
_AT_THE_ENDS = ("QUANTIZE", "DEQUANTIZE")  # of an int8 file that takes or gives floats


def summarise(network: bytes) -> NetworkSummary:
    """Read the facts of a flatbuffer.

    Args:
        network: the flatbuffer, without what is appended to it.

    Raises:
        MalformedModelError: it is malformed, or has no graph.
    """
    model = Flatbuffer(network, LAYOUTS).root("Model")
    graphs = model.get("subgraphs", [])
    if not graphs:
        raise MalformedModelError("it has no graph")
    graph = graphs[0]
    tensors, codes = graph.get("tensors", []), model.get("operator_codes", [])
    operators = [
        _at(codes, operator.get("opcode_index", 0)) for graph in graphs for operator in graph.get("operators", [])
    ]
    versions: dict[str, int] = {}
    for code in operators:
        versions[_name(code)] = max(versions.get(_name(code), 0), code.get("version", 1))
    least = _least_runtime(model)
    return NetworkSummary(
        inputs=tuple(_facts(_at(tensors, index)) for index in graph.get("inputs", ())),
        outputs=tuple(_facts(_at(tensors, index)) for index in graph.get("outputs", ())),
        operators=tuple(map(_name, operators)),
        quantization=_quantization(graph, tensors, codes, model.get("buffers", [])),
        needs={"operators": versions, **({"tensorflow_lite": least} if least else {})},
    )


def _name(code: Values) -> str:
    """Return an operator's name; numbers above 126 stand in a second field, and the older one is 127 then."""
    number = max(code.get("builtin_code", 0), code.get("deprecated_builtin_code", 0))
    if number == _CUSTOM:
        return str(code.get("custom_code", "CUSTOM"))
    return BUILTIN_OPERATORS[number] if 0 <= number < len(BUILTIN_OPERATORS) else str(number)


def _type(tensor: Values) -> str:
    number = tensor.get("type", 0)
    return TENSOR_TYPES[number] if 0 <= number < len(TENSOR_TYPES) else f"type {number}"


def _facts(tensor: Values) -> TensorFacts:
    sizes = [int(size) for size in tensor.get("shape", ())]
    signature = [int(size) for size in tensor.get("shape_signature", ())]
    if len(signature) != len(sizes):
        signature = sizes
    grid = tensor.get("quantization", {})
    scales, zero_points = grid.get("scale", ()), grid.get("zero_point", ())
    return TensorFacts(
        name=tensor.get("name", ""),
        dtype=_type(tensor),
        shape=tuple(FREE if free < 0 else size for size, free in zip(sizes, signature, strict=True)),
        scale=float(scales[0]) if len(scales) == 1 else 0.0,
        zero_point=int(zero_points[0]) if len(zero_points) == 1 else 0,
    )


def _quantization(graph: Values, tensors: Sequence[Values], codes: Sequence[Values], buffers: Sequence[Values]) -> str:
    """Tell the kind of quantization by the types of constants and of what the operators put out."""
    constants = {
        _type(tensor)
        for tensor in tensors
        if len(tensor.get("shape", ())) > 1 and len(_at(buffers, tensor.get("buffer", 0)).get("data", ()))
    }
    results = {
        _type(_at(tensors, index))
        for operator in graph.get("operators", [])
        if _name(_at(codes, operator.get("opcode_index", 0))) not in _AT_THE_ENDS
        for index in operator.get("outputs", ())
    }
    if results & set(_INTEGERS):
        return "int8"
    if constants & set(_INTEGERS):
        return "dynamic"
    return "float16" if "float16" in constants else "none"


def _least_runtime(model: Values) -> str:
    buffers = model.get("buffers", [])
    for entry in model.get("metadata", []):
        if entry.get("name") == _LEAST_RUNTIME:
            content = bytes(_at(buffers, entry.get("buffer", 0)).get("data", b""))
            return content.rstrip(b"\0").decode(errors="replace")
    return ""


def _at(entries: Sequence[Any], index: int) -> Any:
    if not 0 <= index < len(entries):
        raise MalformedModelError(f"entry {index} of {len(entries)} is asked for")
    return entries[index]
