"""Makes golden vectors for convolutions: float64 results of PyTorch that share no code with the Java implementation.

Usage:  make_convolutions.py RESOURCES_FOLDER      (python 3 with torch)
Writes: RESOURCES_FOLDER/convolutions.json                   single links: their map, its adjoint, its gradient
        RESOURCES_FOLDER/golden/convolutions-average.json    whole networks, with the fields of make_golden.py
        RESOURCES_FOLDER/golden/convolutions-max.json

A link is conv2d and then avg_pool2d or max_pool2d. Layers are [channels x height x width], flat and row-major in the files.

    E(s)   = 1/2 sum_k |s_k|^2 - sum_k <b_k, s_k> - sum_k <A_k(s_{k-1}), s_k>         per example; one bias per channel
    C(s)   = |s_L - y|^2,   F = E + beta C
    synchronous step   s_k <- clip(s_k - epsilon dF/ds_k)   all layers from the old states
    even-odd sweep     s_k <- clip(s_k - dF/ds_k / d2F/ds_k2), for k = 1, 3, ... and then for k = 2, 4, ...

All derivatives are computed by autograd from E and F as written here. "lossGradient" is the derivative of the mean cost after
500 synchronous steps, through all of them. A seed is good if all lines that it prints say about 1e-7: otherwise a unit is at a
bound, two sums are about equal, or the steps do not converge.
"""
import json
import sys

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
BATCH = 3
EPSILON = 0.4
CONVERGED = 500

LINKS = [  # input, channels, kernel, stride, padding, pooling, pool
    ((2, 4, 5), 3, 3, 1, 0, "none", 1),
    ((1, 5, 4), 2, 3, 2, 1, "none", 1),  # the padding on the right is not used
    ((2, 6, 5), 2, 2, 1, 0, "average", 2),  # a row is left out
    ((1, 7, 8), 2, 3, 2, 2, "average", 2),
    ((2, 5, 6), 2, 2, 1, 1, "max", 2),
    ((1, 9, 7), 2, 3, 2, 1, "max", 3),  # 5 x 4 sums, of which only 3 x 3 count
]
NETWORKS = {
    "average": ((2, 7, 6), [(3, 3, 1, 1, "average", 2), (4, 2, 2, 1, "none", 1)], 4),
    "max": ((1, 9, 8), [(3, 3, 1, 0, "max", 2), (4, 2, 1, 1, "max", 2)], 4),
}
SEEDS = {"average": 7, "max": 29}


def link_of(stride, padding, pooling, pool):
    def apply(w, s):
        sums = F.conv2d(s, w, stride=stride, padding=padding)
        return {"none": lambda z, _: z, "average": F.avg_pool2d, "max": F.max_pool2d}[pooling](sums, pool)
    return apply


def rounded(*shape):
    return torch.randn(*shape).mul(100).round().div(100)


def link_case(shape, channels, kernel, stride, padding, pooling, pool):
    a = link_of(stride, padding, pooling, pool)
    w, at, below = rounded(channels, shape[0], kernel, kernel), rounded(1, *shape), rounded(1, *shape)
    value = a(w, at)
    above = rounded(*value.shape)
    linear = lambda weight, s: torch.func.jvp(lambda x: a(weight, x), (at,), (s,))[1]
    sent = lambda weight: (above * linear(weight, below)).sum()
    return dict(
        input=list(shape), channels=channels, kernel=kernel, stride=stride, padding=padding, pooling=pooling, pool=pool,
        weight=flat(w), at=flat(at), below=flat(below), above=flat(above),
        value=flat(value), up=flat(linear(w, below)),
        down=flat(torch.func.vjp(lambda x: a(w, x), at)[1](above)[0]),
        gradient=flat(torch.func.grad(sent)(w)))


def flat(tensor):
    return tensor.detach().reshape(-1).tolist()


def rows(layers):
    return [s.detach().reshape(len(s), -1).tolist() for s in layers]


class Network:
    def __init__(self, shape, links, outputs):
        self.maps, self.shapes, self.weights, self.biases = [], [], [], []
        x = torch.rand(BATCH, *shape)
        below = x
        for channels, kernel, stride, padding, pooling, pool in links:
            a = link_of(stride, padding, pooling, pool)
            w = (torch.rand(channels, below.shape[1], kernel, kernel) * 2 - 1) * 1.2 / (below.shape[1] * kernel**2) ** .5
            below = a(w, below)
            self.add(a, w, below.shape[1:])
        size = below[0].numel()
        w = (torch.rand(size, outputs) * 2 - 1) * (3 / (size + outputs)) ** .5
        self.add(lambda w, s: s.reshape(len(s), -1) @ w, w, (outputs,))
        self.x = x
        self.set_labels(torch.randint(outputs, (BATCH,)))

    def add(self, a, w, shape):
        self.maps.append(a)
        self.weights.append(w)
        self.shapes.append(tuple(shape))
        self.biases.append((torch.rand(shape[0]) - .2) * .4)

    def set_labels(self, labels):
        self.labels, self.y = labels, F.one_hot(labels, self.shapes[-1][0]).double()

    def energy(self, states):
        """E of each example."""
        layers = [self.x] + states
        total = sum((s * s).reshape(BATCH, -1).sum(1) for s in layers) / 2
        for a, w, b, below, above in zip(self.maps, self.weights, self.biases, layers, layers[1:]):
            field = a(w, below) + b.reshape(-1, *[1] * (above.dim() - 2))
            total = total - (field * above).reshape(BATCH, -1).sum(1)
        return total

    def cost(self, states):
        """C of each example."""
        return ((states[-1] - self.y) ** 2).sum(1)

    def total(self, states, beta):
        return (self.energy(states) + beta * self.cost(states)).sum()

    def zeros(self):
        return [torch.zeros(BATCH, *shape) for shape in self.shapes]

    def step(self, states, beta):
        at = [s if s.requires_grad else s.clone().requires_grad_() for s in states]
        slopes = torch.autograd.grad(self.total(at, beta), at, create_graph=True)
        return [(s - EPSILON * slope).clamp(0, 1) for s, slope in zip(at, slopes)]

    def sweep(self, states, beta):
        states = [s.detach() for s in states]
        for k in list(range(0, len(states), 2)) + list(range(1, len(states), 2)):  # layers 1, 3, ... and then 2, 4, ...
            s = states[k].clone().requires_grad_()
            at = states[:k] + [s] + states[k + 1:]
            slope, = torch.autograd.grad(self.total(at, beta), s, create_graph=True)
            curvature, = torch.autograd.grad(slope.sum(), s)  # F has no cross terms within a layer
            states[k] = (s - slope / curvature).clamp(0, 1).detach()
        return states

    def relax(self, start, move, count, beta):
        states = start
        for _ in range(count):
            states = [s.detach() for s in move(states, beta)]
        return states

    def gradients(self, value):
        """Gradients of a function of the network with respect to weights and biases."""
        parameters = self.weights + self.biases
        for p in parameters:
            p.requires_grad_()
        result = torch.autograd.grad(value(), parameters)
        for p in parameters:
            p.requires_grad_(False)
        return result

    def named(self, gradients):
        depth = len(self.weights)
        return {"weights": [flat(g) for g in gradients[:depth]], "biases": [flat(g) for g in gradients[depth:]]}

    def contrast(self, plus, minus, scale):
        by = [self.gradients(lambda: self.energy(s).mean()) for s in (plus, minus)]
        return [(p - m) / scale for p, m in zip(*by)]

    def loss_gradient(self):
        def cost():
            states = self.zeros()
            for _ in range(CONVERGED):
                states = self.step(states, 0)
            return self.cost(states).mean()
        return self.gradients(cost)


def phases(network, move, beta, free_counts, free_steps, nudged_steps, truth):
    """Both phases with one schedule."""
    free_at = {n: network.relax(network.zeros(), move, n, 0) for n in free_counts}
    free = free_at[free_steps]
    signs = (("+", beta), ("-", -beta))
    from_zeros = {sign: network.relax(network.zeros(), move, nudged_steps, b) for sign, b in signs}
    from_free = {sign: network.relax(free, move, nudged_steps, b) for sign, b in signs}
    gradients = {}
    for name, nudged in (("nudgedFromZeros", from_zeros), ("nudgedFromFree", from_free)):
        for sign, b in signs:
            gradients[name + sign] = network.named(network.contrast(nudged[sign], free, b))
    gradients["centered"] = network.named(network.contrast(from_free["+"], from_free["-"], 2 * beta))
    equilibrium = network.relax(free, move, CONVERGED, 0)
    nudged = [network.relax(equilibrium, move, CONVERGED, b) for b in (1e-4, -1e-4)]
    errors = [(a - b).norm() / b.norm() for a, b in zip(network.contrast(*nudged, 2e-4), truth)]
    print(f"{move.__name__}: centered estimate at beta 1e-4 against the loss gradient, relative: {max(errors):.1e}")
    return {
        "free": {str(n): dict(states=rows(s), energy=network.energy(s).tolist(), cost=network.cost(s).tolist())
                 for n, s in free_at.items()},
        "nudgedFromZeros": {sign: rows(s) for sign, s in from_zeros.items()},
        "nudgedFromFree": {sign: rows(s) for sign, s in from_free.items()},
        "gradients": gradients}


def golden(name, shape, links, outputs):
    torch.manual_seed(SEEDS[name])
    network = Network(shape, links, outputs)
    beta, free_steps, nudged_steps = .5, 20, 4
    sweep_beta, free_sweeps, nudged_sweeps = .3, 5, 3

    # Some of the labels are the network's predictions, so that errors and correct answers both occur.
    free = network.relax(network.zeros(), network.step, free_steps, 0)
    predicted = free[-1].argmax(1)
    labels = (predicted + 1) % outputs
    labels[::2] = predicted[::2]
    network.set_labels(labels)
    for s in free:
        print(f"{name}: {(s == 0).double().mean():.0%} at 0, {(s == 1).double().mean():.0%} at 1", end=", ")
    print()

    truth = network.loss_gradient()
    keys = ("channels", "kernel", "stride", "padding", "pooling", "pool")
    return dict(
        tool=f"torch {torch.__version__}, float64, make_convolutions.py",
        input=list(shape), layers=[dict(zip(keys, link)) for link in links] + [dict(units=outputs)],
        epsilon=EPSILON, beta=beta, freeSteps=free_steps, nudgedSteps=nudged_steps,
        **network.named(network.weights + network.biases), x=rows([network.x])[0], labels=labels.tolist(),
        predict=predicted.tolist(),
        measure=dict(energy=network.energy(free).mean().item(), cost=network.cost(free).mean().item(),
                     errorRate=(predicted != labels).double().mean().item()),
        lossGradient=network.named(truth),
        **phases(network, network.step, beta, (1, 2, 5, 20), free_steps, nudged_steps, truth),
        evenOdd=dict(
            beta=sweep_beta, freeSweeps=free_sweeps, nudgedSweeps=nudged_sweeps,
            **phases(network, network.sweep, sweep_beta, (1, 2, 5), free_sweeps, nudged_sweeps, truth)))


def write(file, document):
    with open(file, "w", encoding="utf-8") as out:
        json.dump(document, out, separators=(",", ":"))
        out.write("\n")
    print(file)


def main(folder):
    torch.manual_seed(1)
    write(f"{folder}/convolutions.json", [link_case(*link) for link in LINKS])
    for name, (shape, links, outputs) in NETWORKS.items():
        write(f"{folder}/golden/convolutions-{name}.json", golden(name, shape, links, outputs))


main(*sys.argv[1:])
