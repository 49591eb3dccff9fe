/** Examples and where they come from: read, validate, slice, shuffle. Knows nothing of networks. */
@org.jspecify.annotations.NullMarked
package org.eqprop.data;
