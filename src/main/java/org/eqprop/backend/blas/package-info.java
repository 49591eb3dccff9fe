/** OpenBLAS called directly on the CPU, and fused loops. */
@org.jspecify.annotations.NullMarked
package org.eqprop.backend.blas;
