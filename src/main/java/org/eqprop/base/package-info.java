/**
 * Errors that name key, value and expectation; configuration values; random streams; slices; text
 * and JSON.
 */
@org.jspecify.annotations.NullMarked
package org.eqprop.base;
