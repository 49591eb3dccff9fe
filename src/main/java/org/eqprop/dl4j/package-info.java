/** Equilibrium propagation in DL4J: the network as an output layer. */
@org.jspecify.annotations.NullMarked
package org.eqprop.dl4j;
