/** The backends, found by name: each says whether it can compute here, and what. */
@org.jspecify.annotations.NullMarked
package org.eqprop.backend;
