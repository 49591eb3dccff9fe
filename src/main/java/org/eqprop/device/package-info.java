/**
 * Models of the devices that imperfect hardware is made of: what its synapses can hold, how they
 * are read and written, and the noise of its neurons.
 */
@org.jspecify.annotations.NullMarked
package org.eqprop.device;
