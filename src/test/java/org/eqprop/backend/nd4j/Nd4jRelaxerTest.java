package org.eqprop.backend.nd4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.eqprop.backend.RelaxerContract;
import org.eqprop.backend.TrackedKernels;
import org.eqprop.data.InputCenter;
import org.eqprop.dynamics.Convergence;
import org.eqprop.dynamics.Equilibrium;
import org.eqprop.dynamics.KernelRelaxer;
import org.eqprop.dynamics.NudgedStart;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.dynamics.Schedule;
import org.eqprop.network.Network;
import org.eqprop.network.Parameters;
import org.eqprop.network.Weights;
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

  @Test
  void settledExamplesAreSkipped() {
    Network network = Network.of(4, 5, 3);
    var tracked = new TrackedKernels<>(new Nd4jKernels(network, DataType.FLOAT, InputCenter.NONE));
    var relaxation = new Relaxation(Schedule.EVEN_ODD, 0.5, 100, 4, 1e-6, NudgedStart.FREE);
    try (var relaxer = new KernelRelaxer<>(network, relaxation, tracked.kernels())) {
      relaxer.load(Weights.glorotUniform(network, 1));
      INDArray x = Nd4j.zeros(DataType.FLOAT, 20, 4);
      x.getRow(7).assign(0.3); // the other examples settle at once
      relaxer.clamp(x, new int[20]);
      Convergence ended = relaxer.relaxFree();
      List<Integer> expected = new ArrayList<>(List.of(20, 20, 20, 20)); // two steps, two layers
      expected.addAll(Collections.nCopies(2 * (ended.steps() - 2), 4));
      assertThat(ended.steps()).isGreaterThan(2);
      assertThat(tracked.moved()).isEqualTo(expected);
    }
  }
}
