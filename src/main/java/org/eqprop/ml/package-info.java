/**
 * Equilibrium propagation as a stage of Spark ML's pipelines: an estimator that trains on the rows
 * of a DataFrame, where they are, and a model that classifies them in batches.
 */
@NullMarked
package org.eqprop.ml;

import org.jspecify.annotations.NullMarked;
