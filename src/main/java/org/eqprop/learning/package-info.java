/**
 * Gradient estimators, update rules, the local trainer that everything distributed must equal, and
 * evaluation.
 */
@org.jspecify.annotations.NullMarked
package org.eqprop.learning;
