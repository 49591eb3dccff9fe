/** What a run shows and keeps: console, metrics, run folder. */
@org.jspecify.annotations.NullMarked
package org.eqprop.report;
