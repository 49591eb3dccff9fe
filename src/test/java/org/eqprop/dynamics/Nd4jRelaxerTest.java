package org.eqprop.dynamics;

import java.util.List;
import org.eqprop.data.InputCenter;
import org.eqprop.model.Topology;
import org.nd4j.linalg.api.buffer.DataType;

class Nd4jRelaxerTest extends RelaxerContract {
  @Override
  List<DataType> types() {
    return List.of(DataType.DOUBLE, DataType.FLOAT);
  }

  @Override
  Relaxer create(Topology topology, Relaxation relaxation, DataType type) {
    return new Nd4jRelaxer(topology, relaxation, type, InputCenter.NONE);
  }
}
