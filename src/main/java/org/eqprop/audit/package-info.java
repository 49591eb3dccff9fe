/**
 * How good the estimates of the gradient are: layer by layer beside the exact gradient and beside
 * backpropagation through the unrolled phases.
 */
@org.jspecify.annotations.NullMarked
package org.eqprop.audit;
