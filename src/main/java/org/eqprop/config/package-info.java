/** The one validated record that a run is made from, and its HOCON form. */
@org.jspecify.annotations.NullMarked
package org.eqprop.config;
