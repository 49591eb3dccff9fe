/** ND4J operations alone, on whatever ND4J runs on. */
@org.jspecify.annotations.NullMarked
package org.eqprop.backend.nd4j;
