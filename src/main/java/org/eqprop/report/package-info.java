/** The output of runs for people: console, figures, pages. */
@org.jspecify.annotations.NullMarked
package org.eqprop.report;
