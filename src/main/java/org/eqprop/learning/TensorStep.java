package org.eqprop.learning;

/**
 * The elements that an {@link Updater} moves in one step, and how far.
 *
 * @param from first element of the tensor
 * @param to one past its last
 * @param rate α, ≥ 0
 * @param decay λ, ≥ 0; 0 for biases
 */
public record TensorStep(int from, int to, double rate, double decay) {}
