/** The command line: parses the options, builds the validated configuration and runs the verb. */
@org.jspecify.annotations.NullMarked
package org.eqprop.cli;
