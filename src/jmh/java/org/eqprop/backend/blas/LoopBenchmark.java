package org.eqprop.backend.blas;


import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** The fused loop of a synchronous step, for a hidden layer of 500 units and a batch of 20. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class LoopBenchmark {
  private final float[] s = new float[10_000];
  private final float[] drive = new float[10_000];
  private final float[] input = new float[10_000];

  /** s ← ρ(keep·s + drive + input). */
  @Benchmark
  public float[] step() {
    FusedLoops.step(s, 0.5f, drive, input, 0, 1);
    return s;
  }
}
