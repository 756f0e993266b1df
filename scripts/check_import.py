"""Called by check-import.sh: check_import.py FOLDER [NAME...]."""
import contextlib
import importlib.util
import io
import logging
import os
import subprocess
import sys
import warnings

import numpy as np
import onnxruntime
import timm
import torch

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)
folder = sys.argv[1]
FAMILIES = ["mobilenetv3_large_100", "regnety_008", "resnet50", "resnet50d", "densenet121", "convnext_tiny", "mnasnet_100", "ghostnet_100",
            "tf_efficientnetv2_b0", "vit_tiny_patch16_224"]
names = sys.argv[2:] or FAMILIES
TOLERANCE = 1e-4
SIZE = {"vit_tiny_patch16_224": 224}
failed = []


def randomise(model, generator):
    """Statistics and layer scales that matter."""
    with torch.no_grad():
        for key, value in model.state_dict().items():
            if key.endswith("running_mean"):
                value.copy_(0.05 * torch.randn(value.shape, generator=generator))
            elif key.endswith("running_var"):
                value.copy_(0.8 + 0.4 * torch.rand(value.shape, generator=generator))
            elif key.endswith("gamma"):
                value.copy_(torch.rand(value.shape, generator=generator))


def export(model, x, path, opset, newer, training):
    if newer:
        torch.onnx.export(model, (x,), path, opset_version=opset, dynamo=True, input_names=["x"], output_names=["y"], external_data=False, verbose=False)
        return
    mode = torch.onnx.TrainingMode.TRAINING if training else torch.onnx.TrainingMode.EVAL
    torch.onnx.export(model, (x,), path, opset_version=opset, dynamo=False, input_names=["x"], output_names=["y"], training=mode,
                      do_constant_folding=not training, dynamic_axes={"x": {0: "n"}, "y": {0: "n"}})


def check(name, opset, newer=False, training=False):
    torch.manual_seed(0)
    generator = torch.Generator().manual_seed(1)
    model = timm.create_model(name, num_classes=10, drop_rate=0.0)
    randomise(model, generator)
    model.train(training)
    x = torch.randn(4 if training else 2, 3, SIZE.get(name, 96), SIZE.get(name, 96), generator=generator)
    what = f"{name}, opset {opset}, {'newer' if newer else 'older'} exporter{', training' if training else ''}"
    path = os.path.join(folder, "net.onnx")
    try:
        with torch.no_grad():
            want = model(x).numpy()
        with contextlib.redirect_stdout(io.StringIO()):
            export(model, x, path, opset, newer, training)
        theirs = onnxruntime.InferenceSession(path).run(None, {"x": x.numpy()})[0]
    except Exception as error:  # an exporter's own limits are not ours
        print(f"skipped {what}: {str(error).splitlines()[0][:120]}")
        return
    np.save(os.path.join(folder, "x.npy"), x.numpy())
    done = subprocess.run([os.path.join(folder, "melanoma"), "models", "run", path, "--input", os.path.join(folder, "x.npy"),
                           "--output", os.path.join(folder, "y.npy")], capture_output=True, text=True)
    if done.returncode:
        print(f"FAILED  {what}: {done.stderr.strip()}")
        failed.append(what)
        return
    largest = np.abs(want).max()
    ours = np.abs(np.load(os.path.join(folder, "y.npy")) - want).max() / largest
    print(f"{'ok     ' if ours <= TOLERANCE else 'FAILED '} {what}: off by {ours:.1e} of the largest logit, onnxruntime by {np.abs(theirs - want).max() / largest:.1e}", flush=True)
    if not ours <= TOLERANCE:
        failed.append(what)


for name in names:
    for opset in (9, 11, 14, 17, 20):
        check(name, opset)
    if importlib.util.find_spec("onnxscript"):
        for opset in (18, 20):
            check(name, opset, newer=True)
    for opset in (13, 18):
        check(name, opset, training=True)
sys.exit(f"{len(failed)} files differ" if failed else 0)
