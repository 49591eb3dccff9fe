package org.eqprop.dynamics;

/** Every product one call. */
class BlasRelaxerTest extends BlasContract {
  @Override
  boolean small() {
    return false;
  }
}
