package org.eqprop.backend.nd4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.eqprop.backend.RelaxerContract;
import org.eqprop.backend.TrackedKernels;
import org.eqprop.data.InputCenter;
import org.eqprop.dynamics.Equilibrium;
import org.eqprop.dynamics.KernelRelaxer;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.network.Network;
import org.eqprop.network.Parameters;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

class Nd4jRelaxerTest extends RelaxerContract {
  @Override
  protected List<DataType> types() {
    return List.of(DataType.DOUBLE, DataType.FLOAT);
  }

  @Override
  protected Relaxer create(Network network, Relaxation relaxation, DataType type) {
    return new Nd4jRelaxer(network, relaxation, type, InputCenter.NONE);
  }

  @Override
  protected void setState(Relaxer relaxer, Equilibrium at, int k, INDArray values) {
    ((KernelRelaxer<?, ?>) relaxer).setState(at, k, values);
  }

  @Test
  void closingFreesTheMemoryOutsideTheHeap() {
    Network network = Network.of(5, 4, 3);
    var tracked = new TrackedKernels<>(new Nd4jKernels(network, DataType.FLOAT, InputCenter.NONE));
    tracked.use(network, evenOdd());
    // x, the cost's force, and for each layer base, drive, input, three equilibria
    assertThat(tracked.states()).hasSize(2 * (2 + 2 * 6));
    assertThat(tracked.states()).allMatch(states -> states.array().wasClosed());
    assertThat(tracked.parameters()).hasSize(2); // W_k and the contrast's
    for (Parameters parameters : tracked.parameters()) {
      for (int k = 1; k <= 2; k++) {
        assertThat(parameters.weight(k).wasClosed()).isTrue();
        assertThat(parameters.bias(k).wasClosed()).isTrue();
      }
    }
  }
}
