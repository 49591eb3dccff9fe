/** Hyperparameter grids: many trainings, each whole on one core, spread over the executors. */
@org.jspecify.annotations.NullMarked
package org.eqprop.grid;
