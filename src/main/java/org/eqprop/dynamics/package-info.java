/** Relaxation to the free and to nudged equilibria, written once over the kernels of a backend. */
@org.jspecify.annotations.NullMarked
package org.eqprop.dynamics;
