/**
 * Gradient estimators, update rules, evaluation, and the local trainer, whose results distributed
 * training must match.
 */
@org.jspecify.annotations.NullMarked
package org.eqprop.learning;
