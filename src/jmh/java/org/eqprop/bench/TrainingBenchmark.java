package org.eqprop.bench;

import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.eqprop.data.Examples;
import org.eqprop.backend.Backend;
import org.eqprop.dynamics.Measurement;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.learning.ReplicaSpec;
import org.eqprop.learning.LocalTrainer;
import org.eqprop.learning.RoundAssignment;
import org.eqprop.network.Weights;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Training by equilibrium propagation as in a replica: everything that {@link LocalTrainer} does.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class TrainingBenchmark {
  private static final int ROUNDS = Workload.SET / Workload.IMAGES;

  @Param("784-500-10")
  public String network = "";

  @Param("20")
  public int batch;

  @Param(Workload.SYNC)
  public String mode = "";

  @Param("blas")
  public String backend = "";

  private Examples images = Workload.images();
  private Relaxer relaxer;
  private LocalTrainer trainer;
  private int round;

  @Setup
  public void setUp() {
    ReplicaSpec spec =
        Workload.spec(network, mode, batch, Backend.named(backend));
    relaxer = spec.newRelaxer();
    relaxer.load(Weights.glorotUniform(spec.network(), 1));
    trainer = new LocalTrainer(spec, relaxer);
  }

  /** Trains on the next {@link Workload#IMAGES} images. */
  @Benchmark
  public Measurement train() {
    round = (round + 1) % ROUNDS;
    return trainer.train(images, new RoundAssignment(0, round, ROUNDS, 0, 1), m -> {});
  }

  @TearDown
  public void tearDown() {
    relaxer.close();
  }
}
