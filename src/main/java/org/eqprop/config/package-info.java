/** The one validated configuration record of a run, and its HOCON form. */
@org.jspecify.annotations.NullMarked
package org.eqprop.config;
