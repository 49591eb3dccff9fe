/** Training with or without Spark: TrainingSession, replicas, rounds, averaging, health checks. */
@org.jspecify.annotations.NullMarked
package org.eqprop.spark;
