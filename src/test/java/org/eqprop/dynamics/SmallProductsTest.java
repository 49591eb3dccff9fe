package org.eqprop.dynamics;

import java.util.List;
import org.eqprop.model.Topology;
import org.nd4j.linalg.api.buffer.DataType;

/** Large products cut into small ones. */
class SmallProductsTest extends RelaxerContract {
  @Override
  List<DataType> types() {
    return List.of(DataType.FLOAT);
  }

  @Override
  Relaxer create(Topology topology, Relaxation relaxation, DataType type) {
    return new BlasRelaxer(topology, relaxation, true);
  }
}
