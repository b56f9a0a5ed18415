"""An ONNX graph as it ships, with the same names and order for the same network, and with descriptions."""

from __future__ import annotations

from collections import Counter

import onnx

from edge.artifact.input_spec import PIXEL_RANGES, InputSpec, describe_pixels

_ROLES = {
    "Conv": ("input", "weight", "bias"),
    "Gemm": ("input", "weight", "bias"),
    "MatMul": ("input", "weight"),
    "QuantizeLinear": ("input", "scale", "zero_point"),
    "DequantizeLinear": ("stored", "scale", "zero_point"),
}


def describe_input(spec: InputSpec) -> str:
    """Return the colours and the range of the numbers that a network of floats takes, as in "RGB pixels, 0-1"."""
    colours = "" if spec.channels == 1 else f"{spec.colour_order} "
    text = describe_pixels(spec)
    return f"{colours}pixels, {text if text in PIXEL_RANGES else f'means and standard deviations {text}'}"


def tidy(model: onnx.ModelProto, *, name: str, output: str, pixels: str = "pixels, 0-1") -> onnx.ModelProto:
    """Return the model with its nodes in order and named by it, described, and with the operator sets that it uses.

    The converter numbers names by the order of a hash table, so that two exports of one network would differ.

    Args:
        model: with one input, an image NHWC, and one output, (1, classes).
        name: name of the graph.
        output: name of the output tensor: logits or probabilities.
        pixels: colours and range of a float input.
    """
    graph = model.graph
    nodes = _in_order(graph)
    renamed = {graph.input[0].name: graph.input[0].name, graph.output[0].name: output}
    counts: Counter[str] = Counter()
    for node in nodes:
        counts[node.op_type] += 1
        node.name = f"{node.op_type}_{counts[node.op_type]}"
        for index, tensor in enumerate(node.output):
            renamed.setdefault(tensor, node.name if index == 0 else f"{node.name}:{index}")
    constants = {tensor.name: tensor for tensor in graph.initializer}
    kept: list[onnx.TensorProto] = []
    for node in nodes:
        roles = _ROLES.get(node.op_type, ())
        for index, tensor in enumerate(node.input):
            if tensor in constants and tensor not in renamed:
                renamed[tensor] = f"{node.name}.{roles[index] if index < len(roles) else index}"
                kept.append(constants[tensor])
        node.input[:] = [renamed[tensor] if tensor else "" for tensor in node.input]
        node.output[:] = [renamed[tensor] for tensor in node.output]
        attributes = sorted(node.attribute, key=lambda attribute: attribute.name)
        plain = onnx.helper.make_node(node.op_type, node.input, node.output, node.name, domain=node.domain)
        plain.attribute.extend(attributes)
        node.CopyFrom(plain)
    for tensor in kept:
        tensor.name = renamed[tensor.name]
    graph.output[0].name = output
    _describe(graph, output, pixels)
    used = {node.domain for node in nodes}
    result = onnx.helper.make_model(
        onnx.helper.make_graph(nodes, name, graph.input, graph.output, kept, doc_string=graph.doc_string),
        ir_version=model.ir_version,
        opset_imports=[entry for entry in model.opset_import if entry.domain in used],
        producer_name=model.producer_name,
        producer_version=model.producer_version,
    )
    onnx.checker.check_model(result, full_check=True)
    return result


def _in_order(graph: onnx.GraphProto) -> list[onnx.NodeProto]:
    """Return the nodes that the output needs, each behind those that it reads from, in the order of their inputs."""
    made_by = {tensor: node for node in graph.node for tensor in node.output}
    ordered: list[onnx.NodeProto] = []
    done: set[str] = set()
    waiting = [graph.output[0].name]
    while waiting:
        tensor = waiting[-1]
        node = made_by.get(tensor)
        if node is None or tensor in done:
            waiting.pop()
            continue
        missing = [name for name in node.input if name in made_by and name not in done]
        if missing:
            waiting.extend(reversed(missing))
            continue
        waiting.pop()
        done.update(node.output)
        ordered.append(onnx.NodeProto.FromString(node.SerializeToString()))
    return ordered


def _describe(graph: onnx.GraphProto, output: str, pixels: str) -> None:
    """Set the descriptions that a viewer shows of the graph, its input and its output."""
    height, width, channels = (size.dim_value for size in graph.input[0].type.tensor_type.shape.dim[1:])
    classes = graph.output[0].type.tensor_type.shape.dim[-1].dim_value
    is_float = graph.input[0].type.tensor_type.elem_type == onnx.TensorProto.FLOAT
    colours = pixels.partition("pixels")[0]
    pixels = f"float32 {pixels}" if is_float else f"uint8 {colours}pixels, 0-255"
    graph.doc_string = f"Image classifier with {classes} classes, made by edge-classify. The metadata holds its labels."
    graph.input[0].doc_string = f"One image, {height}x{width}x{channels}, NHWC, {pixels}."
    graph.output[0].doc_string = f"float32 {output} of the {classes} classes, in the order of the labels."
