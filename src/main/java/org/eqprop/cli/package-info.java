/** The command line: parse, build the validated configuration, call. */
@org.jspecify.annotations.NullMarked
package org.eqprop.cli;
