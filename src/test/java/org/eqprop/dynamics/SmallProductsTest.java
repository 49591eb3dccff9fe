package org.eqprop.dynamics;

/** Large products cut into small ones. */
class SmallProductsTest extends BlasContract {
  @Override
  boolean small() {
    return true;
  }
}
