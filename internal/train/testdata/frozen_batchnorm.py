"""Writes frozen_batchnorm.json: a training step of timm's tf_efficientnet_b0 by
torch in float64 with every BatchNorm in evaluation mode, from the formula
weights of the golden models.

    python frozen_batchnorm.py > frozen_batchnorm.json

Fields are named as in those files. adam_losses_lr1e-4 has the loss before and
after one step of Adam on the same batch, scale and shift of BatchNorm trained
with the rest; frozen_affine_losses the same with scale and shift left alone.
"""
import json
import math
import zlib

import numpy as np
import timm
import torch

MODEL, INPUT, TARGETS, CLASSES = "tf_efficientnet_b0", [4, 3, 64, 64], [1, 6, 2, 7], 9


def unit(name, n):
    z = np.uint64(zlib.crc32(name.encode())) * np.uint64(1 << 32) + np.arange(n, dtype=np.uint64)
    z += np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ z >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ z >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    return (z >> np.uint64(11)).astype(np.float64) / 2**53 * 2 - 1


def formula(name, shape):
    u = unit(name, math.prod(shape))
    if name.endswith("running_var"):
        v = 1 + 0.5 * u
    elif name.endswith("running_mean"):
        v = 0.1 * u
    elif len(shape) == 1:
        v = (1 if name.endswith("weight") else 0) + 0.1 * u
    else:
        v = u * math.sqrt(3 / math.prod(shape[1:]))
    return torch.from_numpy(v.astype(np.float32).reshape(shape))


def run(dtype, affine):
    net = timm.create_model(MODEL, num_classes=CLASSES).to(dtype)
    state = {k: v if k.endswith("num_batches_tracked") else formula(k, tuple(v.shape)).to(dtype) for k, v in net.state_dict().items()}
    net.load_state_dict(state)
    net.train()
    for m in net.modules():
        if isinstance(m, torch.nn.BatchNorm2d):
            m.eval()
            for p in m.parameters():
                p.requires_grad_(affine)
    x = torch.from_numpy(unit("input", math.prod(INPUT)).astype(np.float32).reshape(INPUT)).to(dtype)
    y = torch.tensor(TARGETS)
    adam = torch.optim.Adam([p for p in net.parameters() if p.requires_grad], lr=1e-4)
    logits = net(x)
    loss = torch.nn.functional.cross_entropy(logits, y)
    loss.backward()
    grads = {k: p.grad.detach().double().clone() for k, p in net.named_parameters() if p.grad is not None}
    adam.step()
    after = net(x)
    losses = [loss.item(), torch.nn.functional.cross_entropy(after, y).item()]
    return {"logits": logits.detach().double(), "grads": grads, "losses": losses, "after": after.detach().double()}


def relative(a, b):
    return ((a - b).abs().max() / b.abs().max()).item()


a, b = run(torch.float64, True), run(torch.float32, True)
fixed, fixed32 = run(torch.float64, False), run(torch.float32, False)
norm = math.sqrt(sum(g.norm().item() ** 2 for g in a["grads"].values()))
change = lambda p, q: [abs(u - v) / abs(v) for u, v in zip(p, q)]
print(json.dumps({
    "model": MODEL, "source": f"timm {timm.__version__}, torch {torch.__version__}, float64, BatchNorm in evaluation mode", "input": INPUT, "targets": TARGETS,
    "train_logits": a["logits"].tolist(), "train_loss": a["losses"][0], "gradient_global_l2": norm,
    "gradients": {k: {"l2": g.norm().item(), "first4": g.flatten()[:4].tolist()} for k, g in a["grads"].items()},
    "adam_losses_lr1e-4": a["losses"], "frozen_affine_losses": fixed["losses"],
    "float32_deviation": {
        "train_logits": relative(b["logits"], a["logits"]), "train_loss": change(b["losses"], a["losses"])[0],
        "gradient_l2_over_global_l2": max(abs(b["grads"][k].norm().item() - g.norm().item()) / norm for k, g in a["grads"].items()),
        "gradient_first4_over_global_l2": max((b["grads"][k].flatten()[:4] - g.flatten()[:4]).abs().max().item() / norm for k, g in a["grads"].items()),
        "adam_losses_lr1e-4": change(b["losses"], a["losses"]), "frozen_affine_losses": change(fixed32["losses"], fixed["losses"]),
    },
}))
