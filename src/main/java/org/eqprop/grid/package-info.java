/**
 * Hyperparameter grids: many trainings, spread over the executors, each on as many cores as it has
 * replicas, usually one.
 */
@org.jspecify.annotations.NullMarked
package org.eqprop.grid;
