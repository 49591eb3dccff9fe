"""Makes golden vectors for the relaxers: float64 results that share no code with the Java implementation.

Usage:  make_golden.py OUT_FOLDER RNG_SEED N_0 N_1 ... N_L      (python 3 with numpy)
Writes: OUT_FOLDER/sweeps-N_0-...-N_L-seed-RNG_SEED.json

States s_1 .. s_L are lists of matrices [batch x n_k]; s_0 = x is clamped. The definitions, which the code follows literally:

    E(s)   = 1/2 sum_k |s_k|^2 - sum_k <b_k, s_k> - sum_k <s_{k-1} W_k, s_k>          per example
    C(s)   = |s_L - y|^2,   F = E + beta C
    synchronous step   s_k <- clip(s_k - epsilon dF/ds_k)   all layers from the old states
    even-odd sweep     s_k <- the minimum of F over s_k in [0, 1], for k = 1, 3, ... and then for k = 2, 4, ...
    gradients          (dE/dtheta at one equilibrium - dE/dtheta at another) / scale, means over the batch, states fixed

There are no formulas for dF/ds_k and dE/dtheta: they are derivatives of F and E by complex steps, exact to rounding. The
minimum over a layer is found from F itself, too: F is quadratic in s_k without cross terms, so the derivatives at 0 and
at 1 determine it. "lossGradient" is the derivative of the mean cost after 2000 synchronous steps, by complex steps through
all of them. So no formula of the Java implementation is repeated here.

From the notebook's own golden vectors it computes the notebook's results, to 1e-14. A seed is good if both lines that it
prints say about 1e-7: otherwise a unit is at a bound of its range, or the steps do not converge.

The file has the fields of the notebook's golden vectors (synchronous steps), and the same again for even-odd sweeps under
"evenOdd", with a beta for which F has a minimum for nudges of both signs.
"""
import json
import sys

import numpy as np

BATCH = 4
STEP = 1e-30  # size of the complex step: no difference is taken, so it can be this small


def clip(z):
    """Clips the real part to [0, 1]; where it is clipped the derivative is 0."""
    return np.where(z.real <= 0, 0, np.where(z.real >= 1, 1, z))


class Network:
    def __init__(self, weights, biases, x, labels):
        self.weights, self.biases, self.x = weights, biases, x
        self.y = np.zeros((len(labels), biases[-1].shape[-1]))
        self.y[np.arange(len(labels)), labels] = 1

    def energy(self, states):
        """E of each example."""
        layers = [self.x] + states
        total = 0.5 * sum((s * s).sum(-1) for s in layers)
        for w, b, below, above in zip(self.weights, self.biases, layers, layers[1:]):
            total = total - (b * above).sum(-1) - ((below @ w) * above).sum(-1)
        return total

    def cost(self, states):
        """C of each example."""
        return ((states[-1] - self.y) ** 2).sum(-1)

    def total(self, states, beta):
        return self.energy(states) + beta * self.cost(states)

    def slope(self, states, k, beta):
        """dF/ds_k, k from 0: one complex step per unit of the layer."""
        result = np.empty(states[k].shape)
        for j in range(states[k].shape[1]):
            moved = [s.astype(complex) for s in states]
            moved[k][:, j] += 1j * STEP
            result[:, j] = self.total(moved, beta).imag / STEP
        return result

    def zeros(self):
        return [np.zeros((len(self.x), b.shape[-1])) for b in self.biases]

    def step(self, states, epsilon, beta):
        return [clip(s - epsilon * self.slope(states, k, beta)).real for k, s in enumerate(states)]

    def sweep(self, states, beta):
        states = list(states)
        depth = len(states)
        for k in list(range(0, depth, 2)) + list(range(1, depth, 2)):  # layers 1, 3, ... and then 2, 4, ...
            at = [states[:k] + [np.full_like(states[k], value)] + states[k + 1:] for value in (0.0, 1.0)]
            at_zero, at_one = (self.slope(s, k, beta) for s in at)
            states[k] = clip(-at_zero / (at_one - at_zero)).real
        return states

    def relax(self, start, move, count):
        states = start
        for _ in range(count):
            states = move(states)
        return states


def theta_gradient(network, states):
    """Gradient of the mean energy with respect to weights and biases, states fixed: one complex step per parameter."""
    def of(parameters):
        result = []
        for p in parameters:
            g = np.empty(p.shape)
            for i in np.ndindex(p.shape):
                old = p[i]
                p[i] = old + 1j * STEP
                g[i] = network.energy(states).mean().imag / STEP
                p[i] = old
            result.append(g)
        return result
    real = network.weights, network.biases
    network.weights = [w.astype(complex) for w in real[0]]
    network.biases = [b.astype(complex) for b in real[1]]
    gradient = of(network.weights), of(network.biases)
    network.weights, network.biases = real
    return gradient


def contrast(network, plus, minus, scale):
    a, b = theta_gradient(network, plus), theta_gradient(network, minus)
    weights, biases = ([(p - m) / scale for p, m in zip(*pair)] for pair in zip(a, b))
    return {'weights': lists(weights), 'biases': lists(biases)}


def loss_gradient(network, epsilon, steps=2000):
    """Gradient of the mean cost at the free equilibrium, through all steps, for all parameters at once."""
    parameters = network.weights + network.biases
    count = sum(p.size for p in parameters)
    copies, at = [], 0
    for p in parameters:  # one copy of the network per parameter, with that parameter moved
        copy = np.repeat(p[None].astype(complex), count, 0)
        copy.reshape(count, -1)[np.arange(at, at + p.size), np.arange(p.size)] += 1j * STEP
        copies.append(copy)
        at += p.size
    depth = len(network.weights)
    w, b = copies[:depth], copies[depth:]
    drive = network.x @ w[0] + b[0][:, None, :]
    s = [np.zeros((count, len(network.x), n.shape[-1]), complex) for n in b]
    for _ in range(steps):
        fields = [drive if k == 0 else s[k - 1] @ w[k] + b[k][:, None, :] for k in range(depth)]
        for k in range(depth - 1):
            fields[k] = fields[k] + s[k + 1] @ w[k + 1].transpose(0, 2, 1)
        s = [clip(state + epsilon * (field - state)) for state, field in zip(s, fields)]
    flat = ((s[-1] - network.y) ** 2).sum(-1).mean(-1).imag / STEP
    result, at = [], 0
    for p in parameters:
        result.append(flat[at:at + p.size].reshape(p.shape))
        at += p.size
    return {'weights': lists(result[:depth]), 'biases': lists(result[depth:])}


def lists(arrays):
    return [np.asarray(a).real.tolist() for a in arrays]


def measured(network, states):
    return {'states': lists(states), 'energy': network.energy(states).tolist(),
            'cost': network.cost(states).tolist()}


def phases(network, move, beta, free_counts, free_steps, nudged_steps):
    """Both phases with one schedule: move(states, beta) is a step or a sweep."""
    free_at = {n: network.relax(network.zeros(), lambda s: move(s, 0), n) for n in free_counts}
    free = free_at[free_steps]
    nudge = lambda start, b, n=nudged_steps: network.relax(start, lambda s: move(s, b), n)
    signs = (('+', beta), ('-', -beta))
    from_zeros = {sign: nudge(network.zeros(), b) for sign, b in signs}
    from_free = {sign: nudge(free, b) for sign, b in signs}
    gradients = {}
    for name, nudged in (('nudgedFromZeros', from_zeros), ('nudgedFromFree', from_free)):
        for sign, b in signs:
            gradients[name + sign] = contrast(network, nudged[sign], free, b)
    gradients['centered'] = contrast(network, from_free['+'], from_free['-'], 2 * beta)
    equilibrium = network.relax(free, lambda s: move(s, 0), 500)
    gradients['centered,beta=1e-4,500 steps'] = contrast(
        network, nudge(equilibrium, 1e-4, 500), nudge(equilibrium, -1e-4, 500), 2e-4)
    return {
        'free': {str(n): measured(network, s) for n, s in free_at.items()},
        'nudgedFromZeros': {sign: lists(s) for sign, s in from_zeros.items()},
        'nudgedFromFree': {sign: lists(s) for sign, s in from_free.items()},
        'gradients': gradients}


def main(out, seed, *sizes):
    rng = np.random.default_rng(int(seed))
    sizes = [int(n) for n in sizes]
    weights = [rng.uniform(-1, 1, (a, b)) * (6 / (a + b)) ** .5 for a, b in zip(sizes, sizes[1:])]
    biases = [(rng.random(n) - .5) * .4 + .15 for n in sizes[1:]]
    x = rng.random((BATCH, sizes[0]))
    labels = rng.integers(0, sizes[-1], BATCH)
    network = Network(weights, biases, x, labels)
    epsilon, beta, free_steps, nudged_steps = .5, .5, 20, 4
    sweep_beta, free_sweeps, nudged_sweeps = .3, 5, 3

    # Half of the labels are the network's predictions, so that errors and correct answers both occur.
    free = network.relax(network.zeros(), lambda s: network.step(s, epsilon, 0), free_steps)
    predicted = free[-1].argmax(1)
    labels[::2] = predicted[::2]
    network = Network(weights, biases, x, labels)

    # The notebook's energy clips the states that it is given; its cost does not.
    probe = [rng.random((BATCH, n)) * 2 - .5 for n in sizes[1:]]
    inside, outside = network.energy([clip(s) for s in probe]), network.cost(probe)
    document = dict(
        tool=f'numpy {np.__version__}, float64, make_golden.py', sizes=sizes, epsilon=epsilon, beta=beta,
        freeSteps=free_steps, nudgedSteps=nudged_steps, weights=lists(weights), biases=lists(biases), x=x.tolist(),
        labels=labels.tolist(),
        probe=dict(states=lists(probe), energy=inside.tolist(), cost=outside.tolist(),
                   totalEnergy=(inside + beta * outside).tolist()),
        predict=predicted.tolist(),
        measure=dict(energy=network.energy(free).mean(), cost=network.cost(free).mean(),
                     errorRate=float((predicted != labels).mean())),
        lossGradient=loss_gradient(network, epsilon))
    document |= phases(network, lambda s, b: network.step(s, epsilon, b), beta, (1, 2, 5, 20), free_steps, nudged_steps)
    document['evenOdd'] = dict(
        beta=sweep_beta, freeSweeps=free_sweeps, nudgedSweeps=nudged_sweeps,
        **phases(network, network.sweep, sweep_beta, (1, 2, 5), free_sweeps, nudged_sweeps))

    truth = document['lossGradient']
    for schedule, gradients in (('synchronous', document['gradients']), ('even-odd', document['evenOdd']['gradients'])):
        estimate = gradients.pop('centered,beta=1e-4,500 steps')
        errors = [np.linalg.norm(np.subtract(a, b)) / np.linalg.norm(b)
                  for kind in ('weights', 'biases') for a, b in zip(estimate[kind], truth[kind])]
        print(f'{schedule}: centered estimate at beta 1e-4 against the loss gradient, relative: {max(errors):.1e}')
    name = f"{out}/sweeps-{'-'.join(map(str, sizes))}-seed-{seed}.json"
    with open(name, 'w', encoding='utf-8') as file:
        json.dump(document, file, separators=(',', ':'))
        file.write('\n')
    print(name)


main(*sys.argv[1:])
