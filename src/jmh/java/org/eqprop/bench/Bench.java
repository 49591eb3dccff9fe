package org.eqprop.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.eqprop.storage.Storage;
import org.eqprop.backend.Backend;
import org.eqprop.backend.blas.OpenBlas;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Times training side by side: every round runs each contender once, in a new JVM or process, so
 * that other load on the machine affects all alike. Then prints medians over the rounds, and
 * ratios.
 */
@Command(
    name = "submit/bench",
    abbreviateSynopsis = true,
    sortOptions = false,
    mixinStandardHelpOptions = true,
    description =
        "Measure how fast training is, side by side on one core: this program's backends, the matrix products alone, DL4J,"
            + " and any other program (--peer). Every contender runs once per round; the table has medians over rounds.")
public final class Bench implements Callable<Integer> {
  @Option(
      names = "--networks",
      split = ",",
      paramLabel = "LIST",
      description =
          "networks, such as 784-100-10,784-500-10, or conv-32-64: two convolutions of 5 × 5, each with average pooling of"
              + " 2 × 2; by default 784-100-10,784-500-10,784-500-500-10")
  List<String> networks = List.of("784-100-10", "784-500-10", "784-500-500-10");

  @Option(names = "--batches", split = ",", paramLabel = "LIST", description = "batch sizes; by default 20,100,500")
  List<Integer> batches = List.of(20, 100, 500);

  @Option(
      names = "--modes",
      split = ",",
      paramLabel = "LIST",
      description =
          "how the units relax: sync (all layers at once, random-sign estimator), even-odd (layers take turns, centered"
              + " estimator); by default sync,even-odd")
  List<String> modes = List.of(Workload.SYNC, Workload.EVEN_ODD);

  @Option(
      names = "--contenders",
      split = ",",
      paramLabel = "LIST",
      description =
          "what is measured, by default all of the following but cuda: blas and nd4j (the backends), gemm (only their"
              + " matrix products), measure (only energy, cost and errors of each batch), layer (equilibrium propagation as a layer"
              + " of DL4J), dl4j (backpropagation in DL4J), loop (a loop over 10,000 units, with and without vector instructions), spark"
              + " (Spark on one core and on two), engines (training on Spark by this program and by DL4J), cuda (this"
              + " machine's GPU)")
  List<String> contenders = ALL;

  @Option(names = "--rounds", paramLabel = "N", description = "rounds; by default 5")
  int rounds = 5;

  @Option(
      names = "--peer",
      paramLabel = "COMMAND",
      description =
          "another program to measure, such as \"python3 src/jmh/python/ep_torch.py\" (needs PyTorch); it is called"
              + " with --hidden, --batch, --mode and similar options, and must print lines such as: epoch 1 9876 img/s")
  @Nullable String peer;

  @Option(names = "--out", paramLabel = "FILE", description = "file for the figures; by default bench.json")
  String out = "bench.json";

  private static final List<String> ALL =
      List.of("blas", "nd4j", "gemm", "measure", "layer", "dl4j", "loop", "spark", "engines");

  private static final String CUDA = "cuda";

  private static final String LOOP = "fused loop of 10,000 units, µs";

  private final Results results = new Results();

  /**
   * Runs the benchmarks.
   *
   * @param args options
   */
  public static void main(String[] args) {
    CommandLine command = new CommandLine(new Bench());
    command.setExecutionExceptionHandler(
        (e, line, parsed) -> {
          if (e instanceof IllegalStateException) { // such as a peer that failed
            System.err.println("eqprop: " + e.getMessage());
            return 1;
          }
          throw e;
        });
    System.exit(command.execute(args));
  }

  @Override
  public Integer call() throws IOException {
    check();
    OpenBlas blas = OpenBlas.load();
    System.out.printf(
        "OpenBLAS, %s; %d rounds; images/s in training, medians%n%n", blas.description(), rounds);
    for (int round = 1; round <= rounds; round++) {
      for (String network : networks) {
        for (int batch : batches) {
          System.err.printf("round %d of %d: %s, batch %d%n", round, rounds, network, batch);
          measure(network, batch);
        }
      }
      if (contenders.contains("loop")) {
        results.add(LOOP, 20, "vectorised", "loop", Jmh.micros("LoopBenchmark"), Double.NaN);
        double scalar = Jmh.micros("LoopBenchmark", "-XX:-UseSuperWord");
        results.add(LOOP, 20, "scalar", "loop", scalar, Double.NaN);
      }
      if (contenders.contains("spark")) {
        System.err.printf("round %d of %d: Spark%n", round, rounds);
        SparkScaling.measure(results);
      }
      if (contenders.contains("engines")) {
        System.err.printf("round %d of %d: both engines%n", round, rounds);
        SparkScaling.measureEngines(results);
      }
    }
    print();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("kernels", blas.core());
    json.put("threads", blas.threads());
    json.put("java", System.getProperty("java.version"));
    json.put("rounds", rounds);
    json.put("rows", results.toJson());
    byte[] bytes =
        new ObjectMapper()
            .writerWithDefaultPrettyPrinter()
            .writeValueAsString(json)
            .getBytes(StandardCharsets.UTF_8);
    Storage.local().writeAtomically(Path.of(out).toString(), stream -> stream.write(bytes));
    System.out.println("\n" + out);
    return 0;
  }

  private void check() {
    require(rounds >= 1, "--rounds " + rounds + ": expected 1 or more");
    for (int batch : batches) {
      require(
          batch >= 1 && Workload.IMAGES % batch == 0,
          "--batches " + batch + ": expected a divisor of " + Workload.IMAGES);
    }
    List<String> knownModes = List.of(Workload.SYNC, Workload.EVEN_ODD);
    require(knownModes.containsAll(modes), "--modes " + modes + ": expected some of " + knownModes);
    List<String> known = Stream.concat(ALL.stream(), Stream.of(CUDA)).toList();
    require(
        known.containsAll(contenders),
        "--contenders " + contenders + ": expected some of " + known);
    if (contenders.contains(CUDA)) {
      String problem = Backend.CUDA.problem();
      require(problem == null, "--contenders " + CUDA + ": " + problem);
    }
    for (String network : networks) {
      require(
          network.matches("784(-\\d{1,5}){1,4}-10|conv(-\\d{1,4}){2}"),
          "--networks " + network + ": expected a network such as 784-500-10 or conv-32-64");
    }
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      System.err.println("eqprop: bench: " + otherwise);
      System.exit(2);
    }
  }

  private void measure(String network, int batch) {
    for (String mode : modes) {
      if (contenders.contains("gemm")) {
        String products =
            Workload.isConvolution(network) ? "ConvolutionProductsBenchmark" : "GemmBenchmark";
        var score = Jmh.run(products, network, batch, Map.of("mode", mode));
        results.add(network, batch, mode, "gemm", score.imagesPerSecond(), Double.NaN);
      }
      if (contenders.contains("layer")) {
        var score = Jmh.run("LayerBenchmark", network, batch, Map.of("mode", mode));
        results.add(
            network, batch, mode, "layer", score.imagesPerSecond(), score.bytesPerBatch());
      }
      if (contenders.contains("measure")) {
        var score = Jmh.run("MeasureBenchmark", network, batch, Map.of("mode", mode));
        results.add(network, batch, mode, "measure", score.imagesPerSecond(), Double.NaN);
      }
      for (String backend : List.of("blas", "nd4j", CUDA)) {
        if (contenders.contains(backend)) {
          var score =
              Jmh.run(
                  "TrainingBenchmark", network, batch, Map.of("mode", mode, "backend", backend));
          results.add(
              network, batch, mode, backend, score.imagesPerSecond(), score.bytesPerBatch());
        }
      }
      // The peer for convolutions has only even-odd sweeps.
      if (peer != null && !(Workload.isConvolution(network) && mode.equals(Workload.SYNC))) {
        results.add(
            network, batch, mode, "peer", Peer.run(peer, network, batch, mode), Double.NaN);
      }
    }
    if (contenders.contains("dl4j")) {
      var score = Jmh.run("Dl4jBenchmark", network, batch, Map.of());
      results.add(network, batch, "backprop", "dl4j", score.imagesPerSecond(), Double.NaN);
    }
  }

  private void print() {
    System.out.printf(
        "%-15s %5s  %-8s %10s %10s %10s %10s %10s %10s %10s   %-26s   %8s %9s%n",
        "network",
        "batch",
        "mode",
        "blas",
        "nd4j",
        CUDA,
        "layer",
        "peer",
        "dl4j",
        "products",
        "blas/nd4j /peer /products",
        "measure",
        "B/batch");
    for (String network : networks) {
      for (int batch : batches) {
        for (String mode : modes) {
          print(network, batch, mode);
        }
      }
    }
    if (contenders.contains("loop")) {
      double vectorised = results.median(LOOP, 20, "vectorised", "loop");
      double scalar = results.median(LOOP, 20, "scalar", "loop");
      System.out.printf(
          Locale.ROOT,
          "%n%s: %.2f; without HotSpot's vectorisation (-XX:-UseSuperWord) %.2f: %.1f ×%n",
          LOOP,
          vectorised,
          scalar,
          scalar / vectorised);
    }
    if (contenders.contains("spark")) {
      SparkScaling.lines(results).forEach(System.out::println);
    }
    if (contenders.contains("engines")) {
      System.out.println(SparkScaling.engineLine(results));
    }
  }

  private void print(String network, int batch, String mode) {
    double blas = results.median(network, batch, mode, "blas");
    double nd4j = results.median(network, batch, mode, "nd4j");
    double peerMedian = results.median(network, batch, mode, "peer");
    double gemm = results.median(network, batch, mode, "gemm");
    List<String> ratios = new ArrayList<>();
    ratios.add(number("%.1f ×", blas / nd4j));
    ratios.add(number("%.1f ×", blas / peerMedian));
    ratios.add(number("%.0f %%", 100 * blas / gemm));
    System.out.printf(
        "%-15s %5d  %-8s %10s %10s %10s %10s %10s %10s %10s   %8s %8s %8s   %8s %9s%n",
        network,
        batch,
        mode,
        number("%,.0f", blas),
        number("%,.0f", nd4j),
        number("%,.0f", results.median(network, batch, mode, CUDA)),
        number("%,.0f", results.median(network, batch, mode, "layer")),
        number("%,.0f", peerMedian),
        number("%,.0f", results.median(network, batch, "backprop", "dl4j")),
        number("%,.0f", gemm),
        ratios.get(0),
        ratios.get(1),
        ratios.get(2),
        number("%.1f %%", 100 * blas / results.median(network, batch, mode, "measure")),
        number("%,.0f", results.medianBytes(network, batch, mode, "blas")));
  }

  private static String number(String format, double value) {
    return Double.isNaN(value) ? "–" : String.format(Locale.ROOT, format, value);
  }
}
