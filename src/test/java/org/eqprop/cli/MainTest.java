package org.eqprop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.eqprop.Idx;
import org.eqprop.learning.EstimatorKind;
import org.eqprop.learning.GradientCheck;
import org.eqprop.learning.UpdaterState;
import org.eqprop.model.ModelFile;
import org.eqprop.network.Network;
import org.eqprop.network.Weights;
import org.eqprop.storage.Storage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The command line within this process: the verbs that need no Spark, and the input that is refused
 * before Spark starts.
 */
class MainTest {
  @TempDir Path folder;
  @RegisterExtension final Captured console = new Captured();

  private void refused(String expected, String... args) {
    console.forgetErr();
    int code = Main.run(args);
    String message = console.err();
    assertThat(message).contains(expected);
    assertThat(message.strip().lines()).as(message).hasSize(1);
    assertThat(message).startsWith("eqprop: ");
    assertThat(code).isEqualTo(Main.BAD_INPUT);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "trian | unknown verb 'trian': did you mean train?",
        "fit | unknown verb 'fit': expected one of audit, demo, evaluate, export, gradcheck, grid, import, predict, report, train",
        "train --epoch 3 | train: unknown option '--epoch': did you mean --epochs? (options: submit/train --help)",
        "train --output=x | train: unknown option '--output' (options: submit/train --help)",
        "train --preset mnits | --preset mnits: unknown preset: did you mean mnist?",
        "train --conf none.conf | none.conf: no such file",
        "train --seeds 1,x | --seeds 1,x: expected two or more different whole numbers, such as 1,2,3",
        "train --seeds 1 | --seeds 1: expected two or more different whole numbers",
        "train --seeds 1,1 | --seeds 1,1: expected two or more different whole numbers",
        "train --seed 2 --seeds 1,2 | --seed 2 with --seeds: expected only one of the two",
        "train --conf none.conf --preset mnits | --preset mnits: unknown preset: did you mean mnist?",
        "train --conf none.conf --preset mnist | none.conf: no such file",
        "train --set training.epoch=3 | unknown key 'training.epoch': did you mean training.epochs?",
        "train --set relaxation.epsilon=2 | relaxation.epsilon = 2.0: expected a number in (0, 1]",
        "train --epochs many | training.epochs = \"many\": expected a number",
        "train --epochs 0 | eqprop: --epochs: training.epochs = 0: expected a whole number from 1",
        "train --seed 1e19 | eqprop: --seed: training.seed = 1.0E19: expected a whole number from -2^63 to 2^63 - 1",
        "train --replicas -1 | eqprop: --replicas: averaging.replicas = -1: expected",
        "train --rounds-per-epoch 0 | eqprop: --rounds-per-epoch: averaging.rounds-per-epoch = 0: expected",
        "train --backend gpu | eqprop: --backend: backend = gpu: expected",
        "train --engine tf | eqprop: --engine: engine = tf: expected",
        "train --set training.epochs=0 --seed 2 | eqprop: --set: training.epochs = 0: expected",
        "train --epochs | --epochs",
        "train --init none | eqprop: --init: init.model = ",
        "train --init none --resume run | --init none cannot be combined with --resume",
        "train --set init.checksum=1 | eqprop: --set: init.checksum = 1: expected 8 hexadecimal digits",
        "train --frobnicate | train: unknown option '--frobnicate' (options: submit/train --help)",
        "train --track localhost:5000 | eqprop: --track localhost:5000: expected the address of an MLflow tracking server, http",
        "train --replicas 60001 | averaging.replicas = 60001: expected at most the 60000 training examples",
        "train --replicas 2 --set training.batch=30001 | training.batch = 30001: expected at most 30000",
        "train --set data.train-images=none.idx | none.idx: no such file",
        "train --set topology=[100,10] --set training.learning-rates=[0.1] | expected 100, the input",
        "evaluate | Missing required option: '--model=MODEL'",
        "evaluate --model none | none: no such file",
        "evaluate --model none --split most | --split",
        "predict --model none | none: no such file",
        "gradcheck --tolerance 2 | --tolerance = 2.0: expected a number in (0, 1)",
        "gradcheck --examples 900 --set data.validation=59200 | --examples = 900: expected at most the 800 training",
        "train --preset notebook --replicas 51 | training.batches-per-epoch = 50: expected 0 (all), or at least one",
        "gradcheck --examples 0 | --examples = 0: expected 1 to 1000",
        "demo --backend gpu | backend = gpu: expected one of auto, blas, cuda, nd4j"
      })
  void reportsBadInputInOneLineWithExitCode2(String line, String expected) {
    refused(expected, line.strip().split(" "));
  }

  @Test
  void doesNotOverwriteAnExistingRun() throws java.io.IOException {
    refused(folder + ": exists already", "train", "--out", folder.toString());
    try (var files = Files.list(folder)) {
      assertThat(files).isEmpty();
    }
  }

  @Test
  void printsTheResolvedConfiguration() {
    assertThat(
            Main.run(
                "train", "--preset", "notebook", "--epochs", "9", "--seed", "4", "--print-config"))
        .isZero();
    assertThat(console.out()).contains("epochs=9").contains("seed=4").contains("kind=random-sign");
  }

  @Test
  void namesThePageOfAGridThatIsTakenForARun() throws java.io.IOException {
    Files.createFile(folder.resolve("grid.conf"));
    refused(folder + ": a grid folder: expected a run folder", "report", folder.toString());
    refused(folder + ": a grid folder", "report", "run", folder.toString());
  }

  @Test
  void aFileChangesThePresetBesideIt() throws java.io.IOException {
    Path file = Files.writeString(folder.resolve("mine.conf"), "training.epochs = 8");
    assertThat(
            Main.run("train", "--preset", "notebook", "--conf", file.toString(), "--print-config"))
        .isZero();
    assertThat(console.out()).contains("epochs=8").contains("batches-per-epoch=50");
    console.forgetOut();
    assertThat(Main.run("train", "--conf", file.toString(), "--print-config")).isZero();
    assertThat(console.out()).contains("epochs=8").contains("batches-per-epoch=0");
  }

  @Test
  void theDemoShowsShapesPhasesAndMeasures() {
    assertThat(Main.run("demo", "--preset", "notebook")).isZero();
    assertThat(console.out())
        .contains("784-100-10")
        .contains("x [20 × 784], y [20 × 10]")
        .containsPattern("free phase +10 steps in [0-9.]+ ms")
        .containsPattern("nudged phase +4 steps of β 0.5 in [0-9.]+ ms")
        .containsPattern("free equilibrium +energy [0-9.]+ +cost [0-9.]+ +error [0-9.]+ %");
  }

  @Test
  void passesTheGradientCheckOnMnist() {
    assertThat(Main.run("gradcheck", "--preset", "notebook", "--seed", "2", "--examples", "20"))
        .isZero();
    assertThat(console.out()).contains("pass:").contains("W_2").contains("b_2");
  }

  /** The outputs' range is wide, so that no gradient is 0. */
  @Test
  void theDemoAndTheGradientCheckAcceptConvolutions() throws Exception {
    String file =
        Files.writeString(
                folder.resolve("convolutions.conf"),
                """
                network {
                  input = [28, 28]
                  layers = [
                    { channels = 3, kernel = 5, stride = 2, pooling = average, pool = 2 }
                    { channels = 4, kernel = 3, padding = 1, pooling = max, pool = 2 }
                    { units = 10, range = [-1, 2] }
                  ]
                }
                relaxation.schedule = even-odd
                estimator.beta = 0.2
                training.learning-rates = [0.1, 0.1, 0.1]
                """)
            .toString();
    for (String backend : List.of("blas", "nd4j")) {
      assertThat(Main.run("demo", "--conf", file, "--backend", backend)).isZero();
      assertThat(console.out())
          .contains("28×28-3×6×6-4×3×3-10 in the ranges", backend + " backend");
    }
    assertThat(Main.run("gradcheck", "--conf", file, "--examples", "2")).isZero();
    assertThat(console.out()).contains("pass:").contains("W_3").doesNotContain("–  ");
  }

  @Test
  void theGradientCheckCanFail() {
    assertThat(judged(1e-5, 2e-5, 3e-5)).isTrue();
    assertThat(judged(1e-5, 2e-4, 1e-5)).isFalse();
    assertThat(judged(1e-5, Double.POSITIVE_INFINITY, 1e-5)).isFalse();
    assertThat(console.out()).contains("FAIL: ").doesNotContain("– marks");
    assertThat(judged(1e-5, Double.NaN, 1e-5)).isTrue();
    assertThat(console.out()).contains("– marks those whose gradient is 0");
    assertThat(judged(Double.NaN, Double.NaN)).isFalse();
    assertThat(console.out()).contains("nothing to compare");
  }

  private static boolean judged(Double... errors) {
    return GradcheckCommand.judge(
        new GradientCheck.Row(EstimatorKind.CENTERED, 1e-6, List.of(errors)), 1e-4);
  }

  /** With ε 1 the nudged output overshoots, and swings between two states forever. */
  @Test
  void theGradientCheckNamesThePhaseThatDoesNotConverge() {
    refused(
        "the nudged phase at β 0.1 does not converge: after 12000 steps units still move by ",
        "gradcheck",
        "--preset",
        "notebook",
        "--examples",
        "5",
        "--set",
        "relaxation.epsilon=1");
  }

  @Test
  void theDemoAndTheGradientCheckUseTheConfiguredInitialModel() throws Exception {
    Network network = Network.of(784, 100, 10);
    String file = model(network, Map.of());
    String checksum = ModelFile.read(Storage.local(), file).weightsChecksum();
    assertThat(Main.run("demo", "--preset", "notebook")).isZero();
    String drawn = measured();
    for (String seed : List.of("1", "7")) { // the model's seed is 1
      console.forgetOut();
      assertThat(
              Main.run(
                  "demo", "--preset", "notebook", "--seed", seed, "--set", "init.model=" + file))
          .isZero();
      assertThat(console.out()).contains("weights: " + file);
      assertThat(measured().equals(drawn)).as("seed " + seed).isEqualTo(seed.equals("1"));
    }
    String named = "init.model=" + file;
    refused(
        "have " + checksum + ": expected the original model",
        "demo",
        "--preset",
        "notebook",
        "--set",
        named,
        "--set",
        "init.checksum="
            + checksum.replace(checksum.charAt(0), checksum.charAt(0) == '0' ? '1' : '0'));
    console.forgetOut();
    assertThat(Main.run("gradcheck", "--preset", "notebook", "--examples", "20", "--set", named))
        .isZero();
    assertThat(console.out()).contains("weights of " + file);
    refused("none: no such file", "gradcheck", "--set", "init.model=none");
    refused(
        "layer 1 has 100 units: expected 50 units",
        "demo",
        "--preset",
        "notebook",
        "--set",
        named,
        "--set",
        "topology=[784,50,10]");
  }

  /** Returns the demo's lines about the equilibria. */
  private String measured() {
    return String.join(
        "\n", console.out().lines().filter(line -> line.contains("equilibrium ")).toList());
  }

  private String model(Network network, Map<String, String> metadata) throws java.io.IOException {
    String file = folder.resolve("model.safetensors").toString();
    new ModelFile(Weights.glorotUniform(network, 1), metadata).write(Storage.local(), file);
    return file;
  }

  @Test
  void looksForTablesBeforeItStartsSpark() throws java.io.IOException {
    String there = Files.createFile(folder.resolve("t.csv")).toString();
    String none = folder + "/none.parquet";
    refused(none + ": no such file or folder", "train", "--data", none, "--test-data", there);
    refused(none + ": no such file", "train", "--data", there, "--test-data", there + "," + none);
    refused("none*", "train", "--data", folder + "/none*", "--test-data", there);
  }

  @Test
  void predictsChosenTestImages() throws java.io.IOException {
    String configuration = "{\"topology\":[784,20,10]}";
    String file = model(Network.of(784, 20, 10), Map.of(ModelFile.CONFIGURATION, configuration));
    String table = "data.test-images=" + folder + "/none.csv";
    refused(
        "none.csv: no such file or folder",
        "evaluate",
        "--model",
        file,
        "--set",
        "data.format=table",
        "--set",
        table);
    assertThat(Main.run("predict", "--model", file, "--index", "3,0")).isZero();
    assertThat(console.out().lines().toList()).hasSize(3);
    assertThat(console.out())
        .startsWith("index,class,true,score_0")
        .containsPattern("\n3,\\d,0,")
        .containsPattern("\n0,\\d,7,");
    refused("'10000' is out of range", "predict", "--model", file, "--index", "10000");
    refused("no such file", "predict", "--model", file, "--images", "none");
    refused("expected 784-20-10", "predict", "--model", file, "--set", "topology=[784,30,10]");
    refused("cannot be combined with a model", "predict", "--model", file, "--preset", "mnist");
    refused("cannot be combined with a model", "demo", "--model", file, "--conf", "none");
    console.forgetOut();
    assertThat(Main.run("demo", "--model", file)).isZero();
    assertThat(console.out()).contains("network 784-20-10, ", "weights: " + file + "\n");
    refused(
        folder + "/no/x: cannot be written: no such file or folder",
        "predict",
        "--model",
        file,
        "--out",
        folder + "/no/x");
    for (String format : List.of("safetensors", "dl4j")) {
      String inside = file + "/x";
      refused(
          inside + ": cannot be written: Not a directory",
          "export",
          "--model",
          file,
          "--format",
          format,
          "--out",
          inside);
    }
  }

  @Test
  void predictsTheImagesOfAnIdxFile() throws java.io.IOException {
    Idx.quadrants(folder, 5, 3);
    String configuration = "{\"topology\":[16,6,4]}";
    String file = model(Network.of(16, 6, 4), Map.of(ModelFile.CONFIGURATION, configuration));
    String target = folder.resolve("p.json").toString();
    assertThat(
            Main.run(
                "predict",
                "--model",
                file,
                "--images",
                folder + "/images.idx",
                "--format",
                "json",
                "--out",
                target))
        .isZero();
    assertThat(Files.readString(Path.of(target))).contains("\"index\":4").contains("\"true\":null");
    assertThat(console.out()).isEmpty();
    refused("has images of 28 × 28 = 784 pixels: expected 16", "predict", "--model", file);
  }

  @Test
  void refusesAModelWithoutAConfiguration() throws java.io.IOException {
    String file = model(Network.of(16, 6, 4), Map.of());
    refused("no configuration in its metadata", "predict", "--model", file);
    Files.write(Path.of(file), new byte[] {1, 2, 3});
    refused("not a valid safetensors file: it is truncated", "predict", "--model", file);
    Files.writeString(Path.of(file), "Dear diary, this is a text");
    refused("neither a safetensors file nor a zip", "predict", "--model", file);
  }

  @Test
  void refusesGridsForAnotherEngine() throws java.io.IOException {
    Path grid =
        Files.writeString(
            folder.resolve("grid.conf"),
            "preset = mnist, set { data.validation = 10000, engine = dl4j }, axes { estimator.beta = [0.4] }");
    refused(
        "engine = dl4j: expected eqprop, the only engine that trains grids",
        "grid",
        grid.toString(),
        "--dry-run");
    refused("engine = tf: expected one of eqprop, dl4j", "train", "--engine", "tf");
  }

  /** Both formats are read in the same way, and round trips are lossless. */
  @Test
  void exportsAndImportsModels() throws java.io.IOException {
    String configuration = "{\"topology\":[784,20,10],\"training\":{\"seed\":4}}";
    String file =
        model(
            Network.of(784, 20, 10),
            Map.of(ModelFile.CONFIGURATION, configuration, ModelFile.EPOCH, "2"));
    String zip = folder.resolve("model.zip").toString();
    assertThat(Main.run("export", "--model", file, "--format", "dl4j", "--out", zip)).isZero();
    assertThat(console.out()).isEqualTo(zip + ": a zip for DL4J, 784-20-10, 15,910 parameters\n");
    String back = folder.resolve("back.safetensors").toString();
    assertThat(Main.run("import", zip, "--out", back)).isZero();
    assertThat(Path.of(back)).hasSameBinaryContentAs(Path.of(file));
    String[] same = {"export", "--model", zip, "--format", "safetensors", "--out", back};
    refused("--out " + back + ": exists already", same);
    Files.delete(Path.of(back));
    assertThat(Main.run(same)).isZero();
    assertThat(Path.of(back)).hasSameBinaryContentAs(Path.of(file));
    console.forgetOut();
    assertThat(Main.run("predict", "--model", file)).isZero();
    String predictions = console.out();
    console.forgetOut();
    assertThat(Main.run("predict", "--model", zip)).isZero();
    assertThat(console.out()).isEqualTo(predictions);
  }

  @Test
  void importsTensorsOfAnotherProgram() throws java.io.IOException {
    String file = model(Network.of(784, 20, 10), Map.of());
    String bytes = Files.readString(Path.of(file), StandardCharsets.ISO_8859_1);
    Path foreignFile = folder.resolve("foreign");
    Files.writeString(
        foreignFile, bytes.replace("eqprop-spark.", "somebodys-eq."), StandardCharsets.ISO_8859_1);
    String foreign = foreignFile.toString();
    String own = folder.resolve("own").toString();
    refused("expected 784-20-10", "import", foreign, "--out", own, "--set", "topology=[784,3,10]");
    assertThat(Main.run("import", foreign, "--out", own, "--seed", "8")).isZero();
    ModelFile read = ModelFile.read(Storage.local(), own);
    assertThat(read.weights()).isEqualTo(Weights.glorotUniform(Network.of(784, 20, 10), 1));
    assertThat(read.metadata().get(ModelFile.CONFIGURATION))
        .contains("\"seed\":8")
        .contains("\"beta\":0.4");
    assertThat(Main.run("predict", "--model", own)).isZero();
    refused("--format", "export", "--model", own, "--format", "onnx", "--out", "x");
    refused("no such file", "import", "none", "--out", "x");
    String[] exported = {"export", "--model", file, "--format", "dl4j", "--out", folder + "/x.zip"};
    refused(file + ": no configuration in its metadata", exported);
    Weights parameters = read.weights();
    new ModelFile(parameters, UpdaterState.ZERO, parameters, read.metadata())
        .write(Storage.local(), file);
    refused(file + ": a checkpoint, with the state of a training", exported);
    assertThat(folder.resolve("x.zip")).doesNotExist();
  }

  @Test
  void escapesLineBreaksInTypedText() throws java.io.IOException {
    refused(
        "none\\neqprop: all is well: no such file",
        "predict",
        "--model",
        "none\neqprop: all is well");
    refused("unknown option '--a\\nb'", "demo", "--a\nb");
    refused("unknown verb 'a\\u001b[2Jb'", "a\u001b[2Jb");
    refused("--preset a\\nb: unknown", "train", "--preset", "a\nb");
    refused("kind = x\\nb: expected one of", "train", "--set", "estimator.kind=x\nb");
    Path file =
        Files.writeString(folder.resolve("c.conf"), "estimator.kind = \"x\\neqprop: well\"");
    refused("kind = x\\neqprop: well: expected", "train", "--conf", file.toString());
  }

  @Test
  void reportsDeepNestingInOneShortLine() throws java.io.IOException {
    String deep = "[".repeat(30_000) + "]".repeat(30_000);
    Path conf = Files.writeString(folder.resolve("c.conf"), "topology = " + deep);
    Path path = Files.writeString(folder.resolve("p.conf"), "a" + ".a".repeat(20_000) + " = 1");
    Path grid =
        Files.writeString(folder.resolve("g.conf"), "axes { estimator.beta = " + deep + " }");
    String model =
        model(Network.of(16, 6, 4), Map.of(ModelFile.CONFIGURATION, "{\"topology\":" + deep + "}"));
    refused(conf + ": nested too deep", "train", "--conf", conf.toString());
    refused(path + ": nested too deep", "train", "--conf", path.toString());
    refused("nested too deep", "train", "--set", "topology=" + deep);
    refused("nested too deep", "train", "--epochs", deep);
    refused("--set: nested too deep", "train", "--set", "a" + ".a".repeat(20_000) + "=1");
    refused(grid + ": nested too deep", "grid", grid.toString(), "--dry-run");
    refused("(configuration): nested too deep", "predict", "--model", model);
    assertThat(console.err()).hasSizeLessThan(1000);
  }

  @Test
  void treatsAModelsConfigurationAsData() throws java.io.IOException {
    for (String configuration :
        List.of(
            "{\"topology\":[16,6,4],\"data\":{\"test-images\":${HOME}}}",
            "include file(\"/etc/hostname\")",
            "data.test-images = ${HOME}")) {
      String file = model(Network.of(16, 6, 4), Map.of(ModelFile.CONFIGURATION, configuration));
      refused(file + " (configuration): ", "predict", "--model", file);
      assertThat(console.err()).doesNotContain(System.getenv("HOME") + "/x");
    }
  }

  @Test
  void readsConfigurationsGridsAndModelsFromPipes() throws Exception {
    String configuration = "{\"topology\":[784,20,10]}";
    String file = model(Network.of(784, 20, 10), Map.of(ModelFile.CONFIGURATION, configuration));
    assertThat(Main.run("train", "--conf", pipe("training.epochs = 77"), "--print-config"))
        .isZero();
    assertThat(console.out()).contains("epochs=77");
    String grid = "set.data.validation = 10000, axes { training.batch = [71, 72] }";
    assertThat(Main.run("grid", pipe(grid), "--dry-run")).isZero();
    assertThat(console.out()).contains("71").contains("72");
    assertThat(
            Main.run("predict", "--index", "3", "--model", pipe(Files.readAllBytes(Path.of(file)))))
        .isZero();
    assertThat(console.out()).contains("index,class,true,score_0");
  }

  private String pipe(String content) throws Exception {
    return pipe(content.getBytes(StandardCharsets.UTF_8));
  }

  private String pipe(byte[] content) throws Exception {
    Path pipe = folder.resolve("pipe");
    Files.deleteIfExists(pipe);
    assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
    Thread writer =
        new Thread(
            () -> {
              try {
                Files.write(pipe, content);
              } catch (java.io.IOException e) {
                throw new java.io.UncheckedIOException(e);
              }
            });
    writer.setDaemon(true);
    writer.start();
    return pipe.toString();
  }
}
