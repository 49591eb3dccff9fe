/**
 * Layers, ranges, links and costs: the physics, free of any dynamics; and how parameters lie in
 * memory.
 */
@org.jspecify.annotations.NullMarked
package org.eqprop.network;
