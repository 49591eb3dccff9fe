package org.eqprop.dynamics;

/**
 * How a phase ended.
 *
 * @param steps steps or sweeps taken
 * @param residual the largest move of any unit that relaxed in the last step; NaN where no
 *     tolerance asked for it
 */
public record Convergence(int steps, double residual) {}
