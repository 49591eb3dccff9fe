package org.eqprop.grid;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hdfs.MiniDFSCluster;
import org.eqprop.Idx;
import org.eqprop.SharedSpark;
import org.eqprop.base.InputException;
import org.eqprop.config.ConfigurationReader;
import org.eqprop.config.Hocon;
import org.eqprop.config.RunConfiguration;
import org.eqprop.model.ModelFile;
import org.eqprop.network.Weights;
import org.eqprop.spark.TrainingSession;
import org.eqprop.storage.Storage;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Grids on Spark, in one process. */
class GridRunIT {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final List<String> warnings = new ArrayList<>();

  @BeforeEach
  void data() {
    Idx.quadrants(folder, 330, 1);
  }

  private String grid(String rest) {
    return """
        set {
          topology = [16, 12, 4]
          data { train-images = "%1$s/images.idx", train-labels = "%1$s/labels.idx" }
          data { test-images = "%1$s/images.idx", test-labels = "%1$s/labels.idx" }
          data.validation = 60
          training { epochs = 4, learning-rates = [0.2, 0.1] }
        }
        """
            .formatted(folder)
        + rest;
  }

  private String run(Storage storage, String text, String location)
      throws IOException, InterruptedException {
    out.reset();
    GridRun run =
        new GridRun(
            storage,
            text,
            "g.conf",
            Hocon.Source.USER,
            null,
            new PrintStream(out, true, StandardCharsets.UTF_8));
    GridFolder gridFolder = new GridFolder(storage, location);
    if (!storage.exists(location)) {
      gridFolder.create(text);
    }
    assertThat(run.run(SharedSpark.context(), gridFolder, 2, null, warnings::add)).isTrue();
    return out.toString(StandardCharsets.UTF_8);
  }

  private String run(String text, String name) throws IOException, InterruptedException {
    return run(Storage.local(), text, folder.resolve(name).toString());
  }

  private static List<JsonNode> results(Storage storage, String location) throws IOException {
    List<JsonNode> lines = new ArrayList<>();
    try (var in = storage.open(location + "/results.jsonl")) {
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      for (String line : text.lines().toList()) {
        lines.add(JSON.readTree(line));
      }
    }
    return lines;
  }

  private List<JsonNode> results(String name) throws IOException {
    return results(Storage.local(), folder.resolve(name).toString());
  }

  private static RunConfiguration configuration(ModelFile model) {
    return new ConfigurationReader()
        .text(String.valueOf(model.metadata().get(ModelFile.CONFIGURATION)), "model")
        .read();
  }

  /** Returns the weights that submit/train would train with a configuration. */
  private static Weights train(RunConfiguration configuration) {
    try (TrainingSession session =
        TrainingSession.builder()
            .configuration(configuration)
            .spark(SharedSpark.context())
            .build()) {
      assertThat(session.warnings()).isEmpty();
      return session.train().weights();
    }
  }

  @Test
  void everyPointHasTheWeightsOfTheRunWithItsConfiguration()
      throws IOException, InterruptedException {
    String text =
        grid(
            """
            axes { averaging.replicas = [0, 2, 6] }
            zip = [{
              estimator.kind = [centered, random-sign]
              averaging.outer.optimizer = [auto, momentum]
              training.updater.kind = [adam, sgd]
              training.learning-rates = [[0.01, 0.01], [0.2, 0.1]]
            }]
            """);
    String said = run(text, "runs");
    assertThat(said)
        .containsPattern("point 6 of 6  replicas=6 .*kind=random-sign.*seed 1  epoch 4");
    assertThat(warnings).isEmpty();
    List<JsonNode> results = results("runs");
    assertThat(results).hasSize(6);
    for (JsonNode result : results) {
      ModelFile model =
          ModelFile.read(Storage.local(), folder + "/runs/" + result.get("model").asText());
      RunConfiguration configuration = configuration(model);
      assertThat(model.weights()).as(result.toString()).isEqualTo(train(configuration));
      assertThat(result.get("epochs").asInt()).isEqualTo(4);
      assertThat(result.get("validationErrors")).hasSize(4);
    }
    RunConfiguration winner =
        new ConfigurationReader().file(Storage.local(), folder + "/runs/winner.conf").read();
    ModelFile model = ModelFile.read(Storage.local(), folder + "/runs/winner.safetensors");
    assertThat(model.weights()).isEqualTo(train(winner));
    assertThat(results.get(0).get("rank").asInt()).isOne();
    assertThat(winner.spec().estimator().kind())
        .isEqualTo(
            new ConfigurationReader()
                .set(
                    "estimator.kind=" + results.get(0).get("values").get("estimator.kind").asText())
                .read()
                .spec()
                .estimator()
                .kind());
  }

  @Test
  void trainsConvolutionsTooAndHalvingContinuesThemBitForBit()
      throws IOException, InterruptedException {
    String said =
        run(
            """
            set {
              network.input = [4, 4]
              data { train-images = "%1$s/images.idx", train-labels = "%1$s/labels.idx" }
              data { test-images = "%1$s/images.idx", test-labels = "%1$s/labels.idx" }
              data.validation = 60
              training { epochs = 4, learning-rates = [0.1, 0.1], augmentation.crop = 1 }
              averaging.replicas = 2
            }
            axes {
              network.layers = [
                [{ channels = 3, kernel = 2, pooling = max }, { units = 4 }]
                [{ channels = 4, kernel = 3, pooling = average }, { units = 4 }]
              ]
              network.cost = [squared-error, cross-entropy]
            }
            search = halving
            eta = 2
            """
                .formatted(folder),
            "convolutions");
    assertThat(warnings).isEmpty();
    assertThat(said).contains("layers=[{\"channels\":3");
    List<JsonNode> results = results("convolutions");
    assertThat(results).hasSize(4);
    JsonNode best = results.get(0);
    assertThat(best.get("epochs").asInt()).isEqualTo(4);
    ModelFile model =
        ModelFile.read(Storage.local(), folder + "/convolutions/" + best.get("model").asText());
    RunConfiguration configuration = configuration(model);
    assertThat(model.weights()).isEqualTo(train(configuration));
  }

  @Test
  void resolvesTheInputCenterOfEveryPointFromTheImages() throws IOException, InterruptedException {
    Idx.write(folder, Idx.bright(300, 1));
    String text =
        grid(
            """
            set { topology = [256, 20, 10], training.epochs = 2 }
            axes { averaging.replicas = [1, 2], training.input-center = [auto, none] }
            """);
    String said = run(text, "bright");
    List<String> resolved = new ArrayList<>();
    for (JsonNode result : results("bright")) {
      ModelFile model =
          ModelFile.read(Storage.local(), folder + "/bright/" + result.get("model").asText());
      RunConfiguration stored = configuration(model);
      resolved.add(
          stored.source().getString("training.input-center")
              + " "
              + stored.source().getString("training.learning-rate-scale"));
      assertThat(model.weights()).as(result.toString()).isEqualTo(train(stored));
    }
    assertThat(resolved).containsExactlyInAnyOrder("mean 1", "mean 1", "none 0.45", "none 0.45");
    // The grid is resumed: its points are recognised.
    assertThat(said).doesNotContain("(from an earlier run)");
    assertThat(run(text, "bright")).contains("(from an earlier run)").contains("0 epochs trained");
    RunConfiguration winner =
        new ConfigurationReader().file(Storage.local(), folder + "/bright/winner.conf").read();
    assertThat(winner.source().getValue("training.learning-rate-scale").valueType())
        .isEqualTo(com.typesafe.config.ConfigValueType.NUMBER);
  }

  @Test
  void halvingContinuesBitForBitAndTheFullGridShowsWhatItMissed()
      throws IOException, InterruptedException {
    String text =
        grid(
            """
            axes { training.learning-rates = [[0.001,0.001],[0.2,0.1],[0.05,0.02],[0.4,0.2]] }
            seeds = [1, 2], eta = 2
            """);
    String full = run(text, "full");
    assertThat(full)
        .containsPattern(
            "successive halving at epochs \\[1, 2, 4\\] would have trained 16 of these 32 epochs"
                + " \\(50 % saved\\) and found (the same winner|rank 2)");
    String halved = run(text + "search = halving", "halved");
    assertThat(halved)
        .contains("successive halving trained 16 epochs instead of 32: 50 % saved")
        .contains("stopped");
    JsonNode last = results("halved").get(0);
    assertThat(last.get("epochs").asInt()).isEqualTo(4);
    String name = last.get("model").asText();
    assertThat(ModelFile.read(Storage.local(), folder + "/halved/" + name).weights())
        .isEqualTo(ModelFile.read(Storage.local(), folder + "/full/" + name).weights());
    assertThat(results("halved").stream().mapToInt(line -> line.get("epochs").asInt()).sum())
        .isEqualTo(16);
    run(text + "search = full", "halved");
    for (int i = 0; i < 8; i++) {
      for (String part : new String[] {"rank", "point", "validationErrors", "trainErrors"}) {
        assertThat(results("halved").get(i).get(part)).isEqualTo(results("full").get(i).get(part));
      }
    }
  }

  /** The learning-rate schedule is that of the whole training, even if a rung ends earlier. */
  @Test
  void halvingUsesTheLearningRatesOfTheWholeTraining() throws IOException, InterruptedException {
    String text =
        grid(
            """
            zip = [{
              averaging.replicas = [1, 2, 1, 2]
              training.schedule = [cosine, cosine, exponential, constant]
              training.warm-up-epochs = [1, 1, 2, 3]
            }]
            """);
    run(text + "search = full", "full");
    run(text + "search = halving, eta = 2", "halved");
    var full = costsByPoint("full");
    var halved = costsByPoint("halved");
    assertThat(halved).hasSize(4);
    halved.forEach(
        (point, costs) ->
            assertThat(costs)
                .isNotEmpty()
                .isEqualTo(full.getOrDefault(point, List.of()).subList(0, costs.size())));
    assertThat(halved.values()).anyMatch(costs -> costs.size() == 1);
    assertThat(halved.values()).anyMatch(costs -> costs.size() == 4);
  }

  /** A point continues with the updater's state from its last rung. */
  @Test
  void halvingContinuesWithTheUpdatersState() throws IOException, InterruptedException {
    String text =
        grid(
            """
            zip = [{
              averaging.replicas = [1, 2]
              training.updater.kind = [adam, momentum]
              training.learning-rates = [[0.01, 0.01], [0.02, 0.01]]
            }]
            """);
    run(text + "search = full", "full");
    run(text + "search = halving, eta = 2", "halved");
    run(text + "search = full", "halved"); // the stopped point continues from its file
    assertThat(costsByPoint("halved")).hasSize(2).isEqualTo(costsByPoint("full"));
  }

  private Map<Integer, List<Double>> costsByPoint(String name) throws IOException {
    Map<Integer, List<Double>> costs = new HashMap<>();
    for (JsonNode point : results(name)) {
      List<Double> each = new ArrayList<>();
      point.get("validationCosts").forEach(cost -> each.add(cost.asDouble()));
      costs.put(point.get("point").asInt(), each);
    }
    return costs;
  }

  @Test
  void listsFailedPointsWithTheirReasons() throws IOException, InterruptedException {
    String said =
        run(
            grid(
                """
                set { topology = [16, 3, 4], data.validation = 30, estimator.beta = 0.2 }
                set.training { epochs = 40, decay = 1, batches-per-epoch = 2 }
                axes {
                  averaging.replicas = [1, 2]
                  training.learning-rates = [[0.02, 0.01], [1.5, 0.15]]
                }
                seeds = [2]
                """),
            "failing");
    assertThat(said)
        .contains("2 failed:")
        .containsPattern(
            "point 2 \\(replicas=1 learning-rates=\\[1.5,0.15] seed 2\\): epoch \\d+: collapsed: all 3")
        .containsPattern(
            "point 4 \\(replicas=2 learning-rates=\\[1.5,0.15] seed 2\\): epoch \\d+: collapsed: all 3");
    List<JsonNode> results = results("failing");
    assertThat(results).hasSize(4);
    for (int i = 0; i < 4; i++) {
      boolean failed = i >= 2;
      assertThat(results.get(i).get("failure").isNull()).isEqualTo(!failed);
      assertThat(results.get(i).get("epochs").asInt()).matches(n -> failed ? n < 40 : n == 40);
    }
  }

  @Test
  void refusesInvalidPointsByNameBeforeTraining() {
    for (String[] wrong :
        new String[][] {
          {"axes { training.batch = [20, 300] }", "g.conf: point 2 {training.batch=300}: "},
          {
            "set.data.validation = 0, axes { training.batch = [20] }",
            "the test set is never used to choose"
          },
          {"axes { topology = [[16,4],[25,4]], training.learning-rates=[[0.1]] }", "point 2 {topo"}
        }) {
      assertThatThrownBy(() -> run(grid(wrong[0]), "refused"))
          .isInstanceOf(InputException.class)
          .hasMessageContaining(wrong[1])
          .hasMessageNotContaining("\n");
      assertThat(folder.resolve("refused")).doesNotExist();
    }
  }

  @Test
  void keepsResultsOnHdfs() throws IOException, InterruptedException {
    Configuration conf = new Configuration();
    conf.set(MiniDFSCluster.HDFS_MINIDFS_BASEDIR, folder.resolve("dfs").toString());
    try (MiniDFSCluster cluster = new MiniDFSCluster.Builder(conf).numDataNodes(1).build()) {
      Storage storage = new Storage(conf);
      String location = cluster.getURI() + "/grids/one";
      String text = grid("axes { estimator.beta = [0.1, 0.2, 0.3] }\n");
      String first = run(storage, text + "budget.epochs = 8", location);
      assertThat(first).contains("the budget of 8 epochs is used up");
      assertThat(storage.list(location + "/points")).hasSize(2);
      String second = run(storage, text, location);
      assertThat(second).containsPattern("point 1 of 3 .*\\(from an earlier run\\)");
      assertThat(storage.list(location + "/points")).hasSize(3);
      assertThat(storage.list(location))
          .containsExactly(
              "grid.conf",
              "pictures",
              "points",
              "report.html",
              "results.csv",
              "results.jsonl",
              "winner.conf",
              "winner.safetensors");
      assertThat(results(storage, location)).hasSize(3);
      run(text, "local");
      assertThat(ModelFile.read(storage, location + "/winner.safetensors").weights())
          .isEqualTo(
              ModelFile.read(Storage.local(), folder + "/local/winner.safetensors").weights());
    }
  }

  @Test
  void marksPointsThatLearnNothingAndKeepsForeignPictures()
      throws IOException, InterruptedException {
    String text =
        grid("axes { training.learning-rates = [[0.2, 0.1], [1e-9, 1e-9]] }, seeds = [1, 2]");
    String said = run(text, "g");
    assertThat(said)
        .contains("2 with warnings:")
        .containsPattern("point 3 .*: (validation error|no validation example) ")
        .containsPattern("\n   2 .* warning\n")
        .doesNotContain("the best setting:");
    List<JsonNode> results = results("g");
    assertThat(results.get(0).get("warnings")).isEmpty();
    assertThat(results.get(3).get("warnings").get(0).asText()).contains("validation");
    Path pictures = folder.resolve("g/pictures");
    Files.writeString(pictures.resolve("wedding.png"), "mine");
    Files.writeString(pictures.resolve("axis-former.svg"), "of a grid with another axis");
    Files.writeString(pictures.resolve("learning-curves.png"), "of an earlier version");
    // The warnings of earlier results are read back, and the best remaining setting has one.
    said = run(text.replace("[0.2, 0.1], ", ""), "g");
    assertThat(said).contains("(from an earlier run)", "warning: the best setting: ");
    assertThat(pictures.resolve("wedding.png")).hasContent("mine");
    assertThat(pictures.resolve("axis-former.svg")).doesNotExist();
    assertThat(pictures.resolve("learning-curves.png")).doesNotExist();
    assertThat(pictures.resolve("learning-curves.svg")).isNotEmptyFile();
    assertThat(Files.readString(folder.resolve("g/report.html")))
        .containsPattern("<div id=\"warnings\" role=\"note\"><b>(Warning|2 warnings)</b>");
  }

  @Test
  void warnsOfPointsWithSeveralReplicasToo() throws IOException, InterruptedException {
    run(grid("axes { averaging.replicas = [2], training.learning-rates = [[1e-9, 1e-9]] }"), "r");
    assertThat(results("r").get(0).get("warnings").get(0).asText())
        .contains("validation", "; lower training.learning-rates");
  }

  /**
   * Points with one replica, in a task, and with two, in a run. The test error may compare them,
   * since nothing is chosen.
   */
  @Test
  void comparesOneAtATimeLevelsByTheTestErrorWithoutAWinner()
      throws IOException, InterruptedException {
    String text =
        """
        axes { averaging.replicas = [1, 2] }
        one-at-a-time { relaxation.nudged-steps = [4, 1], training.learning-rates = [[0.2, 0.1], [1e-9, 1e-9]] }
        set { data.validation = 0, evaluation.test-each-epoch = true }
        objective = test-error
        seeds = [1, 2]
        """;
    String shown = run(grid(text), "levels");
    assertThat(shown)
        .containsPattern(
            "\nlearning-rates +\\[1.0E-9,1.0E-9\\] +[0-9.]+ ± [0-9.]+ +[0-9.]+ ± [0-9.]+\n")
        .containsPattern("points at +\\[1.0E-9,1.0E-9\\] +\\[1.0E-9,1.0E-9\\]\n");
    JsonNode first = results("levels").get(0);
    assertThat(first.get("testErrors")).hasSize(4);
    assertThat(first.has("validationErrors")).isFalse();
    assertThat(folder.resolve("levels/winner.conf")).doesNotExist();
    assertThat(folder.resolve("levels/pictures/levels-nudged-steps.svg")).isNotEmptyFile();
    assertThat(folder.resolve("levels/report.html"))
        .content()
        .contains("What each imperfection costs", "<table id=\"tolerance\">");
    String again = run(grid(text), "levels");
    assertThat(again).contains("0 epochs trained");
  }
}
