"""Makes golden vectors for the updaters: the float64 results of PyTorch's own optimizers.

Usage:  make_updaters.py OUT_FILE      (python 3 with torch)

Each case has the names and values of a configuration's training.updater. All cases share the initial weights, and in every
step the gradient and the learning rate, which changes from step to step. "after" has the weights after each step. Some
gradients are zero, and some are so small that Adam's epsilon counts.
"""
import json
import sys

import torch

STEPS = 7
WEIGHTS = 8
CASES = [
    dict(kind="sgd", weightDecay=0.0),
    dict(kind="sgd", weightDecay=0.05),
    dict(kind="momentum", momentum=0.9, weightDecay=0.0),
    dict(kind="momentum", momentum=0.5, weightDecay=0.05),
    dict(kind="nesterov", momentum=0.9, weightDecay=0.0),
    dict(kind="nesterov", momentum=0.5, weightDecay=0.05),
    dict(kind="adam", beta1=0.9, beta2=0.999, epsilon=1e-8, weightDecay=0.0),
    dict(kind="adam", beta1=0.5, beta2=0.75, epsilon=1e-3, weightDecay=0.0),
    dict(kind="adam", beta1=0.9, beta2=0.999, epsilon=1e-8, weightDecay=0.1),
]


def optimizer(case, weights):
    decay = case["weightDecay"]
    if case["kind"] == "adam":
        betas = (case["beta1"], case["beta2"])
        if decay == 0:
            return torch.optim.Adam([weights], betas=betas, eps=case["epsilon"])
        return torch.optim.AdamW([weights], betas=betas, eps=case["epsilon"], weight_decay=decay)
    return torch.optim.SGD(
        [weights],
        lr=1.0,
        momentum=case.get("momentum", 0.0),
        nesterov=case["kind"] == "nesterov",
        weight_decay=decay,
    )


def run(case, start, gradients, rates):
    weights = start.clone().requires_grad_()
    stepper = optimizer(case, weights)
    after = []
    for gradient, rate in zip(gradients, rates):
        stepper.param_groups[0]["lr"] = rate
        weights.grad = gradient.clone()
        stepper.step()
        after.append(weights.detach().tolist())
    return {**case, "after": after}


def main(file):
    torch.manual_seed(1)
    start = torch.randn(WEIGHTS, dtype=torch.float64)
    gradients = torch.randn(STEPS, WEIGHTS, dtype=torch.float64)
    gradients[:, 0] = 0
    gradients[:, 1] *= 1e-8
    gradients[:, 2] *= 100
    rates = [0.1 * 0.7**step for step in range(STEPS)]
    golden = {
        "torch": torch.__version__,
        "start": start.tolist(),
        "gradients": gradients.tolist(),
        "rates": rates,
        "cases": [run(case, start, gradients, rates) for case in CASES],
    }
    with open(file, "w") as out:
        json.dump(golden, out, indent=1)
        out.write("\n")


if __name__ == "__main__":
    main(sys.argv[1])
