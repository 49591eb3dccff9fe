/** The Spark driver's loop, the replicas' task, and parameter averaging. */
@org.jspecify.annotations.NullMarked
package org.eqprop.spark;
