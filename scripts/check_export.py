"""Called by check-export.sh: check_export.py MELANOMA RUN FOLDER."""
import csv
import glob
import json
import os
import subprocess
import sys

import numpy as np
import onnx
import onnxruntime
from PIL import Image

melanoma, run, folder = sys.argv[1:]
TOLERANCE = 1e-5
failed = []


def call(*args):
    done = subprocess.run([melanoma, *args], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"melanoma {' '.join(args)}:\n{done.stderr}")
    return done.stdout


def path(name):
    return os.path.join(folder, name)


def report(what, difference):
    print(f"{'ok    ' if difference <= TOLERANCE else 'FAILED'} {difference:8.1e}  {what}", flush=True)
    if not difference <= TOLERANCE:
        failed.append(what)


def relative(got, want):
    return float(np.abs(got - want).max() / np.abs(want).max())


def runtime(file, inputs):
    onnx.checker.check_model(file, full_check=True)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    return onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"]).run(None, inputs)[0]


def network(what, source, size, batch, *flags):
    """One network: our logits beside the runtime's, ours read back from the file."""
    call("models", "export", source, path("net.onnx"), "--size", str(size), *flags)
    facts = {p.key for p in onnx.load(path("net.onnx")).metadata_props}
    assert {"melanoma.net", "melanoma.preprocessing"} <= facts, facts
    inputs, given = {}, []
    for declared in onnx.load(path("net.onnx")).graph.input:
        shape = [d.dim_value for d in declared.type.tensor_type.shape.dim]
        x = np.random.default_rng(1).standard_normal([batch, *shape[1:]], dtype=np.float32)
        np.save(path(declared.name + ".npy"), x)
        inputs[declared.name] = x
        given += ["--input", f"{declared.name}={path(declared.name + '.npy')}"]
    call("models", "run", path("net.onnx"), *given, "--output", path("y.npy"))
    report(what, relative(runtime(path("net.onnx"), inputs), np.load(path("y.npy"))))


def timm_weights(arch, size):
    """Weights under timm's names: strictly loaded, equal logits."""
    try:
        import timm
        import torch
        from safetensors.torch import load_file
    except ImportError:
        print(f"skipped {arch} in timm: there is no timm, torch or safetensors")
        return
    call("models", "export", arch, path("w.safetensors"))
    model = timm.create_model(arch, pretrained=False).eval()
    model.load_state_dict(load_file(path("w.safetensors")), strict=True)
    x = np.random.default_rng(2).standard_normal((2, 3, size, size), dtype=np.float32)
    np.save(path("x.npy"), x)
    call("models", "import", path("w.safetensors"), "--arch", arch, "--output", path("w.onnx"))
    call("models", "run", path("w.onnx"), "--input", path("x.npy"), "--output", path("y.npy"))
    with torch.no_grad():
        report(f"{arch}, weights in timm", relative(np.load(path("y.npy")), model(torch.from_numpy(x)).numpy()))


def pictures(size):
    """Some of the run's pictures as PNG files of the network's size, which no
    reader has to resize or to decode in its own way."""
    found = sorted(f for e in ("jpg", "jpeg", "png") for f in glob.glob(os.path.join(run, "data", "**", "*." + e), recursive=True))
    os.makedirs(path("pictures"), exist_ok=True)
    for i, file in enumerate(found[:: max(1, len(found) // 24)][:24]):
        Image.open(file).convert("RGB").resize((size, size)).save(path(f"pictures/{i:02d}.png"))
    return sorted(glob.glob(path("pictures/*.png")))


def unknown(width):
    """The metadata of a picture of which nothing is known: sex, age, the
    logarithm of 1 + the patient's pictures, sites, the last for none."""
    return np.array([-1, 0, np.log(2)] + [0] * (width - 4) + [1], dtype=np.float32)


def ensemble(what, run, *flags):
    """The run as one file: its probabilities beside those of infer."""
    call("models", "export", "--run", run, path("run.onnx"), *flags)
    model = onnx.load(path("run.onnx"))
    facts = {p.key: p.value for p in model.metadata_props}
    classes, size = json.loads(facts["melanoma.classes"]), json.loads(facts["melanoma.preprocessing"])["size"]
    files = pictures(size)
    call("infer", "--run", run, path("pictures"), "--output", path("infer.csv"), "--quiet")
    with open(path("infer.csv")) as f:
        want = np.array([[float(row["prob_" + c]) for c in classes] for row in csv.DictReader(f)])
    x = np.stack([np.asarray(Image.open(f), dtype=np.float32).transpose(2, 0, 1) for f in files])
    inputs = {"pixels": x}
    for declared in model.graph.input[1:]:
        inputs[declared.name] = np.tile(unknown(declared.type.tensor_type.shape.dim[1].dim_value), (len(x), 1))
    report(what, float(np.abs(runtime(path("run.onnx"), inputs) - want).max()))


print("== networks, beside onnxruntime")
known = {a["name"]: a for a in json.loads(call("models", "list", "--json"))}
for name, size in (("tf_efficientnet_b0", 64), ("efficientnet_b1", 75), ("tf_efficientnet_lite0", 96), ("efficientnet_lite0", 64),
                   ("seresnext101_32x4d", 64), ("resnest101e", 64), ("resnest50d_4s2x40d", 75), ("resnet18d", 75)):
    if name in known:
        network(f"{name} at {size} px", name, size, 3)
        network(f"{name} at {size} px, BatchNorm folded, batch of 2", name, size, 2, "--fold-batchnorm", "--batch", "2")
call("run", "--quiet", "--out", path("heads"), "--set", "train.epochs=1", "--set", "synth.images=60", "--set", "cv.folds=2", "--set",
     "models=[{name: heads, arch: tiny, mean: [0.7, 0.5, 0.4], std: [0.2, 0.3, 0.25], dropout: 0.5, dropout_samples: 5, meta: {hidden: [12, 8]}},"
     " {name: plain, arch: tiny}]")
for weights in sorted(glob.glob(os.path.join(run, "train", "*-f0", "weights-000.arrow"))) + [path("heads/train/heads-f0/weights-000.arrow")]:
    name = os.path.basename(os.path.dirname(weights))
    size = json.load(open(os.path.join(run, "run.json")))["config"]["data"]["size"]
    network(f"trained {name}", weights, size, 4)
    network(f"trained {name}, BatchNorm folded", weights, size, 4, "--fold-batchnorm")
print("== weights, beside timm")
for name, size in (("tf_efficientnet_b0", 64), ("efficientnet_lite0", 64), ("seresnext101_32x4d", 64), ("resnest101e", 64), ("resnest50d_4s2x40d", 75)):
    if name in known:
        timm_weights(name, size)
print("== the run as one file, beside infer")
ensemble("all folds, views and posterior samples", run)
ensemble("the same, BatchNorm folded", run, "--fold-batchnorm")
ensemble("metadata, five dropouts, two normalisations", path("heads"))
sys.exit(f"{len(failed)} failed" if failed else 0)
