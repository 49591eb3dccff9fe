/**
 * Layers, ranges, links and costs: the physics without the dynamics; and the layout of parameters
 * in memory.
 */
@org.jspecify.annotations.NullMarked
package org.eqprop.network;
