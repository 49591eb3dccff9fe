/** Network, parameters, energy and cost: the physics, free of any dynamics. */
@org.jspecify.annotations.NullMarked
package org.eqprop.network;
