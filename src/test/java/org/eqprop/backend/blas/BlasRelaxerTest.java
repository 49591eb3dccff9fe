package org.eqprop.backend.blas;

/** Every product is one call. */
class BlasRelaxerTest extends BlasContract {
  @Override
  boolean small() {
    return false;
  }
}
