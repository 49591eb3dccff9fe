/**
 * Errors that name key, value and expectation; the values of keys; random streams; slices; text and
 * JSON.
 */
@org.jspecify.annotations.NullMarked
package org.eqprop.base;
