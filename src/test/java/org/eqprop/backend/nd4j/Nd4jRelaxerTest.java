package org.eqprop.backend.nd4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.eqprop.backend.RelaxerContract;
import org.eqprop.data.InputCenter;
import org.eqprop.dynamics.Equilibrium;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.network.Network;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class Nd4jRelaxerTest extends RelaxerContract {
  @Override
  protected List<DataType> types() {
    return List.of(DataType.DOUBLE, DataType.FLOAT);
  }

  @Override
  protected Relaxer create(Network topology, Relaxation relaxation, DataType type) {
    return new Nd4jRelaxer(topology, relaxation, type, InputCenter.NONE);
  }

  @Override
  protected void setState(Relaxer relaxer, Equilibrium at, int k, INDArray values) {
    ((Nd4jRelaxer) relaxer).batch().states(at)[k - 1].array.assign(values);
  }

  @Test
  void closingFreesTheMemoryOutsideTheHeap() {
    Network topology = Network.of(5, 4, 3);
    List<INDArray> arrays = new ArrayList<>();
    try (Nd4jRelaxer relaxer =
        new Nd4jRelaxer(topology, evenOdd(), DataType.FLOAT, InputCenter.NONE)) {
      for (int size : new int[] {2, 3}) {
        relaxer.clamp(Nd4j.zeros(DataType.FLOAT, size, 5), new int[size]);
        Nd4jBatch batch = relaxer.batch();
        arrays.addAll(List.of(batch.x.array, batch.y.array, batch.ones));
        List<Nd4jBatch.Matrix[]> layers =
            new ArrayList<>(List.of(batch.base, batch.drive, batch.scratch));
        layers.addAll(batch.equilibria.values());
        layers.forEach(all -> Arrays.stream(all).forEach(matrix -> arrays.add(matrix.array)));
      }
      assertThat(arrays).hasSize(2 * (3 + 6 * 2)).noneMatch(INDArray::wasClosed);
    }
    assertThat(arrays).allMatch(INDArray::wasClosed);
  }
}
