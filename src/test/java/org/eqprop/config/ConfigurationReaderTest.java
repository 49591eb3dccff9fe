package org.eqprop.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.typesafe.config.ConfigRenderOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.eqprop.Idx;
import org.eqprop.base.InputException;
import org.eqprop.data.Augmentation;
import org.eqprop.data.ByteExamples;
import org.eqprop.data.CifarSource;
import org.eqprop.data.InputStatistics;
import org.eqprop.data.Shape;
import org.eqprop.dynamics.NudgedStart;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.dynamics.Schedule;
import org.eqprop.learning.EstimatorKind;
import org.eqprop.learning.GradientEstimator;
import org.eqprop.learning.RateSchedule;
import org.eqprop.learning.UpdaterSettings;
import org.eqprop.network.Layer;
import org.eqprop.network.Network;
import org.eqprop.network.Range;
import org.eqprop.storage.Storage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;

class ConfigurationReaderTest {
  @TempDir Path folder;

  private static RunConfiguration with(String... assignments) {
    ConfigurationReader reader = new ConfigurationReader();
    for (String assignment : assignments) {
      reader = reader.set(assignment);
    }
    return reader.read();
  }

  private RunConfiguration file(String hocon) {
    String file =
        Idx.write(
            folder.resolve("my.conf"), hocon.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    return new ConfigurationReader().file(Storage.local(), file).read();
  }

  @Test
  void theDefaultsAreValid() {
    RunConfiguration c = with();
    assertThat(c.spec().network()).hasToString("784-500-10");
    assertThat(c.spec().relaxation().schedule()).isEqualTo(Schedule.EVEN_ODD);
    assertThat(c.data().validation()).isEqualTo(10_000);
  }

  @Test
  void thePresetsAreExactlyTheFilesInConf() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("conf"))) {
      assertThat(
              files
                  .map(p -> p.getFileName().toString())
                  .filter(n -> n.endsWith(".conf") && !n.startsWith("spark-")))
          .containsExactlyInAnyOrderElementsOf(
              Presets.NAMES.stream().map(n -> n + ".conf").toList());
    }
  }

  @ParameterizedTest
  @FieldSource("org.eqprop.config.Presets#NAMES")
  void everyPresetIsValid(String name) {
    RunConfiguration c = Presets.read(name).read();
    assertThat(c.spec().network().inputs()).isEqualTo(name.startsWith("dchn") ? 3072 : 784);
    assertThat(new ConfigurationReader().text(c.toJson(), name).read().toJson())
        .isEqualTo(c.toJson());
  }

  @Test
  void theNotebookPresetHasTheNotebooksNumbers() {
    RunConfiguration c = Presets.read("notebook").read();
    assertThat(c.spec().network()).hasToString("784-100-10");
    assertThat(c.spec().relaxation().epsilon()).isEqualTo(0.5);
    assertThat(c.spec().relaxation().freeSteps()).isEqualTo(10);
    assertThat(c.spec().relaxation().nudgedSteps()).isEqualTo(4);
    assertThat(c.spec().estimator().kind()).isEqualTo(EstimatorKind.RANDOM_SIGN);
    assertThat(c.spec().estimator().beta()).isEqualTo(0.5);
    assertThat(c.spec().hyperparameters().learningRates()).containsExactly(0.1, 0.05);
    assertThat(c.spec().hyperparameters().batchesPerEpoch()).isEqualTo(50);
    assertThat(c.spec().hyperparameters().epochs()).isEqualTo(3);
  }

  /** Table 1 of Scellier &amp; Bengio (2017), and this project's default. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "mnist | 784-500-10 | EVEN_ODD | 5 | 4 | CENTERED | 0.4 | 15 | [0.2, 0.05] | 0.9 | 0",
        "paper-1x500 | 784-500-10 | SYNCHRONOUS | 20 | 4 | RANDOM_SIGN | 0.5 | 25 | [0.1, 0.05] | 1 | 10000",
        "paper-2x500 | 784-500-500-10 | SYNCHRONOUS | 150 | 6 | RANDOM_SIGN | 1 | 60 | [0.4, 0.1, 0.01] | 1 | 10000",
        "paper-3x500 | 784-500-500-500-10 | SYNCHRONOUS | 500 | 8 | RANDOM_SIGN | 1 | 500 |"
            + " [0.128, 0.032, 0.008, 0.002] | 1 | 10000"
      })
  void thePresetsHaveThePapersNumbers(
      String name,
      String network,
      Schedule schedule,
      int free,
      int nudged,
      EstimatorKind kind,
      double beta,
      int epochs,
      String rates,
      double decay,
      int validation) {
    RunConfiguration c = Presets.read(name).read();
    assertThat(c.spec().network()).hasToString(network);
    assertThat(c.spec().relaxation())
        .isEqualTo(new Relaxation(schedule, 0.5, free, nudged, 0, NudgedStart.FREE));
    assertThat(c.spec().estimator()).isEqualTo(new GradientEstimator(kind, beta));
    assertThat(c.spec().hyperparameters().epochs()).isEqualTo(epochs);
    assertThat(c.spec().hyperparameters().batch()).isEqualTo(20);
    assertThat(c.spec().hyperparameters().learningRates()).hasToString(rates);
    assertThat(c.spec().hyperparameters().schedule().decay()).isEqualTo(decay);
    assertThat(c.data().validation()).isEqualTo(validation);
  }

  /** Initial weights are as in their code: within ± gain/√(inputs per unit), dense ones too. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "dchn-cifar10 | 10 | 20 | 0.05 | 0.4, 0.7, 0.6, 0.3, 0.4",
        "dchn-cifar100 | 100 | 15 | 0.125 | 0.5, 0.4, 0.5, 0.8, 0.5"
      })
  void theDchnPresetsHaveTheNumbersOfTheComparativeStudy(
      String name, int classes, int nudged, double beta, String gains) {
    List<String> each = List.of(gains.split(", ", -1));
    RunConfiguration c = Presets.read(name).read();
    Network network = c.spec().network();
    assertThat(network).hasToString("3×32×32-128×16×16-256×8×8-512×4×4-512×2×2-" + classes);
    assertThat(network.layer(5).range()).isEqualTo(Range.LINEAR);
    List<Integer> from = List.of(27, 1152, 2304, 4608, 2048);
    for (int k = 1; k <= 5; k++) {
      double bound = network.layer(k).gain() * network.link(k).initialBound();
      double gain = Double.parseDouble(each.get(k - 1));
      assertThat(bound * Math.sqrt(from.get(k - 1))).isCloseTo(gain, within(1e-3));
    }
    assertThat(c.spec().relaxation())
        .isEqualTo(new Relaxation(Schedule.EVEN_ODD, 0.5, 60, nudged, 0, NudgedStart.FREE));
    assertThat(c.spec().estimator()).isEqualTo(new GradientEstimator(EstimatorKind.CENTERED, beta));
    assertThat(c.spec().hyperparameters().augmentation())
        .isEqualTo(new Augmentation(4, true, 0, 0));
    assertThat(c.data().training()).isInstanceOf(CifarSource.class);
    assertThat(c.measured(dense()).spec().hyperparameters().rateScale()).isOne();
  }

  @Test
  void refusesAnUnknownPresetAndListsTheKnownOnes() {
    assertThatThrownBy(() -> Presets.read("mnits"))
        .isInstanceOf(InputException.class)
        .hasMessage("--preset mnits: unknown preset: did you mean mnist?");
    assertThatThrownBy(() -> Presets.read("../mnist")).isInstanceOf(InputException.class);
  }

  @Test
  void laterValuesOverrideEarlierOnes() {
    assertThat(with("training.epochs=3", "training.epochs = 4").spec().hyperparameters().epochs())
        .isEqualTo(4);
    assertThat(file("training.epochs = 7").spec().hyperparameters().epochs()).isEqualTo(7);
  }

  @Test
  void takesTextsVerbatim() {
    assertThat(with("data.train-images=hdfs://host:9000/a b/#1").data().training().name())
        .isEqualTo("hdfs://host:9000/a b/#1");
    assertThat(with("training.learning-rates=[0.3, 0.2]").spec().hyperparameters().learningRates())
        .containsExactly(0.3, 0.2);
  }

  @Test
  void readsBackTheResolvedConfiguration() {
    RunConfiguration c =
        with("estimator.beta=0.1", "data.train-images=hdfs://h/x", "averaging.replicas=3");
    assertThat(file(c.toHocon()).toJson()).isEqualTo(c.toJson());
    assertThat(new ConfigurationReader().text(c.toJson(), "model").read().toJson())
        .isEqualTo(c.toJson());
    assertThat(c.with("averaging.replicas", "5").averaging().replicas()).isEqualTo(5);
    assertThat(c.toJson()).doesNotContain("\n");
    assertThat(c.toHocon()).contains("# Strength of the nudge");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "relaxation.epsilon=0 | (0, 1]",
        "relaxation.epsilon=1.5 | (0, 1]",
        "relaxation.epsilon=abc | a number",
        "relaxation.epsilon=[1] | a number",
        "relaxation.free-steps=0 | 1 to 100000",
        "relaxation.free-steps=2.5 | a whole number",
        "relaxation.nudged-steps=-1 | 1 to 100000",
        "relaxation.tolerance=-1 | [0, 1)",
        "relaxation.schedule=odd | synchronous, even-odd",
        "relaxation.nudged-start=ones | free, zeros",
        "estimator.kind=two-sided | one-sided, random-sign, centered",
        "estimator.beta=0 | other than 0",
        "estimator.beta=0.5 | between -0.5 and 0.5",
        "estimator.beta=-0.5 | between -0.5 and 0.5",
        "training.epochs=0 | 1 to 100000",
        "training.epochs=9999999999 | whole number",
        "training.batch=0 | 1 to 100000",
        "training.learning-rates=[0.1] | 2 numbers, one for each layer of weights of 784-500-10",
        "training.learning-rates=[0.1, -1] | (0, 100]",
        "training.learning-rates=0.1 | a list of numbers",
        "training.decay=0 | (0, 1]",
        "training.schedule=step | one of constant, exponential, cosine",
        "training.warm-up-epochs=-1 | from 0 to 100000",
        "training.warm-up-epochs=1.5 | a whole number",
        "training.warm-up-epochs=15 | less than training.epochs = 15",
        "training.batches-per-epoch=-1 | from 0",
        "training.seed=x | a number",
        "training.learning-rate-scale=0 | a number in (0, 100], or auto",
        "training.learning-rate-scale=101 | a number in (0, 100], or auto",
        "training.learning-rate-scale=high | a number, or auto",
        "training.input-center=0.5 | auto, none, mean",
        "averaging.replicas=-1 | from 0",
        "averaging.rounds-per-epoch=0 | 1 to 100000",
        "averaging.rounds-per-epoch=-1 | 1 to 100000",
        "averaging.rounds-per-epoch=often | a number, or auto",
        "averaging.learning-rate-factor=0 | a number in (0, 100], or auto",
        "averaging.warm-up.epochs=-1 | from 0 to 100000, or auto",
        "averaging.warm-up.rounds-per-epoch=0 | 1 to 100000",
        "averaging.outer.optimizer=adam | auto, average, momentum, nesterov",
        "averaging.outer.rate=0 | (0, 10]",
        "averaging.outer.momentum=1 | [0, 1), or auto",
        "checkpoint.every=-1 | from 0",
        "checkpoint.keep=0 | from 1 to 1000",
        "evaluation.batch=0 | 1 to 100000",
        "evaluation.test-each-epoch=maybe | true or false",
        "data.validation=-1 | from 0",
        "init.checksum=1234567 | 8 hexadecimal digits",
        "init.checksum=12345678 | nothing, since init.model names no model",
        "topology=[784] | at least two",
        "topology=[784, 0, 10] | from 1 to 1000000",
        "topology=[784, 1.5, 10] | whole numbers",
        "topology=784 | a list of numbers",
        "backend=gpu | auto, blas, cuda, nd4j"
      })
  void refusesImpossibleValuesByKeyWithTheRange(String assignment, String expected) {
    String key = assignment.substring(0, assignment.indexOf('='));
    assertThatThrownBy(() -> with(assignment))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("--set: " + key + " = ")
        .hasMessageContaining(": expected ")
        .hasMessageContaining(expected)
        .hasMessageNotContaining("\n");
  }

  @Test
  void takesOverAnInitialModelOnlyIfNoOtherIsSet() {
    RunConfiguration none = with();
    RunConfiguration model = with("init.model=/m");
    RunConfiguration recorded = model.startedFrom("0123abcd");
    assertThat(recorded.initial()).isEqualTo(new InitialSettings("/m", "0123abcd"));
    assertThat(none.startedAs(recorded).initial()).isEqualTo(recorded.initial());
    assertThat(model.startedAs(recorded).initial()).isEqualTo(recorded.initial());
    assertThat(recorded.startedAs(none).initial()).isEqualTo(recorded.initial());
    assertThat(none.startedAs(none).initial()).isEqualTo(new InitialSettings("", ""));
    assertThat(with("init.model=/other").startedAs(recorded).initial().model()).isEqualTo("/other");
    assertThat(with("init.model=m").withAbsolutePaths().initial().model())
        .isEqualTo(Path.of("m").toAbsolutePath().toString());
  }

  @Test
  void readsTheLearningRateScheduleFromItsKeys() {
    RunConfiguration c = with("training.schedule=cosine", "training.warm-up-epochs=14");
    assertThat(c.spec().hyperparameters().schedule())
        .isEqualTo(new RateSchedule(RateSchedule.Kind.COSINE, 0.97, 14));
    assertThat(c.averaging().resolved(1).warmUpEpochs()).isZero();
  }

  @Test
  void readsTheUpdaterFromItsKeys() {
    assertThat(with().spec().hyperparameters().updater()).isEqualTo(UpdaterSettings.PLAIN);
    assertThat(with().spec().hyperparameters().biasLearningRates()).isEmpty();
    assertThat(with().averaging().updaterState()).isEqualTo(StateMerging.AVERAGE);
    RunConfiguration c =
        with(
            "training.updater.kind=nesterov",
            "training.updater.momentum=0.8",
            "training.updater.beta1=0.7",
            "training.updater.beta2=0.95",
            "training.updater.epsilon=1e-6",
            "training.updater.weight-decay=1e-4",
            "training.bias-learning-rates=[0.3, 0.4]",
            "averaging.updater-state=reset");
    assertThat(c.spec().hyperparameters().updater())
        .isEqualTo(new UpdaterSettings(UpdaterSettings.Kind.NESTEROV, 0.8, 0.7, 0.95, 1e-6, 1e-4));
    assertThat(c.spec().hyperparameters().biasLearningRates()).containsExactly(0.3, 0.4);
    assertThat(c.averaging().resolved(7).updaterState()).isEqualTo(StateMerging.RESET);
    assertThat(new ConfigurationReader().text(c.toJson(), "model").read().spec())
        .isEqualTo(c.spec());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "training.updater.kind=adamw | adamw: expected one of sgd, momentum, nesterov, adam",
        "training.updater.momentum=1 | 1.0: expected a number in [0, 1)",
        "training.updater.weight-decay=2 | 2.0: expected a number in [0, 1]",
        "training.bias-learning-rates=[0.1] | [0.1]: expected 2 numbers, one for each layer of 784-500-10, or []",
        "training.bias-learning-rates=[0.1, 0] | [0.1, 0.0]: expected numbers in (0, 100]",
        "averaging.updater-state=sum | sum: expected one of average, reset"
      })
  void refusesAnInvalidUpdater(String assignment, String message) {
    String key = assignment.substring(0, assignment.indexOf('='));
    assertThatThrownBy(() -> with(assignment))
        .isInstanceOf(InputException.class)
        .hasMessage("--set: " + key + " = " + message);
  }

  @Test
  void scaledRatesOfBiasesStayInTheirRange() {
    assertThatThrownBy(
            () -> with("training.bias-learning-rates=[20, 0.1]", "training.learning-rate-scale=6"))
        .hasMessageContaining(
            "expected a factor that keeps the first of training.bias-learning-rates");
    assertThatThrownBy(
            () ->
                with("training.bias-learning-rates=[0.1, 60]", "averaging.learning-rate-factor=20"))
        .hasMessageContaining("averaging.learning-rate-factor = 20.0: expected learning rates");
  }

  /** DL4J's updaters have other formulas, and its master does not keep state between rounds. */
  @Test
  void dl4jsEngineTakesPlainSgdOnly() {
    assertThat(with("engine=dl4j").engine()).isEqualTo(Engine.DL4J);
    for (String assignment :
        List.of(
            "training.updater.kind=adam",
            "training.updater.weight-decay=0.1",
            "training.bias-learning-rates=[1, 1]")) {
      assertThatThrownBy(() -> with("engine=dl4j", assignment))
          .isInstanceOf(InputException.class)
          .hasMessageStartingWith("--set: engine = dl4j: expected eqprop with training.")
          .hasMessageEndingWith(
              "; DL4J trains with plain SGD, one rate per layer, without augmentation");
    }
  }

  /** Models and checkpoints of an earlier version lack these keys, and were trained with SGD. */
  @Test
  void aConfigurationWithoutAnUpdaterMeansPlainSgd() {
    RunConfiguration now = with("training.seed=3").resolved(2);
    String before =
        now.source()
            .withoutPath("training.updater")
            .withoutPath("training.bias-learning-rates")
            .withoutPath("averaging.updater-state")
            .withoutPath("training.augmentation")
            .withoutPath("training.input-center")
            .root()
            .render(ConfigRenderOptions.concise());
    RunConfiguration stored = new ConfigurationReader().text(before, "model").read();
    assertThat(stored.source().getString("training.input-center")).isEqualTo("none");
    assertThat(now.with("training.input-center", "none").difference(stored)).isEmpty();
  }

  @Test
  void theScaledRateStaysInItsRange() {
    assertThatThrownBy(
            () ->
                with("training.learning-rates=[20, 0.1]", "training.learning-rate-scale=6").spec())
        .hasMessageContaining(
            "training.learning-rate-scale = 6.0: expected a factor that keeps the first of")
        .hasMessageContaining("in (0, 100]");
    assertThatThrownBy(
            () -> with("training.learning-rate-scale=60", "averaging.learning-rate-factor=20"))
        .hasMessageContaining("averaging.learning-rate-factor = 20.0: expected learning rates");
  }

  /** 400 images of 28 × 28 whose pixels are white with probability one half. */
  private static InputStatistics dense() {
    java.util.Random random = new java.util.Random(1);
    byte[] pixels = new byte[784 * 400];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (byte) (random.nextBoolean() ? 255 : 0);
    }
    return new ByteExamples(pixels, new byte[400], Shape.image(28, 28)).statistics();
  }

  @Test
  void resolvesAutoFromTheTrainingImages() {
    RunConfiguration auto = with();
    assertThat(auto.source().getString("training.learning-rate-scale")).isEqualTo("auto");
    assertThat(auto.spec().hyperparameters().rateScale()).isOne();
    RunConfiguration measured = auto.measured(dense());
    assertThat(measured.source().getDouble("training.learning-rate-scale")).isEqualTo(0.45);
    assertThat(measured.source().getString("training.input-center")).isEqualTo("mean");
    assertThat(measured.spec().hyperparameters().rateScale()).isEqualTo(0.45);
    assertThat(measured.spec().hyperparameters().learningRate(1, 0)).isEqualTo(0.1 * 0.45);
    assertThat(measured.spec().hyperparameters().learningRate(2, 0)).isEqualTo(0.05);
    assertThat(measured.spec().inputCenter().values()).isEqualTo(dense().mean());
    assertThat(measured.with("training.epochs", "3").spec().inputCenter())
        .isEqualTo(measured.spec().inputCenter());
    // Other images don't change resolved values, though their mean differs.
    InputStatistics dark =
        new ByteExamples(new byte[784], new byte[1], Shape.image(28, 28)).statistics();
    assertThat(file(measured.toHocon()).measured(dark).toJson()).isEqualTo(measured.toJson());
    assertThat(with().measured(dark).toJson())
        .contains("\"learning-rate-scale\":1")
        .contains("\"input-center\":\"none\"");
    assertThat(with().measuredAs(measured).difference(measured)).isEmpty();
  }

  @Test
  void keepsANumberAndAWordThatAreSet() {
    RunConfiguration chosen =
        with("training.learning-rate-scale=7.25", "training.input-center=none").measured(dense());
    assertThat(chosen.spec().hyperparameters().rateScale()).isEqualTo(7.25);
    assertThat(chosen.spec().inputCenter().isNone()).isTrue();
    RunConfiguration half = with("training.input-center=none").measured(dense());
    assertThat(half.spec().hyperparameters().rateScale()).isEqualTo(0.22);
    assertThat(half.spec().inputCenter().isNone()).isTrue();
  }

  /**
   * Configurations stored by earlier versions have all keys except these four, and were trained
   * without them.
   */
  @Test
  void aConfigurationStoredByAnEarlierVersionKeepsItsMeaning() {
    RunConfiguration now = with("estimator.beta=0.1").resolved(2);
    String hocon =
        now.toHocon()
            .replaceAll(
                "(?m)^ *((learning-rate-scale|input-center|warm-up-epochs)[ =:]|schedule=exponential).*\n",
                "");
    String json =
        now.toJson()
            .replaceAll("\"(learning-rate-scale|input-center|warm-up-epochs)\":[^,}]*,?", "")
            .replaceAll("\"schedule\":\"exponential\",?", "")
            .replace(",}", "}");
    assertThat(hocon + json)
        .doesNotContain("learning-rate-scale=")
        .doesNotContain("-center\":")
        .doesNotContain("warm-up-epochs=")
        .doesNotContain("warm-up-epochs\":")
        .doesNotContain("exponential\"")
        .doesNotContain("schedule=exponential");
    for (RunConfiguration stored :
        List.of(file(hocon), new ConfigurationReader().text(json, "model").read())) {
      assertThat(stored.source().getInt("training.learning-rate-scale")).isOne();
      assertThat(stored.source().getString("training.input-center")).isEqualTo("none");
      assertThat(stored.spec().hyperparameters().schedule())
          .isEqualTo(RateSchedule.exponential(0.97));
      assertThat(stored.measured(dense()).spec().hyperparameters().rateScale()).isOne();
      assertThat(stored.measured(dense()).spec().inputCenter().isNone()).isTrue();
      assertThat(now.measuredAs(stored).difference(stored)).isEmpty();
    }
    assertThat(file("training.epochs = 3").source().getString("training.input-center"))
        .isEqualTo("auto");
  }

  @Test
  void refusesAWrongValueInAFileWithItsLine() {
    assertThatThrownBy(() -> file("training {\n  epochs = 3\n  batch = 0\n}"))
        .isInstanceOf(InputException.class)
        .hasMessage(
            folder.resolve("my.conf")
                + ": 3: training.batch = 0: expected a whole number from 1 to 100000");
  }

  @Test
  void refusesUnknownKeysWithTheirLineAndListsTheKnownOnes() {
    assertThatThrownBy(() -> file("topology = [784, 10]\ntraining.epoch = 3"))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith(
            folder.resolve("my.conf")
                + ": 2: unknown key 'training.epoch': did you mean training.epochs?")
        .hasMessageContaining("training.epochs");
    for (String key : List.of("no", "training", "training.batch.size", "", "a b", "$")) {
      assertThatThrownBy(() -> with(key + "=1"))
          .isInstanceOf(InputException.class)
          .hasMessageStartingWith("--set");
    }
    assertThatThrownBy(() -> with("training.epochs=3, training.batch=5"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("expected one KEY=VALUE; repeat --set for another key");
    assertThatThrownBy(() -> file("data.train-images = [1]"))
        .isInstanceOf(InputException.class)
        .hasMessageEndingWith(": data.train-images = [1]: expected a location, as text");
    assertThatThrownBy(() -> with("training.epochs"))
        .hasMessage("--set training.epochs: expected KEY=VALUE");
    assertThatThrownBy(() -> file("training = 3"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("'training'");
  }

  @Test
  void reportsBrokenHoconInOneLine() {
    assertThatThrownBy(() -> file("training {"))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith(folder.resolve("my.conf") + ": ")
        .hasMessageNotContaining("\n");
    assertThatThrownBy(() -> with("training.epochs=["))
        .isInstanceOf(InputException.class)
        .hasMessageNotContaining("\n");
    assertThatThrownBy(() -> with("training.epochs="))
        .isInstanceOf(InputException.class)
        .hasMessageNotContaining("\n");
    assertThatThrownBy(() -> file("training.epochs = null"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("training.epochs");
    assertThatThrownBy(() -> file("training.epochs = ${nowhere}"))
        .isInstanceOf(InputException.class);
  }

  /** Environment variables are always texts; quoted values stand for them here. */
  @Test
  void everyKeyAcceptsItsValueAsText() {
    RunConfiguration expected = file("");
    StringBuilder quoted = new StringBuilder();
    for (var entry : expected.source().entrySet()) {
      String written = Hocon.written(entry.getValue()).replace("\"", "\\\"");
      quoted.append(entry.getKey()).append(" = \"").append(written).append("\"\n");
    }
    assertThat(file(quoted.toString()).toJson()).isEqualTo(expected.toJson());
  }

  @Test
  void readsNumbersListsAndTruthValuesFromTheEnvironment() {
    String one = "${?OMP_NUM_THREADS}";
    assertThat(System.getenv("OMP_NUM_THREADS")).isEqualTo("1");
    RunConfiguration c =
        file(
            "averaging { rounds-per-epoch = "
                + one
                + ", learning-rate-factor = "
                + one
                + " }\n"
                + "training { epochs = "
                + one
                + ", decay = "
                + one
                + ", seed = "
                + one
                + ", learning-rates = ["
                + one
                + ", 0.5] }\n"
                + "checkpoint.dir = "
                + one
                + "\nestimator.beta = 0.3\nestimator.beta = ${?NOT_THERE_AT_ALL}");
    assertThat(c.averaging().roundsPerEpoch()).isOne();
    assertThat(c.averaging().rateFactor()).isOne();
    assertThat(c.spec().hyperparameters().epochs()).isOne();
    assertThat(c.spec().hyperparameters().learningRates()).containsExactly(1.0, 0.5);
    assertThat(c.spec().estimator().beta()).isEqualTo(0.3);
    assertThat(c.checkpoint().folder()).isEqualTo("1");
    assertThat(c.toJson()).contains("\"epochs\":1").contains("[1,0.5]").contains("\"dir\":\"1\"");
    assertThat(with("training.epochs=" + one).spec().hyperparameters().epochs()).isOne();
  }

  @Test
  void substitutesTheEnvironmentOnlyInTheUsersOwnTexts() {
    String text = "checkpoint.dir = ${?OMP_NUM_THREADS}";
    String file =
        Idx.write(folder.resolve("s.conf"), text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    assertThatThrownBy(() -> new ConfigurationReader().stored(Storage.local(), file))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("a substitution");
    for (String hocon :
        List.of(
            text, "{\"checkpoint\": {\"dir\": ${OMP_NUM_THREADS}}}", "include \"x\"", "a = 1")) {
      assertThatThrownBy(() -> new ConfigurationReader().text(hocon, "m (configuration)"))
          .isInstanceOf(InputException.class)
          .hasMessageStartingWith("m (configuration): ");
    }
    assertThatThrownBy(
            () -> new ConfigurationReader().set("training.epochs", "${OMP_NUM_THREADS}", "an axis"))
        .isInstanceOf(InputException.class);
  }

  @Test
  void readsBackVerbatimWhatARunHasWritten() {
    RunConfiguration c =
        with("checkpoint.dir=${HOME}/\"a\"#b", "training.seed=9223372036854775807");
    String file =
        Idx.write(
            folder.resolve("s.conf"),
            c.toHocon().getBytes(java.nio.charset.StandardCharsets.UTF_8));
    assertThat(new ConfigurationReader().stored(Storage.local(), file).read().toJson())
        .isEqualTo(c.toJson());
  }

  @Test
  void seedsAreExact() {
    for (String seed :
        List.of("9223372036854775807", "-9223372036854775808", "9007199254740993.0", "0", "1e3")) {
      long exact = new java.math.BigDecimal(seed).longValueExact();
      RunConfiguration c = with("training.seed=" + seed);
      assertThat(c.spec().hyperparameters().seed()).isEqualTo(exact);
      RunConfiguration again = new ConfigurationReader().text(c.toJson(), "model").read();
      assertThat(again.spec().hyperparameters().seed()).isEqualTo(exact);
      assertThat(again.difference(c)).isEmpty();
    }
    for (String seed : List.of("9223372036854775808", "1e19", "-1e19", "1e300")) {
      assertThatThrownBy(() -> with("training.seed=" + seed))
          .isInstanceOf(InputException.class)
          .hasMessageContaining(": expected a whole number from -2^63 to 2^63 - 1");
    }
    assertThatThrownBy(() -> with("averaging.rounds-per-epoch=-2147483648"))
        .isInstanceOf(InputException.class);
    assertThatThrownBy(() -> with("averaging.learning-rate-factor=-2147483648"))
        .hasMessageContaining("learning-rate-factor = -2147483648: expected another number");
    assertThatThrownBy(() -> with("training.epochs=2147483648"))
        .hasMessageContaining("training.epochs = 2147483648: expected a whole number below 2^31");
  }

  @Test
  void messagesNameWhereAValueWasSet() {
    assertThatThrownBy(
            () -> new ConfigurationReader().set("training.epochs", "0", "--epochs").read())
        .hasMessage("--epochs: training.epochs = 0: expected a whole number from 1 to 100000");
    RunConfiguration c = file("training.batch = 5");
    assertThatThrownBy(() -> c.with("training.batch", "0"))
        .hasMessageStartingWith(folder.resolve("my.conf") + ": 1: training.batch = 0: expected");
  }

  @Test
  void makesOnlyLocalPathsAbsolute() {
    RunConfiguration relative =
        with("data.train-images=x.gz", "data.test-labels=hdfs:///y", "checkpoint.dir=ck");
    RunConfiguration absolute = relative.withAbsolutePaths();
    String here = System.getProperty("user.dir");
    assertThat(absolute.data().training().name()).isEqualTo(here + "/x.gz");
    assertThat(absolute.data().training().labelName()).startsWith("classpath:mnist");
    assertThat(absolute.data().test().labelName()).isEqualTo("hdfs:///y");
    assertThat(absolute.checkpoint().folder()).isEqualTo(here + "/ck");
    assertThat(absolute.withAbsolutePaths().toHocon()).isEqualTo(absolute.toHocon());
    assertThat(with().withAbsolutePaths().toHocon()).isEqualTo(with().toHocon());
  }

  @Test
  void readsFilesInTheConfiguredFormat() {
    RunConfiguration ten =
        with(
            "data.format=cifar-10",
            "data.train-images=x/data_{1,2}.bin,y.bin,hdfs://h/z*",
            "data.test-images=t.bin");
    assertThat(ten.data().training())
        .isEqualTo(
            new CifarSource("x/data_{1,2}.bin,y.bin,hdfs://h/z*", CifarSource.Kind.CIFAR_10));
    assertThat(ten.data().test()).isEqualTo(new CifarSource("t.bin", CifarSource.Kind.CIFAR_10));
    String here = System.getProperty("user.dir");
    assertThat(ten.withAbsolutePaths().data().training().name())
        .isEqualTo(here + "/x/data_{1,2}.bin," + here + "/y.bin,hdfs://h/z*");
    assertThat(with("data.train-images=a,b").withAbsolutePaths().data().training().name())
        .isEqualTo(here + "/a,b");
    assertThat(with("data.format=cifar-100").data().training())
        .isInstanceOfSatisfying(
            CifarSource.class, c -> assertThat(c.kind()).isEqualTo(CifarSource.Kind.CIFAR_100));
    assertThatThrownBy(() -> with("data.format=cifar"))
        .hasMessage("--set: data.format = cifar: expected one of idx, cifar-10, cifar-100, table");
  }

  private static Network network(String... assignments) {
    ConfigurationReader reader = new ConfigurationReader();
    for (String assignment : assignments) {
      reader = reader.set(assignment);
    }
    return reader.read().spec().network();
  }

  private static final String LONG_FORM =
      "network.layers=[{units = 50, range = hard-tanh, gain = 2}, {units = 10, range = [-inf, inf]}]";

  @Test
  void theLongFormOfTheNetworkSetsRangesAndGains() {
    Network network = network(LONG_FORM);
    assertThat(network)
        .isEqualTo(
            Network.dense(
                784, List.of(new Layer(50, Range.HARD_TANH, 2), new Layer(10, Range.LINEAR, 1))));
    assertThat(network("network.input=100", LONG_FORM).sizes()).containsExactly(100, 50, 10);
    assertThat(network("topology=[20, 30, 10]", LONG_FORM).sizes()).containsExactly(20, 50, 10);
    assertThat(network("network.layers=[{units = 7}, {units = 10, range = [-0.5, inf]}]"))
        .isEqualTo(
            Network.dense(
                784,
                List.of(
                    new Layer(7), new Layer(10, new Range(-0.5, Double.POSITIVE_INFINITY), 1))));
  }

  @Test
  void anInputWithoutLayersMustMatchTheTopology() {
    assertThat(network("network.input=784")).isEqualTo(Network.of(784, 500, 10));
    assertThatThrownBy(() -> network("network.input=700"))
        .hasMessage(
            "--set: network.input = 700: expected auto, since topology = [784,500,10] describes the"
                + " whole network");
  }

  @Test
  void theLaterFormOfTheNetworkWins() {
    assertThat(network(LONG_FORM, "topology=[20, 30, 10]")).isEqualTo(Network.of(20, 30, 10));
    assertThat(network(LONG_FORM, "topology=[20, 30, 10]", LONG_FORM).sizes())
        .containsExactly(20, 50, 10);
  }

  @Test
  void aStoredConfigurationHasBothFormsAndReadsBackTheSame() {
    RunConfiguration written = new ConfigurationReader().set(LONG_FORM).read();
    assertThat(written.source().getIntList("topology")).containsExactly(784, 50, 10);
    RunConfiguration read = new ConfigurationReader().text(written.toJson(), "a model").read();
    assertThat(read.spec().network()).isEqualTo(written.spec().network());
    assertThat(read.difference(written)).isEmpty();
    assertThat(written.difference(new ConfigurationReader().read())).isPresent();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "network.layers=[{units = 5, range = tanh}] | network.layers = range = tanh: expected hard-sigmoid, hard-tanh,",
        "network.layers=[{units = 5, range = [1, 2]}] | network.layers = range = [1, 2]: expected hard-sigmoid,",
        "network.layers=[{units = 5, range = [0]}] | network.layers = range = [0]: expected hard-sigmoid,",
        "network.layers=[{units = 5, range = [0, much]}] | network.layers = range = [0, much]: expected hard-sigmoid,",
        "network.layers=[{units = 5.5}] | network.layers = units = 5.5: expected a whole number of units",
        "network.layers=[{units = 5, gain = 0}] | network.layers = gain = 0.0: expected a gain in (0, 100]",
        "network.layers=[{range = linear}] | network.layers = {",
        "network.layers=[{units = 5, colour = red}] | network.layers = {",
        "network.layers=[{units = many}] | network.layers = {",
        "network.layers=[5] | network.layers = [5]: expected a list of {",
        "topology=null | topology = null: expected a list of numbers",
        "network.layers=null | network.layers = null: expected a list of {",
        "network.input=null | network.input = null: expected a whole number from 1",
        "network.layers=[] | network.layers = []: expected an entry for each layer above the input, or topology",
        "network.input=-3 | network.input = -3: expected a whole number from 1 to 1000000, auto, or"
      })
  void refusesAnInvalidNetworkInOneLine(String assignment, String message) {
    ConfigurationReader reader = new ConfigurationReader().set(LONG_FORM).set(assignment);
    assertThatThrownBy(reader::read)
        .isInstanceOf(InputException.class)
        .message()
        .matches(text -> text.replaceFirst("^--set: ", "").startsWith(message))
        .doesNotContain("\n");
  }

  @Test
  void refusesANetworkThatTheBackendCannotCompute() {
    assertThatThrownBy(() -> network(LONG_FORM, "backend=cuda"))
        .hasMessageContaining(
            "backend = cuda: expected another backend: cuda only computes dense layers");
    assertThat(network(LONG_FORM, "engine=dl4j")).isEqualTo(network(LONG_FORM));
  }
}
