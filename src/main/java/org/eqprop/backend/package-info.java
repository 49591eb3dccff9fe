/** What computes: the backends and who may use which. */
@org.jspecify.annotations.NullMarked
package org.eqprop.backend;
