package org.eqprop.bench;

import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.eqprop.backend.Backend;
import org.eqprop.dynamics.Equilibrium;
import org.eqprop.dynamics.Measurement;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.learning.ReplicaSpec;
import org.eqprop.network.Weights;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Only the bookkeeping of training: energy, cost, errors and activity of each batch. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class MeasureBenchmark {
  @Param("784-500-10")
  public String network = "";

  @Param("20")
  public int batch;

  @Param(Workload.SYNC)
  public String mode = "";

  private Relaxer relaxer;

  @Setup
  public void setUp() {
    ReplicaSpec spec = Workload.spec(network, mode, batch, Backend.BLAS);
    relaxer = spec.newRelaxer();
    relaxer.load(Weights.glorotUniform(spec.network(), 1));
    relaxer.clamp(Workload.images(), IntStream.range(0, batch).toArray(), 0, batch);
    relaxer.relaxFree();
  }

  /** Measures as often as training on {@link Workload#IMAGES} images does. */
  @Benchmark
  public Measurement measure() {
    Measurement total = Measurement.none(relaxer.network().depth());
    for (int images = 0; images < Workload.IMAGES; images += batch) {
      total = total.plus(relaxer.measure(Equilibrium.FREE));
    }
    return total;
  }
}
