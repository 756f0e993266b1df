"""Writes internal/onnx/eval/testdata: definitions.json, the operators'
definitions in the standard, and onnxruntime.json, what ONNX Runtime computes
for single operators in the opsets whose definitions differ from the newest
ones, and for attributes that ONNX's own node tests leave out.

Needs numpy, onnx and onnxruntime. Run from the module's root.
"""
import base64
import json

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, defs, helper, numpy_helper

rng = np.random.default_rng(5)


def f(*shape):
    return rng.normal(size=shape).astype(np.float32).round(3)


def i(*values):
    return np.array(values, np.int64)


cases = []


def case(name, op, opset, inputs, outputs=1, constants=None, **attributes):
    """inputs are values; those at the places in constants become initializers."""
    constants = constants or []
    names = ["" if x is None else f"x{k}" for k, x in enumerate(inputs)]
    outs = [f"y{k}" for k in range(outputs)]
    graph = helper.make_graph(
        [helper.make_node(op, names, outs, name=name, **attributes)], "g",
        [helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(x.dtype), x.shape)
         for k, (n, x) in enumerate(zip(names, inputs)) if x is not None and k not in constants],
        [helper.make_empty_tensor_value_info(n) for n in outs],
        [numpy_helper.from_array(inputs[k], names[k]) for k in constants])
    add(name, graph, opset, {n: x for k, (n, x) in enumerate(zip(names, inputs)) if x is not None and k not in constants})


def add(name, graph, opset, feed):
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=6)
    data = model.SerializeToString()
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 3
    try:
        results = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"]).run(None, feed)
    except Exception as e:
        print("left out:", name, str(e)[:150])
        return
    tensor = lambda a: base64.b64encode(numpy_helper.from_array(np.asarray(a)).SerializeToString()).decode()
    cases.append({"name": name, "model": base64.b64encode(data).decode(),
                  "inputs": {k: tensor(v) for k, v in feed.items()}, "outputs": [tensor(r) for r in results]})


x3, x4 = f(2, 3, 4), f(2, 4, 5, 6)
for opset in (9, 11, 13):
    for op in ("Softmax", "LogSoftmax", "Hardmax"):
        case(f"{op} {opset}", op, opset, [x3])
        case(f"{op} {opset} axis 0", op, opset, [x3], axis=0)
    case(f"{op} {opset} axis 2", op, opset, [x3], axis=2)
case("Clip 9", "Clip", 9, [x3], min=-0.5, max=0.7)
case("Clip 9 below", "Clip", 9, [x3], max=0.2)
for op in ("ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceSumSquare", "ReduceLogSumExp"):
    case(f"{op} 11", op, 11, [x4], axes=[-1, 1], keepdims=0)
    case(f"{op} 11 all", op, 11, [x4])
case("ReduceLogSum 11", "ReduceLogSum", 11, [np.abs(x4)], axes=[2])
case("ReduceSum int64", "ReduceSum", 11, [i(1, -5, 9)])
case("ReduceMean 18 none", "ReduceMean", 18, [x3, i()], constants=[1], noop_with_empty_axes=1)
case("Squeeze 9", "Squeeze", 9, [f(1, 3, 1, 2)], axes=[0, 2])
case("Squeeze 9 all", "Squeeze", 9, [f(1, 3, 1, 2)])
case("Unsqueeze 9", "Unsqueeze", 9, [x3], axes=[0, 4])
case("Slice 9", "Slice", 9, [x4], axes=[3, 1], starts=[1, -3], ends=[100, -1])
case("Slice 11 back", "Slice", 11, [x4, i(5, -1), i(-100, 0), i(3, 1), i(-2, -1)], constants=[1, 2, 3, 4])
case("Split 9", "Split", 9, [x4], outputs=2, axis=1, split=[1, 3])
case("Split 9 equal", "Split", 9, [x4], outputs=2, axis=3)
for mode in ("constant", "reflect", "edge"):
    case(f"Pad 9 {mode}", "Pad", 9, [x4], mode=mode, pads=[0, 0, 1, 2, 0, 0, 2, 3], value=0.5)
case("Pad 13 crop", "Pad", 13, [x4, i(0, -1, 1, 2, 0, 0, -2, 3), np.array(0.3, np.float32)], constants=[1])
case("Pad 19 wrap", "Pad", 19, [x4, i(0, 0, 1, 2, 0, 0, 2, 3)], constants=[1], mode="wrap")
case("Dropout 9", "Dropout", 9, [x3], outputs=1, ratio=0.3)
bn = [x4, f(4), f(4), f(4), np.abs(f(4)) + 0.1]
case("BatchNormalization 9", "BatchNormalization", 9, bn, epsilon=1e-3)
case("BatchNormalization 15 training", "BatchNormalization", 15, bn, outputs=3, epsilon=1e-3, momentum=0.7, training_mode=1)
case("TopK 9", "TopK", 9, [x4], outputs=2, k=3)
case("TopK 10", "TopK", 10, [x4, i(2)], outputs=2, constants=[1], axis=1)
case("TopK 11 smallest", "TopK", 11, [x4, i(3)], outputs=2, constants=[1], axis=2, largest=0)
case("ArgMax 11", "ArgMax", 11, [x4], axis=1, keepdims=0)
case("ArgMin 13", "ArgMin", 13, [x4], axis=-1, select_last_index=1)
img = f(1, 2, 4, 5)
case("Upsample 9", "Upsample", 9, [img, np.array([1, 1, 2, 2.5], np.float32)], constants=[1], mode="nearest")
case("Upsample 9 linear", "Upsample", 9, [img, np.array([1, 1, 2, 2], np.float32)], constants=[1], mode="linear")
case("Resize 10", "Resize", 10, [img, np.array([1, 1, 0.6, 1.7], np.float32)], constants=[1], mode="nearest")
case("Resize 10 linear", "Resize", 10, [img, np.array([1, 1, 0.6, 1.7], np.float32)], constants=[1], mode="linear")
none = np.array([], np.float32)
for mode in ("half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"):
    for kind in ("nearest", "linear", "cubic"):
        for size in ([1, 2, 7, 3], [1, 2, 3, 9]):
            case(f"Resize 11 {mode} {kind} {size}", "Resize", 11, [img, none, none, i(*size)], constants=[1, 2, 3], mode=kind,
                 coordinate_transformation_mode=mode)
for near in ("round_prefer_ceil", "floor", "ceil"):
    case(f"Resize 13 {near}", "Resize", 13, [img, none, np.array([1, 1, 1.5, 0.7], np.float32)], constants=[1, 2], mode="nearest", nearest_mode=near)
case("Resize 13 exclude", "Resize", 13, [img, none, none, i(1, 2, 9, 9)], constants=[1, 2, 3], mode="cubic", exclude_outside=1, cubic_coeff_a=-0.5)
case("Resize 13 crop", "Resize", 13, [img, np.array([0, 0, .2, -.1, 1, 1, .9, 1.1], np.float32), none, i(1, 2, 3, 4)], constants=[1, 2, 3],
     mode="linear", coordinate_transformation_mode="tf_crop_and_resize", extrapolation_value=7.0)
for kind in ("linear", "cubic"):
    case(f"Resize 18 antialias {kind}", "Resize", 18, [f(1, 1, 9, 11), None, np.array([.4, .6], np.float32)], constants=[2], mode=kind, antialias=1, axes=[2, 3])
case("Resize 18 aspect", "Resize", 18, [img, None, None, i(9, 6)], constants=[3], mode="linear", axes=[2, 3], keep_aspect_ratio_policy="not_larger")
pool = f(1, 2, 7, 8)
for opset in (11, 19):
    for ceil in (0, 1):
        for include in (0, 1):
            case(f"AveragePool {opset} ceil {ceil} include {include}", "AveragePool", opset, [pool], kernel_shape=[3, 3], strides=[2, 3],
                 pads=[1, 0, 1, 1], ceil_mode=ceil, count_include_pad=include)
        case(f"MaxPool {opset} ceil {ceil}", "MaxPool", opset, [pool], outputs=2, kernel_shape=[3, 2], strides=[2, 3], pads=[1, 0, 1, 1], ceil_mode=ceil,
             dilations=[1, 2])
case("MaxPool 1d", "MaxPool", 12, [f(1, 2, 9)], kernel_shape=[4], strides=[2])
case("MaxPool 3d", "MaxPool", 12, [f(1, 2, 4, 5, 6)], kernel_shape=[2, 3, 2])
case("MaxPool columns", "MaxPool", 12, [pool], outputs=2, kernel_shape=[3, 3], storage_order=1)
case("LpPool 11", "LpPool", 11, [pool], kernel_shape=[2, 3], p=3)
case("GlobalLpPool", "GlobalLpPool", 11, [pool], p=1)
case("Conv grouped", "Conv", 11, [f(2, 4, 7, 6), f(6, 2, 3, 2), f(6)], group=2, dilations=[2, 1], strides=[1, 2], pads=[2, 0, 1, 1])
case("Conv 1d same lower", "Conv", 11, [f(1, 2, 9), f(3, 2, 4)], auto_pad="SAME_LOWER", strides=[2])
case("Conv 3d", "Conv", 11, [f(1, 2, 4, 5, 4), f(3, 2, 2, 3, 2)])
case("ConvTranspose", "ConvTranspose", 11, [f(1, 4, 3, 4), f(4, 3, 3, 2), f(6)], group=2, strides=[2, 3], pads=[1, 0, 0, 1], output_padding=[1, 0])
case("ConvTranspose dilated", "ConvTranspose", 11, [f(1, 2, 3, 4), f(2, 3, 3, 2)], dilations=[2, 1])
case("ConvTranspose same", "ConvTranspose", 11, [f(1, 2, 3, 4), f(2, 3, 3, 3)], strides=[2, 2], auto_pad="SAME_UPPER")
case("LRN", "LRN", 13, [f(1, 6, 3, 3)], size=5, alpha=0.3, beta=0.6, bias=1.5)
case("InstanceNormalization", "InstanceNormalization", 6, [x4, f(4), f(4)], epsilon=1e-2)
case("GroupNormalization 18", "GroupNormalization", 18, [x4, f(2), f(2)], num_groups=2)
case("LpNormalization", "LpNormalization", 1, [x4], axis=1, p=1)
case("MeanVarianceNormalization", "MeanVarianceNormalization", 13, [x4])
case("LayerNormalization", "LayerNormalization", 17, [x4, f(6), f(6)], outputs=3)
case("Gemm 9", "Gemm", 9, [f(4, 3), f(5, 4), f(1)], alpha=0.5, beta=2.0, transA=1, transB=1)
case("Einsum", "Einsum", 12, [f(2, 3, 4), f(2, 4, 5)], equation="bij,bjk->bik")
case("Einsum diagonal", "Einsum", 12, [f(3, 3)], equation="ii->i")
case("Einsum ellipsis", "Einsum", 12, [f(2, 3, 4), f(4, 5)], equation="...j,jk->...k")
case("Einsum implicit", "Einsum", 12, [f(2, 3), f(3, 4)], equation="ij,jk")
case("PRelu", "PRelu", 9, [x4, f(4, 1, 1)])
for op, a in (("Selu", {}), ("Celu", {"alpha": 0.7}), ("Elu", {"alpha": 0.4}), ("ThresholdedRelu", {"alpha": 0.3}), ("Softsign", {}), ("Softplus", {}),
              ("HardSigmoid", {"alpha": .3}), ("Shrink", {"lambd": .4, "bias": .1}), ("Sign", {}), ("Round", {}), ("HardSwish", {}), ("Erf", {}), ("Atanh", {})):
    case(op, op, 14, [np.clip(x3, -.9, .9) if op == "Atanh" else x3 * 3], **a)
case("CumSum", "CumSum", 11, [x4, i(2).reshape(())], constants=[1], exclusive=1, reverse=1)
case("OneHot", "OneHot", 11, [i(1, -1, 7), i(4), np.array([-1, 5], np.float32)], constants=[1], axis=0)
case("Mod", "Mod", 13, [i(-7, 7, -7, 7), i(3, -3, -3, 3)])
case("Mod fmod", "Mod", 13, [x3, f(4)], fmod=1)
case("DepthToSpace CRD", "DepthToSpace", 11, [f(1, 8, 2, 3)], blocksize=2, mode="CRD")
case("SpaceToDepth", "SpaceToDepth", 9, [f(1, 2, 4, 6)], blocksize=2)
case("GatherND", "GatherND", 12, [x4, np.array([[[1], [3]], [[0], [2]]], np.int64)], batch_dims=1)
case("ScatterND", "ScatterND", 11, [f(4, 3), np.array([[1], [3]], np.int64), f(2, 3)], constants=[1])
case("ScatterElements add", "ScatterElements", 16, [f(3, 4), np.array([[0, 1, -1, 0]], np.int64), f(1, 4)], axis=0, reduction="add")
case("Where", "Where", 9, [f(1, 4) > 0, f(3, 1), f(3, 4)])
case("Range", "Range", 11, [i(9).reshape(()), i(-2).reshape(()), i(-4).reshape(())], constants=[0, 1, 2])
case("Range float", "Range", 11, [np.float32(0.5).reshape(()), np.float32(2.1).reshape(()), np.float32(.4).reshape(())], constants=[0, 1, 2])
case("EyeLike", "EyeLike", 9, [f(3, 4)], k=1, dtype=7)
case("Trilu", "Trilu", 14, [f(2, 3, 4), i(1).reshape(())], constants=[1], upper=0)
case("Cast to int", "Cast", 13, [np.array([-1.7, 1.7, 0.2], np.float32)], to=TensorProto.INT32)
case("Cast to half", "Cast", 13, [np.array([1.0009765, 65519.9, 65520, 1e-7, 3e-8, -2.5e-5], np.float32)], to=TensorProto.FLOAT16)
case("Cast to bool", "Cast", 13, [np.array([-1.7, 0, 0.2], np.float32)], to=TensorProto.BOOL)
case("NonZero", "NonZero", 13, [np.array([[1, 0, 2], [0, 3, 0]], np.float32)])
case("IsInf", "IsInf", 10, [np.array([np.inf, -np.inf, np.nan, 1], np.float32)], detect_negative=0)
case("MatMul", "MatMul", 13, [f(2, 1, 3, 4), f(5, 4, 2)])
case("Pow int", "Pow", 15, [i(2, -3, 5), np.array([3, 3, 0], np.float32)])
case("Tile", "Tile", 13, [x3, i(2, 1, 3)], constants=[1])
case("Max three", "Max", 13, [f(3, 1), f(4), f(3, 4)])
case("Scatter 9", "Scatter", 9, [f(3, 4), np.array([[0, 1, 2, 0]], np.int64), f(1, 4)], axis=0)
for branch in (True, False):
    out = [helper.make_empty_tensor_value_info("y0")]
    then = helper.make_graph([helper.make_node("Squeeze", ["x0", "axes"], ["t"])], "then", [], [helper.make_empty_tensor_value_info("t")])
    other = helper.make_graph([helper.make_node("Identity", ["x0"], ["e"])], "else", [], [helper.make_empty_tensor_value_info("e")])
    g = helper.make_graph([helper.make_node("If", ["c"], ["y0"], then_branch=then, else_branch=other)], "g",
                          [helper.make_tensor_value_info("x0", TensorProto.FLOAT, [2, 1])], out,
                          [numpy_helper.from_array(np.array(branch), "c"), numpy_helper.from_array(i(1), "axes")])
    add(f"If {branch}", g, 13, {"x0": f(2, 1)})

with open("internal/onnx/eval/testdata/onnxruntime.json", "w") as file:
    json.dump({"source": f"onnxruntime {onnxruntime.__version__}, scripts/onnx_figures.py", "cases": cases}, file, indent=1)
    file.write("\n")
print(len(cases), "cases")

# Every definition up to opset 26 of the default domain's operators, from the
# schemas of the onnx package: opset, inputs, outputs, attributes with their
# kind and ! where they are required. Deprecated ones have no attributes.
LETTERS = {1: "f", 2: "i", 3: "s", 4: "t", 5: "g", 6: "ff", 7: "ii", 8: "ss"}
definitions = {}
for s in sorted(defs.get_all_schemas_with_history(), key=lambda s: (s.name, s.since_version)):
    if s.domain == "" and s.since_version <= 26:
        attributes = " ".join(f"{n}:{LETTERS.get(int(a.type), '?')}{'!' if a.required else ''}" for n, a in sorted(s.attributes.items()))
        definitions.setdefault(s.name, []).append(
            [s.since_version, s.min_input, s.max_input, s.min_output, s.max_output, "deprecated" if s.deprecated else attributes])
with open("internal/onnx/eval/testdata/definitions.json", "w") as file:
    file.write('{"source": "onnx %s, scripts/onnx_figures.py", "operators": {\n' % onnx.__version__)
    file.write(",\n".join(f'{json.dumps(k)}: {json.dumps(v)}' for k, v in definitions.items()))
    file.write("\n}}\n")
