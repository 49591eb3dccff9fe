package org.eqprop.track;

/**
 * A value of a metric, in the form of MLflow's {@code log-batch}.
 *
 * @param value a finite number
 * @param timestamp milliseconds since 1970
 * @param step the epoch
 */
record MlflowMetric(String key, double value, long timestamp, long step) {}
