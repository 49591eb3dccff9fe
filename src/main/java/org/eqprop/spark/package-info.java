/** Training, on Spark or without: TrainingSession, replicas, rounds, averaging, health. */
@org.jspecify.annotations.NullMarked
package org.eqprop.spark;
