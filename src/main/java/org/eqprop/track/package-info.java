/** Reports a training to other tools while it runs: Spark's metrics, TensorBoard, MLflow. */
@org.jspecify.annotations.NullMarked
package org.eqprop.track;
