package org.eqprop.dynamics;

/**
 * How a phase ended.
 *
 * @param steps steps or sweeps taken
 * @param residual the largest move, in the last step, of any unit that was still relaxing; NaN if
 *     no tolerance is set
 */
public record Convergence(int steps, double residual) {}
