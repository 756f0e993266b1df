"""Writes focal.json: focal losses and their gradients by torch in float64.

    python focal.py > focal.json

The rows of two classes [0, z] are those of torchvision.ops.sigmoid_focal_loss
at z; the others are equation 5 of Lin et al. (2017) written with log_softmax
and differentiated by autograd.
"""
import json

import torch
import torchvision

torch.set_default_dtype(torch.float64)
torch.manual_seed(0)


def focal(logits, targets, weights, gamma):
    logp = torch.log_softmax(logits, 1)
    terms = -(1 - logp.exp()) ** gamma * logp * targets
    return (weights * terms.sum(1)).sum() / weights.sum()


def case(name, logits, targets, weights, gamma, loss=None):
    logits = logits.clone().requires_grad_(True)
    value = focal(logits, targets, weights, gamma) if loss is None else loss(logits)
    (grad,) = torch.autograd.grad(value, logits)
    return {"name": name, "gamma": gamma, "classes": logits.shape[1], "logits": logits.flatten().tolist(), "targets": targets.flatten().tolist(),
            "weights": weights.tolist(), "loss": value.item(), "gradient": grad.flatten().tolist()}


def binary(gamma, alpha):
    z = 3 * torch.randn(6)
    hit = torch.tensor([1.0, 0, 1, 0, 0, 1])
    factor = torch.where(hit > 0, alpha, 1 - alpha)
    targets = torch.stack([(1 - hit) * factor, hit * factor], 1)
    vision = lambda x: torchvision.ops.sigmoid_focal_loss(x[:, 1] - x[:, 0], hit, alpha=alpha, gamma=gamma, reduction="mean")
    return case(f"torchvision's two classes, gamma {gamma}, alpha {alpha}", torch.stack([torch.zeros(6), z], 1), targets, torch.ones(6), gamma, vision)


def cases():
    yield binary(2.0, 0.25)
    yield binary(1.0, 0.6)
    one_hot = torch.eye(7)[torch.tensor([0, 3, 3, 6, 1])]
    logits = 4 * torch.randn(5, 7)
    weights = torch.tensor([1.0, 0.3, 2.5, 0.0, 1.2])
    alpha = torch.tensor([0.2, 1.0, 0.5, 3.0, 1.0, 0.1, 0.7])
    for gamma in (0.0, 0.5, 1.0, 2.0, 5.0):
        yield case(f"seven classes, gamma {gamma}", logits, one_hot, weights, gamma)
    yield case("seven classes with alpha", logits, one_hot * alpha, weights, 2.0)
    yield case("seven classes with smoothed targets", logits, 0.9 * one_hot + 0.1 / 7, weights, 2.0)
    yield case("logits far apart", 12 * torch.randn(5, 7), one_hot, weights, 1.5)


print(json.dumps({"torch": torch.__version__, "torchvision": torchvision.__version__, "cases": list(cases())}))
