/** A run's folder: checkpoints, metrics, figures, and what writes them. */
@org.jspecify.annotations.NullMarked
package org.eqprop.run;
