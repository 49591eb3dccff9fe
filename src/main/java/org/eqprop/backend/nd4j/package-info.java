/** A backend of ND4J operations only, on whatever hardware ND4J runs on. */
@org.jspecify.annotations.NullMarked
package org.eqprop.backend.nd4j;
