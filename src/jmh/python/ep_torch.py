"""Equilibrium propagation on MNIST in PyTorch, written by hand to be as fast as eager PyTorch is: the peer of submit/bench.

The states of all examples of a batch are rows of matrices. The product of the input, which does not change while the
network relaxes, is computed once per batch; bias, product and state are added in one call (addmm); states are clamped in
place; autograd is off. Needs torch and numpy:

    python3 src/jmh/python/ep_torch.py --epochs 3                  # a dense network, 784-500-10
    python3 src/jmh/python/ep_torch.py --c1 32 --c2 64 --mode evenodd --est centered --beta 0.2 --batch 16 \\
        --t1 10 --lr 0.25,0.1,0.03 --epochs 3                      # two convolutions of 5 x 5 with average pooling
"""

import argparse
import gzip
import pathlib
import time

import numpy as np
import torch
import torch.nn.functional as F

MNIST = pathlib.Path(__file__).resolve().parents[2] / "main" / "resources" / "mnist"


def read_idx(name):
    content = gzip.decompress((MNIST / f"{name}.gz").read_bytes())
    dimensions = content[3]
    shape = [int.from_bytes(content[4 + 4 * i : 8 + 4 * i], "big") for i in range(dimensions)]
    return np.frombuffer(content, np.uint8, offset=4 + 4 * dimensions).reshape(shape)


def read_set(name):
    """Returns images [n, 28, 28] in [0, 1] and classes [n]."""
    images = torch.from_numpy(read_idx(f"{name}-images-idx3-ubyte").astype(np.float32) / 255)
    classes = torch.from_numpy(read_idx(f"{name}-labels-idx1-ubyte").astype(np.int64))
    return images, classes


def uniform(*shape, limit, generator):
    return (torch.rand(*shape, generator=generator) * 2 - 1) * limit


class DenseNetwork:
    """Layers of hard-sigmoid units, joined by weights W[k] of [units below, units above]."""

    def __init__(self, sizes, mode, step_size, generator):
        pairs = list(zip(sizes[:-1], sizes[1:]))
        self.sizes, self.mode, self.step_size = sizes, mode, step_size
        self.W = [uniform(a, b, limit=(6 / (a + b)) ** 0.5, generator=generator) for a, b in pairs]
        self.b = [torch.zeros(b) for _, b in pairs]

    def input_of(self, images):
        return images.reshape(len(images), -1)

    def drive(self, x):
        return torch.addmm(self.b[0], x, self.W[0])

    def zeros(self, examples):
        return [torch.zeros(examples, n) for n in self.sizes[1:]]

    def relax(self, drive, states, steps, y=None, beta=0.0):
        relax = self.relax_synchronously if self.mode == "sync" else self.relax_even_odd
        return relax(drive, states, steps, y, beta)

    def relax_synchronously(self, drive, states, steps, y, beta):
        """All layers move at once, by step_size along the negative gradient of the energy."""
        size, top = self.step_size, len(states) - 1
        for _ in range(steps):
            moved = []
            for k, state in enumerate(states):
                u = drive * size if k == 0 else torch.addmm(self.b[k], states[k - 1], self.W[k]).mul_(size)
                u.add_(state, alpha=1 - size)
                if k < top:
                    u.addmm_(states[k + 1], self.W[k + 1].t(), alpha=size)
                elif beta:
                    u.add_(y - state, alpha=2 * size * beta)
                moved.append(u.clamp_(0, 1))
            states = moved
        return states

    def relax_even_odd(self, drive, states, steps, y, beta):
        """Every second layer jumps to the minimum of the energy given its neighbours, then the others."""
        states, top = list(states), len(states) - 1
        for _ in range(steps):
            for parity in (0, 1):
                for k in range(parity, top + 1, 2):
                    u = drive.clone() if k == 0 else torch.addmm(self.b[k], states[k - 1], self.W[k])
                    if k < top:
                        u.addmm_(states[k + 1], self.W[k + 1].t())
                    elif beta:
                        u.add_(y, alpha=2 * beta).div_(1 + 2 * beta)
                    states[k] = u.clamp_(0, 1)
        return states

    def update(self, x, plus, minus, rates, width):
        """Adds rate / (width · examples) times the difference between the two phases' products."""
        scales = [rate / (width * len(x)) for rate in rates]
        self.W[0].addmm_(x.t(), plus[0] - minus[0], alpha=scales[0])
        self.b[0].add_((plus[0] - minus[0]).sum(0), alpha=scales[0])
        for k in range(1, len(plus)):
            self.W[k].addmm_(plus[k - 1].t(), plus[k], alpha=scales[k])
            self.W[k].addmm_(minus[k - 1].t(), minus[k], alpha=-scales[k])
            self.b[k].add_((plus[k] - minus[k]).sum(0), alpha=scales[k])


AVERAGE = torch.full((1, 1, 2, 2), 0.25)


def fold(kernels):
    """Returns kernels of k + 1 with stride 2 that do what a convolution of k and an average of 2 x 2 do."""
    outputs, inputs, k, _ = kernels.shape
    folded = F.conv2d(kernels.reshape(outputs * inputs, 1, k, k), AVERAGE, padding=1)
    return folded.reshape(outputs, inputs, k + 1, k + 1)


def unfold(gradient):
    """The adjoint of fold: maps a gradient of folded kernels to one of the kernels."""
    outputs, inputs, k, _ = gradient.shape
    return F.conv2d(gradient.reshape(outputs * inputs, 1, k, k), AVERAGE).reshape(outputs, inputs, k - 1, k - 1)


class ConvolutionalNetwork:
    """28 x 28 inputs, two convolutions of 5 x 5 with averages of 2 x 2, and a dense layer of 10 units; even-odd sweeps."""

    def __init__(self, channels, generator):
        c1, c2 = self.channels = channels
        self.flat = 16 * c2
        self.W1 = uniform(c1, 1, 5, 5, limit=0.6 / 5, generator=generator)
        self.W2 = uniform(c2, c1, 5, 5, limit=0.6 / (25 * c1) ** 0.5, generator=generator)
        self.W3 = uniform(self.flat, 10, limit=1.5 / self.flat**0.5, generator=generator)
        self.b1, self.b2, self.b3 = torch.zeros(c1), torch.zeros(c2), torch.zeros(10)

    def input_of(self, images):
        return images.unsqueeze(1)

    def drive(self, x):
        self.folded = fold(self.W2)
        return F.conv2d(x, fold(self.W1), self.b1, stride=2)

    def zeros(self, examples):
        c1, c2 = self.channels
        return [torch.zeros(examples, c1, 12, 12), torch.zeros(examples, c2, 4, 4), torch.zeros(examples, 10)]

    def relax(self, drive, states, steps, y=None, beta=0.0):
        h1, h2, out = states
        shape = (len(drive), self.channels[1], 4, 4)
        for _ in range(steps):
            h1 = F.conv_transpose2d(h2, self.folded, stride=2).add_(drive).clamp_(0, 1)
            out = torch.addmm(self.b3, h2.reshape(len(drive), self.flat), self.W3)
            if beta:
                out.add_(y, alpha=2 * beta).div_(1 + 2 * beta)
            out.clamp_(0, 1)
            h2 = F.conv2d(h1, self.folded, self.b2, stride=2).add_((out @ self.W3.t()).view(shape)).clamp_(0, 1)
        return [h1, h2, out]

    def products(self, x, states):
        h1, h2, out = states
        c1, c2 = self.channels
        first = torch.nn.grad.conv2d_weight(x, (c1, 1, 6, 6), h1, stride=2)
        second = torch.nn.grad.conv2d_weight(h1, (c2, c1, 6, 6), h2, stride=2)
        third = h2.reshape(len(x), self.flat).t() @ out
        biases = [h1.sum((0, 2, 3)), h2.sum((0, 2, 3)), out.sum(0)]
        return [unfold(first), unfold(second), third, *biases]

    def update(self, x, plus, minus, rates, width):
        parameters = [self.W1, self.W2, self.W3, self.b1, self.b2, self.b3]
        differences = zip(self.products(x, plus), self.products(x, minus))
        for parameter, (p, m), rate in zip(parameters, differences, rates + rates):
            parameter.add_((p - m) / (width * len(x)), alpha=rate)


def train_batch(network, x, y, options, rates):
    """Changes the weights by the gradient estimate of one batch; returns the outputs of the free phase."""
    drive = network.drive(x)
    free = network.relax(drive, network.zeros(len(x)), options.t1)
    if options.est == "centered":
        plus = network.relax(drive, free, options.t2, y, options.beta)
        minus = network.relax(drive, free, options.t2, y, -options.beta)
        network.update(x, plus, minus, rates, 2 * options.beta)
    else:
        beta = -options.beta if options.est == "random" and np.random.rand() < 0.5 else options.beta
        network.update(x, network.relax(drive, free, options.t2, y, beta), free, rates, beta)
    return free[-1]


def error_rate(network, images, classes, steps):
    wrong = 0
    for i in range(0, len(images), 500):
        x = network.input_of(images[i : i + 500])
        outputs = network.relax(network.drive(x), network.zeros(len(x)), steps)[-1]
        wrong += (outputs.argmax(1) != classes[i : i + 500]).sum().item()
    return wrong / len(images)


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hidden", default="500", help="units of the hidden layers, comma-separated")
    parser.add_argument("--c1", type=int, help="channels of the first convolution: trains convolutions, not --hidden")
    parser.add_argument("--c2", type=int, default=64, help="channels of the second convolution")
    parser.add_argument("--mode", default="sync", choices=["sync", "evenodd"])
    parser.add_argument("--t1", type=int, default=20, help="steps of the free phase")
    parser.add_argument("--t2", type=int, default=4, help="steps of the nudged phase")
    parser.add_argument("--eps", type=float, default=0.5, help="step size of mode sync")
    parser.add_argument("--est", default="random", choices=["one-sided", "random", "centered"])
    parser.add_argument("--beta", type=float, default=0.5)
    parser.add_argument("--batch", type=int, default=20)
    parser.add_argument("--lr", default="0.1,0.05", help="learning rate of each layer, comma-separated")
    parser.add_argument("--decay", type=float, default=1.0, help="factor of the learning rates per epoch")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--n", type=int, default=60_000, help="images per epoch")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--speed", action="store_true", help="measure no errors, only images/s")
    options = parser.parse_args()
    if options.c1 and (options.mode, options.est) != ("evenodd", "centered"):
        parser.error("convolutions need --mode evenodd --est centered")
    return options


def main():
    options = parse()
    torch.set_num_threads(options.threads)
    torch.set_grad_enabled(False)
    np.random.seed(options.seed)
    generator = torch.Generator().manual_seed(options.seed)
    images, classes = read_set("train")
    targets = torch.eye(10)[classes]
    if options.c1:
        network = ConvolutionalNetwork((options.c1, options.c2), generator)
    else:
        sizes = [784, *map(int, options.hidden.split(",")), 10]
        network = DenseNetwork(sizes, options.mode, options.eps, generator)
    inputs = network.input_of(images)
    rates = [float(rate) for rate in options.lr.split(",")]
    for epoch in range(options.epochs):
        order = torch.randperm(len(images), generator=generator)[: options.n]
        wrong, start = 0, time.perf_counter()
        for i in range(0, options.n - options.batch + 1, options.batch):
            batch = order[i : i + options.batch]
            outputs = train_batch(network, inputs[batch], targets[batch], options, rates)
            if not options.speed:
                wrong += (outputs.argmax(1) != classes[batch]).sum().item()
        line = f"epoch {epoch + 1} {options.n / (time.perf_counter() - start):.0f} img/s"
        if not options.speed:
            test = error_rate(network, *read_set("t10k"), options.t1)
            line += f" train {wrong / options.n:.2%} test {test:.2%}"
        print(line, flush=True)
        rates = [rate * options.decay for rate in rates]


if __name__ == "__main__":
    main()
