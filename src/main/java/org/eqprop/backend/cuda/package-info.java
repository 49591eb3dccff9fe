/** NVIDIA's GPUs: the driver, kernels compiled at run time, memory and streams. */
@org.jspecify.annotations.NullMarked
package org.eqprop.backend.cuda;
