/** What a run shows: console, figures, pages. */
@org.jspecify.annotations.NullMarked
package org.eqprop.report;
