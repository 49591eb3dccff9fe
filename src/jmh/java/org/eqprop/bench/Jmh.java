package org.eqprop.bench;

import java.util.Map;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Runs one benchmark with one set of parameters in its own JVM. */
final class Jmh {
  private Jmh() {}

  /** The result of a run. */
  record Score(double imagesPerSecond, double bytesPerBatch) {}

  static Score run(String benchmark, String network, int batch, Map<String, String> parameters) {
    ChainedOptionsBuilder options =
        options(benchmark).param("network", network).param("batch", String.valueOf(batch));
    parameters.forEach(options::param);
    RunResult result = run(options);
    double micros = result.getPrimaryResult().getScore();
    Result<?> allocated = result.getSecondaryResults().get("gc.alloc.rate.norm");
    double bytes = allocated == null ? Double.NaN : allocated.getScore();
    return new Score(Workload.IMAGES / micros * 1e6, bytes * batch / Workload.IMAGES);
  }

  /** Returns the microseconds per operation, in a JVM with additional options. */
  static double micros(String benchmark, String... jvmOptions) {
    return run(options(benchmark).jvmArgsAppend(jvmOptions)).getPrimaryResult().getScore();
  }

  private static ChainedOptionsBuilder options(String benchmark) {
    return new OptionsBuilder()
            .include("\\." + benchmark + "\\.")
            .forks(1)
            .warmupIterations(3)
            .warmupTime(TimeValue.seconds(1))
            .measurementIterations(3)
            .measurementTime(TimeValue.seconds(1))
            .addProfiler(GCProfiler.class)
            .verbosity(VerboseMode.SILENT)
            .shouldFailOnError(true);
  }

  private static RunResult run(ChainedOptionsBuilder options) {
    try {
      return new Runner(options.build()).runSingle();
    } catch (RunnerException e) {
      throw new IllegalStateException("a benchmark failed", e);
    }
  }
}
