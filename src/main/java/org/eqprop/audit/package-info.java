/**
 * Audits the estimates of the gradient: compares them, layer by layer, with the exact gradient and
 * with backpropagation through the unrolled phases.
 */
@org.jspecify.annotations.NullMarked
package org.eqprop.audit;
