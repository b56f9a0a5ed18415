"""The part of ONNX's schema that an image classifier uses, and its operators.

Numbers are those of onnx.proto (github.com/onnx/onnx); a test compares them with the onnx package's own.
"""

from __future__ import annotations

from edge.artifact.formats.protobuf import Field, Layouts

LAYOUTS: Layouts = {
    "ModelProto": {
        1: Field("ir_version", "int"), 2: Field("producer_name", "string"), 3: Field("producer_version", "string"),
        4: Field("domain", "string"), 5: Field("model_version", "int"), 6: Field("doc_string", "string"),
        7: Field("graph", "GraphProto"), 8: Field("opset_import", "OperatorSetIdProto", is_list=True),
        20: Field("training_info", ""), 25: Field("functions", ""),
    },
    "OperatorSetIdProto": {1: Field("domain", "string"), 2: Field("version", "int")},
    "GraphProto": {
        1: Field("node", "NodeProto", is_list=True), 2: Field("name", "string"),
        5: Field("initializer", "TensorProto", is_list=True), 10: Field("doc_string", "string"),
        11: Field("input", "ValueInfoProto", is_list=True), 12: Field("output", "ValueInfoProto", is_list=True),
        13: Field("value_info", "ValueInfoProto", is_list=True),
        14: Field("quantization_annotation", ""), 15: Field("sparse_initializer", ""),
        16: Field("metadata_props", "StringStringEntryProto", is_list=True),
    },
    "NodeProto": {
        1: Field("input", "string", is_list=True), 2: Field("output", "string", is_list=True),
        3: Field("name", "string"), 4: Field("op_type", "string"),
        5: Field("attribute", "AttributeProto", is_list=True), 6: Field("doc_string", "string"),
        7: Field("domain", "string"), 8: Field("overload", ""),
        9: Field("metadata_props", "StringStringEntryProto", is_list=True),
    },
    "AttributeProto": {
        1: Field("name", "string"), 2: Field("f", "float"), 3: Field("i", "int"), 4: Field("s", "bytes"),
        5: Field("t", "TensorProto"), 6: Field("g", ""), 7: Field("floats", "float", is_list=True),
        8: Field("ints", "int", is_list=True), 9: Field("strings", "bytes", is_list=True), 10: Field("tensors", ""),
        11: Field("graphs", ""), 13: Field("doc_string", "string"), 14: Field("tp", ""),
        15: Field("type_protos", ""), 20: Field("type", "int"), 21: Field("ref_attr_name", ""),
        22: Field("sparse_tensor", ""), 23: Field("sparse_tensors", ""),
    },
    "TensorProto": {
        1: Field("dims", "int", is_list=True), 2: Field("data_type", "int"), 3: Field("segment", ""),
        4: Field("float_data", "float", is_list=True), 5: Field("int32_data", "int", is_list=True),
        6: Field("string_data", ""), 7: Field("int64_data", "int", is_list=True), 8: Field("name", "string"),
        9: Field("raw_data", "bytes"), 10: Field("double_data", ""), 11: Field("uint64_data", ""),
        12: Field("doc_string", "string"), 13: Field("external_data", ""), 14: Field("data_location", "int"),
    },
    "ValueInfoProto": {
        1: Field("name", "string"), 2: Field("type", "TypeProto"), 3: Field("doc_string", "string"),
        4: Field("metadata_props", "StringStringEntryProto", is_list=True),
    },
    "TypeProto": {1: Field("tensor_type", "TypeProto.Tensor"), 6: Field("denotation", "string")},
    "TypeProto.Tensor": {1: Field("elem_type", "int"), 2: Field("shape", "TensorShapeProto")},
    "TensorShapeProto": {1: Field("dim", "TensorShapeProto.Dimension", is_list=True)},
    "TensorShapeProto.Dimension": {
        1: Field("dim_value", "int"), 2: Field("dim_param", "string"), 3: Field("denotation", "string"),
    },
    "StringStringEntryProto": {1: Field("key", "string"), 2: Field("value", "string")},
}  # fmt: skip
"""Without metadata_props of a ModelProto, which never reaches the library."""

OPERATORS = {
    "Add", "AveragePool", "BatchNormalization", "Cast", "Clip", "Concat", "Constant", "Conv", "DequantizeLinear",
    "Div", "Dropout", "Elu", "Erf", "Exp", "Flatten", "Gelu", "Gemm", "GlobalAveragePool", "GlobalMaxPool",
    "HardSigmoid", "HardSwish", "Identity", "LeakyRelu", "LogSoftmax", "MatMul", "Max", "MaxPool", "Min", "Mul",
    "Neg", "PRelu", "Pad", "Pow", "QuantizeLinear", "ReduceMean", "ReduceMax", "ReduceSum", "Relu", "Reshape",
    "Resize", "Shape", "Sigmoid", "Slice", "Softmax", "Sqrt", "Squeeze", "Sub", "Tanh", "Transpose", "Unsqueeze",
}  # fmt: skip
"""What isn't here (loops, branches, lookups, custom code, what makes large tensors from small ones) isn't run."""

TYPES = {1: "float32", 2: "uint8", 3: "int8", 6: "int32", 7: "int64", 9: "bool", 10: "float16"}
"""TensorProto.DataType -> numpy's name."""

RANGES = {
    "strides": (1, 1024), "kernel_shape": (1, 1024), "dilations": (1, 1024), "pads": (0, 1024), "group": (1, 65536),
    "axis": (-8, 8), "axes": (-8, 8), "perm": (0, 8), "ceil_mode": (0, 1),
}  # fmt: skip
"""Attribute -> least and most of its whole numbers."""
