/** The run folder: checkpoints, metrics, findings, and the classes that write them. */
@org.jspecify.annotations.NullMarked
package org.eqprop.run;
