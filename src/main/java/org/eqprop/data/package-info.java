/**
 * Examples and their sources: reading, validating, slicing and augmenting them. Knows nothing of
 * networks.
 */
@org.jspecify.annotations.NullMarked
package org.eqprop.data;
