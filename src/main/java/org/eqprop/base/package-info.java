/** Errors that name key, value and expectation; random streams; slices; text and JSON helpers. */
@org.jspecify.annotations.NullMarked
package org.eqprop.base;
