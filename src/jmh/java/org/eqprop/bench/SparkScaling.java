package org.eqprop.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/** Times the same job, two replicas of 784-500-10 on all of MNIST, on one core and on two. */
final class SparkScaling {
  private static final String NETWORK = "784-500-10";
  private static final int BATCH = 20;
  private static final int EPOCHS = 30;

  private static final int DL4J_EPOCHS = 9;

  /** Epochs until the JVM has compiled the driver's code of a round. */
  private static final int WARM_UP = 10;

  private SparkScaling() {}

  static void measure(Results results) {
    for (int cores = 1; cores <= 2; cores++) {
      List<JsonNode> epochs = train(cores, "eqprop", EPOCHS);
      List<Double> speeds = new ArrayList<>();
      List<Double> costs = new ArrayList<>();
      for (JsonNode epoch : epochs.subList(WARM_UP, epochs.size())) {
        speeds.add(epoch.get("imagesPerSecond").asDouble());
        costs.add(
            1000 * (epoch.get("broadcastSeconds").asDouble() + epoch.get("mergeSeconds").asDouble()));
      }
      results.add(NETWORK, BATCH, "local[" + cores + "]", "spark", Results.median(speeds), Double.NaN);
      results.add(
          NETWORK, BATCH, "local[" + cores + "]", "ms an epoch", Results.median(costs), Double.NaN);
    }
  }

  /** Times the same job on two cores, compared with DL4J's training on Spark. */
  static void measureEngines(Results results) {
    for (String engine : List.of("eqprop", "dl4j")) {
      int epochs = engine.equals("dl4j") ? DL4J_EPOCHS : EPOCHS;
      List<Double> speeds =
          train(2, engine, epochs).stream()
              .skip(epochs / 3)
              .map(epoch -> epoch.get("imagesPerSecond").asDouble())
              .toList();
      results.add(NETWORK, BATCH, "local[2]", engine, Results.median(speeds), Double.NaN);
    }
  }

  static String engineLine(Results results) {
    double own = results.median(NETWORK, BATCH, "local[2]", "eqprop");
    double dl4j = results.median(NETWORK, BATCH, "local[2]", "dl4j");
    return String.format(
        Locale.ROOT,
        "engines, 2 replicas of %s on local[2]: eqprop %,.0f, dl4j %,.0f images/s: %.1f ×",
        NETWORK,
        own,
        dl4j,
        own / dl4j);
  }

  private static List<JsonNode> train(int cores, String engine, int epochCount) {
    try {
      Path folder = Files.createTempDirectory("eqprop-bench");
      Path run = folder.resolve("run");
      var unused =
          Peer.Processes.output(
              List.of(
                  Path.of(System.getProperty("eqprop.home"), "submit", "train").toString(),
                  "--master",
                  "local[" + cores + "]",
                  "--replicas",
                  "2",
                  "--epochs",
                  "" + epochCount,
                  "--engine",
                  engine,
                  "--no-report",
                  "--set",
                  "evaluation.test-each-epoch=false",
                  "--out",
                  run.toString()));
      List<JsonNode> epochs = new ArrayList<>();
      for (String line : Files.readAllLines(run.resolve("metrics.jsonl"))) {
        epochs.add(new ObjectMapper().readTree(line));
      }
      try (var files = Files.walk(folder)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
      return epochs;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static List<String> lines(Results results) {
    double one = results.median(NETWORK, BATCH, "local[1]", "spark");
    double two = results.median(NETWORK, BATCH, "local[2]", "spark");
    return List.of(
        String.format(
            Locale.ROOT,
            "Spark, 2 replicas of %s: local[1] %,.0f, local[2] %,.0f images/s: %.2f ×",
            NETWORK,
            one,
            two,
            two / one),
        String.format(
            Locale.ROOT,
            "Spark's own cost (broadcast, scheduling, merge): local[1] %.0f, local[2] %.0f ms per epoch",
            results.median(NETWORK, BATCH, "local[1]", "ms an epoch"),
            results.median(NETWORK, BATCH, "local[2]", "ms an epoch")));
  }
}
