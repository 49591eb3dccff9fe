/** The backends, found by name; each reports whether it can compute here, and what. */
@org.jspecify.annotations.NullMarked
package org.eqprop.backend;
