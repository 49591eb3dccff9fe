package org.eqprop.backend.blas;

/** Large products are cut into small ones. */
class SmallProductsTest extends BlasContract {
  @Override
  boolean small() {
    return true;
  }
}
