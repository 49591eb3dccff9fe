/** Relaxation to the free and to nudged equilibria, behind one interface. */
@org.jspecify.annotations.NullMarked
package org.eqprop.dynamics;
