package org.eqprop.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.eqprop.base.InputException;
import org.eqprop.data.Augmentation;
import org.eqprop.data.ByteExamples;
import org.eqprop.data.InputStatistics;
import org.eqprop.data.Normalisation;
import org.eqprop.data.Shape;
import org.eqprop.learning.Centering;
import org.eqprop.learning.UpdaterSettings;
import org.eqprop.network.Convolution;
import org.eqprop.network.CrossEntropy;
import org.eqprop.network.Dense;
import org.eqprop.network.Layer;
import org.eqprop.network.Network;
import org.eqprop.network.Pooling;
import org.eqprop.network.Range;
import org.eqprop.network.SquaredError;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Reads networks of images and convolutions. */
class NetworkReaderTest {
  private static final String LAYERS =
      "network.layers=[{channels = 4, kernel = 3, stride = 2, padding = 1, pooling = max, pool = 3,"
          + " range = rectifier, gain = 0.5}, {channels = 6, kernel = 2}, {units = 10, range ="
          + " linear}]";
  private static final String RATES = "training.learning-rates=[0.1, 0.1, 0.1]";

  private static ConfigurationReader reader(String... assignments) {
    ConfigurationReader reader = new ConfigurationReader().set(RATES);
    for (String assignment : assignments) {
      reader = reader.set(assignment);
    }
    return reader;
  }

  private static Network network(String... assignments) {
    return reader(assignments).read().spec().network();
  }

  @Test
  void anEntryWithChannelsIsAConvolution() {
    Convolution first = new Convolution(new Shape(3, 20, 26), 4, 3, 2, 1, Pooling.MAX, 3);
    Convolution second = Convolution.plain(new Shape(4, 3, 4), 6, 2, 1, 0);
    assertThat(network("network.input=[3, 20, 26]", LAYERS))
        .isEqualTo(
            new Network(
                new Shape(3, 20, 26),
                List.of(
                    new Layer(new Shape(4, 3, 4), Range.RECTIFIER, 0.5),
                    new Layer(new Shape(6, 2, 3), Range.HARD_SIGMOID, 1),
                    new Layer(10, Range.LINEAR, 1)),
                List.of(first, second, new Dense(36, 10)),
                new SquaredError()));
  }

  @Test
  void withTheCrossEntropyTheLastLayerIsTheReadout() {
    for (String form :
        List.of(
            "topology=[784, 30, 20, 10]",
            "network.layers=[{units = 30}, {units = 20}, {units = 10}]")) {
      RunConfiguration written = reader(form, "network.cost=cross-entropy").read();
      Network network = written.spec().network();
      assertThat(network.sizes()).containsExactly(784, 30, 20, 10);
      assertThat(network.cost()).isEqualTo(new CrossEntropy(new Dense(20, 10)));
      assertThat(network.description()).isEqualTo("784-30-20-10 with the cost cross-entropy");
      ConfigurationReader stored = new ConfigurationReader().text(written.toJson(), "a model");
      assertThat(stored.read().spec().network()).isEqualTo(network);
      assertThat(stored.set("training.seed=3").read().spec().network()).isEqualTo(network);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "topology=[784, 10]",
        "network.layers=[{units = 30}, {units = 10, range = linear}]",
        "network.layers=[{units = 30}, {units = 10, gain = 2}]"
      })
  void aReadoutNeedsADenseLastLayerAboveAnother(String form) {
    assertThatThrownBy(
            () ->
                reader("training.learning-rates=[1, 1]", form, "network.cost=cross-entropy").read())
        .isInstanceOf(InputException.class)
        .hasMessage(
            "--set: network.cost = cross-entropy: expected a dense last layer, without range and"
                + " gain, above another layer: it is the readout");
  }

  @Test
  void refusesTheCrossEntropyOnABackendWithOnlyTheSquaredError() {
    String[] readout = {"topology=[784, 30, 20, 10]", "network.cost=cross-entropy"};
    assertThatThrownBy(() -> reader(readout[0], readout[1], "backend=cuda").read())
        .isInstanceOf(InputException.class)
        .hasMessageContaining("expected another");
    assertThat(reader(readout[0], readout[1], "engine=dl4j").read().engine())
        .isEqualTo(Engine.DL4J);
  }

  @Test
  void poolingIsTwoByTwoByDefault() {
    Network network =
        network(
            "training.learning-rates=[1, 1]",
            "network.input=[28, 28]",
            "network.layers=[{channels = 2, kernel = 5, pooling = average}, {units = 10}]");
    assertThat(network.link(1))
        .isEqualTo(new Convolution(Shape.image(28, 28), 2, 5, 1, 0, Pooling.AVERAGE, 2));
  }

  @Test
  void anImageMayFeedDenseLayers() {
    Network network =
        network(
            "training.learning-rates=[1]",
            "network.input=[3, 4, 5]",
            "network.layers=[{units = 10}]");
    assertThat(network.input()).isEqualTo(new Shape(3, 4, 5));
    assertThat(network.link(1)).isEqualTo(new Dense(60, 10));
  }

  @Test
  void aResolvedConfigurationReadsBackTheSameNetworkAndAcceptsOtherKeysOnTop() {
    RunConfiguration written = reader("network.input=[3, 20, 26]", LAYERS).read();
    assertThat(written.source().getIntList("topology")).containsExactly(1560, 48, 36, 10);
    ConfigurationReader stored = new ConfigurationReader().text(written.toJson(), "a model");
    assertThat(stored.read().spec()).isEqualTo(written.spec());
    assertThat(stored.read().difference(written)).isEmpty();
    assertThat(stored.set("network.input=[1, 28, 28]").read().spec().network().input())
        .isEqualTo(Shape.image(28, 28));
    assertThat(stored.set("topology=[1560, 9, 8, 10]").read().spec().network())
        .isEqualTo(Network.of(1560, 9, 8, 10));
    RunConfiguration other = stored.set(LAYERS.replace("kernel = 3", "kernel = 4")).read();
    assertThat(other.difference(written))
        .get()
        .asString()
        .startsWith("network.layers = [{")
        .contains("\"kernel\":4");
    assertThat(other.spec().network().difference(written.spec().network()))
        .hasValue(
            "layer 1 has 4 × 3 × 4 units in the range [0, inf] above a link 4 channels of 4 × 4, stride"
                + " 2, padding 1, maximum of 3 × 3: expected 4 × 3 × 4 units in the range [0, inf]"
                + " above a link 4 channels of 3 × 3, stride 2, padding 1, maximum of 3 × 3");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[28] | network.input = [28]: expected a whole number from 1 to 1000000, auto, or for images [height, width] or",
        "[1, 3, 28, 28] | network.input = [1,3,28,28]: expected a whole number from 1",
        "[0, 28] | network.input = [0,28]: expected a whole number from 1",
        "[2.5, 28] | network.input = [2.5,28]: expected a whole number from 1",
        "[1001, 1000] | network.input = [1001,1000]: expected a whole number from 1",
        "large | network.input = \"large\": expected a whole number from 1",
        "10000000 | network.input = 10000000: expected a whole number from 1",
      })
  void refusesAnInputThatIsNotAnImage(String input, String message) {
    refused(message, "network.input=" + input, LAYERS);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{channels = 4} | network.layers = {\"channels\":4}: expected { channels = 32, kernel = 5,",
        "{kernel = 4} | network.layers = {\"kernel\":4}: expected { channels = 32, kernel = 5,",
        "{channels = 4, kernel = 3, units = 5} | network.layers = {\"channels\":4,\"kernel\":3,\"units\":5}: expected {",
        "{channels = 4, kernel = 3, size = 5} | network.layers = {\"channels\":4,\"kernel\":3,\"size\":5}: expected {",
        "{channels = many, kernel = 3} | network.layers = {\"channels\":\"many\",\"kernel\":3}: expected { channels",
        "{channels = 0, kernel = 3} | network.layers = channels = 0: expected 1 to 65536 channels",
        "{channels = 2.5, kernel = 3} | network.layers = channels = 2.5: expected a whole number",
        "{channels = 4, kernel = 0} | network.layers = kernel = 0: expected a whole number from 1",
        "{channels = 4, kernel = 2000000000} | network.layers = kernel = 2000000000: expected a whole number, at most",
        "{channels = 4, kernel = 3, stride = 0} | network.layers = stride = 0: expected a whole number from 1",
        "{channels = 4, kernel = 3, padding = 3} | network.layers = padding = 3: expected a whole number from 0, below",
        "{channels = 4, kernel = 3, pooling = mean} | network.layers = pooling = mean: expected one of none, average, max",
        "{channels = 4, kernel = 3, pool = 2} | network.layers = pool = 2: expected 1, or pooling = average or max",
        "{channels = 4, kernel = 3, pooling = max, pool = 1} | network.layers = pool = 1: expected a whole number from 2",
        "{channels = 4, kernel = 29} | network.layers = kernel = 29, pool = 1: expected smaller values: the convolution of",
        "{channels = 4, kernel = 3, gain = 0} | network.layers = gain = 0.0: expected a gain in (0, 100]",
        "{channels = 65536, kernel = 1} | network.layers = channels = 65536: expected at most 1000000 units in a layer:",
        "{channels = 65536, kernel = 1000, padding = 999} | network.layers = channels = 65536: expected at most 1000000",
      })
  void refusesAnInvalidConvolution(String entry, String message) {
    refused(message, "network.input=[28, 28]", "network.layers=[" + entry + ", {units = 10}]");
  }

  @Test
  void aConvolutionNeedsAnImage() {
    String expected =
        "network.layers = {\"channels\":6,\"kernel\":2}: expected an image below it: network.input ="
            + " [28, 28] (height, width) or [3, 32, 32]";
    String convolution = "{channels = 6, kernel = 2}";
    refused(expected, "network.layers=[" + convolution + ", {units = 10}]");
    refused(
        expected,
        "network.input=[28, 28]",
        "network.layers=[{units = 36}, " + convolution + ", {units = 10}]");
  }

  private static void refused(String message, String... assignments) {
    assertThatThrownBy(() -> network(assignments))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("--set: " + message)
        .hasMessageNotContaining("\n");
  }

  private static final String[] COLOUR = {
    "training.learning-rates=[0.1, 0.1]",
    "network.input=[2, 2, 2]",
    "network.layers=[{units = 3}, {units = 2}]"
  };

  private static ConfigurationReader colour(String... assignments) {
    ConfigurationReader reader = reader(COLOUR);
    for (String assignment : assignments) {
      reader = reader.set(assignment);
    }
    return reader;
  }

  /** Returns statistics of images with means 0.6 and 0.2, deviations 0.4 and 0. */
  private static InputStatistics coloured(int times) {
    byte[] pixels = new byte[8 * times];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (byte) (i % 8 >= 4 ? 51 : i % 2 == 0 ? 51 : 255);
    }
    return new ByteExamples(pixels, new byte[times], new Shape(2, 2, 2)).statistics();
  }

  @Test
  void normalisesInputsByGivenNumbersOrThoseOfTheTrainingImages() {
    assertThat(colour().read().spec().network().normalisation()).isEqualTo(Normalisation.NONE);
    assertThat(
            colour("network.mean=[0.1, 0.2]", "network.deviation=[3, 4]")
                .read()
                .spec()
                .network()
                .normalisation())
        .isEqualTo(new Normalisation(List.of(0.1, 0.2), List.of(3.0, 4.0)));
    RunConfiguration auto = colour("network.mean=auto", "network.deviation=auto").read();
    RunConfiguration measured = auto.measured(coloured(3));
    assertThat(measured.spec().network().normalisation())
        .isEqualTo(new Normalisation(List.of(0.6, 0.2), List.of(0.4, 1.0)));
    assertThat(measured.source().getDoubleList("network.mean")).containsExactly(0.6, 0.2);
    assertThat(measured.source().getDoubleList("network.deviation")).containsExactly(0.4, 1.0);
    RunConfiguration stored = new ConfigurationReader().text(measured.toJson(), "a model").read();
    assertThat(stored.spec().network()).isEqualTo(measured.spec().network());
    assertThat(stored.measured(coloured(1)).difference(measured)).isEmpty();
    assertThat(auto.measuredAs(measured).difference(measured)).isEmpty();
    assertThat(auto.spec().network().difference(measured.spec().network()))
        .hasValue(
            "its inputs have mean auto, deviation auto: expected mean [0.6, 0.2], deviation [0.4,"
                + " 1.0]");
    assertThat(measured.spec().network().description()).isEqualTo("2×2×2-3-2 of normalised inputs");
    RunConfiguration median = colour("network.mean=median").read();
    assertThat(median.measured(coloured(3)).source().getDoubleList("network.mean"))
        .containsExactly(0.2, 0.2);
    assertThat(median.measuredAs(median.measured(coloured(3))).spec().network().normalisation())
        .isEqualTo(new Normalisation(List.of(0.2, 0.2), List.of()));
  }

  /** White images of 784 pixels have ‖x‖² = 784, and 784·4 with a deviation of one half. */
  @Test
  void choosesTheRateScaleByTheNormalisedImages() {
    byte[] white = new byte[784];
    java.util.Arrays.fill(white, (byte) 255);
    InputStatistics data = new ByteExamples(white, new byte[1], Shape.image(28, 28)).statistics();
    ConfigurationReader reader =
        new ConfigurationReader().set("training.input-center=none").set("network.deviation=[0.5]");
    assertThat(reader.read().measured(data).spec().hyperparameters().rateScale()).isEqualTo(0.028);
    RunConfiguration gray = reader.set("network.mean=[1]").read().measured(data);
    assertThat(gray.spec().hyperparameters().rateScale()).isOne();
    RunConfiguration centered = reader.set("training.input-center=auto").read().measured(data);
    assertThat(centered.spec().inputCenter().values()).hasSize(784).containsOnly(2);
    assertThat(
            reader
                .set("training.input-center=auto")
                .set("network.mean=[1]")
                .read()
                .measured(data)
                .spec()
                .inputCenter()
                .isNone())
        .isTrue();
  }

  @Test
  void refusesAnInvalidNormalisation() {
    for (String[] each :
        new String[][] {
          {"network.mean=[1]", "network.mean = [1.0]: expected 2 numbers, one per channel of"},
          {"network.mean=0.5", "network.mean = 0.5: expected a number for each channel, such as"},
          {"network.mean=much", "network.mean = \"much\": expected a number for each channel"},
          {
            "network.deviation=median", "network.deviation = \"median\": expected a number for each"
          },
          {"network.deviation=[1, 0]", "network.deviation = [1.0, 0.0]: expected numbers above 0"}
        }) {
      assertThatThrownBy(() -> colour(each[0]).read())
          .isInstanceOf(InputException.class)
          .hasMessageStartingWith("--set: " + each[1]);
    }
  }

  @Test
  void backendsThatTakeInputsUnchangedRefuseToNormaliseThem() {
    for (String mean : List.of("auto", "[0, 0]")) {
      assertThatThrownBy(() -> colour("network.mean=" + mean, "backend=cuda").read())
          .hasMessage(
              "--set: backend = cuda: expected another backend: cuda only computes dense layers of range"
                  + " [0, 1] with the squared error, without normalised inputs");
      assertThat(colour("network.mean=" + mean, "engine=dl4j").read().engine())
          .isEqualTo(Engine.DL4J);
    }
  }

  @Test
  void readsAugmentationAndRefusesItWhereItIsImpossible() {
    assertThat(colour().read().spec().hyperparameters().augmentation())
        .isEqualTo(Augmentation.NONE);
    RunConfiguration c =
        colour("training.augmentation.crop=1", "training.augmentation.flip=true").read();
    assertThat(c.spec().hyperparameters().augmentation())
        .isEqualTo(new Augmentation(1, true, 0, 0));
    assertThat(c.spec().scaled(2).hyperparameters().augmentation())
        .isEqualTo(new Augmentation(1, true, 0, 0));
    assertThat(c.spec().hyperparameters().updatedBy(UpdaterSettings.PLAIN).augmentation())
        .isEqualTo(new Augmentation(1, true, 0, 0));
    String message = "set network.input to [height, width] or [channels, height, width]";
    assertThatThrownBy(() -> new ConfigurationReader().set("training.augmentation.crop=4").read())
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("--set: training.augmentation.crop = 4: expected 0; only images")
        .hasMessageEndingWith(message);
    for (String each : List.of("crop=1", "flip=true")) {
      assertThatThrownBy(() -> colour("training.augmentation." + each, "backend=cuda").read())
          .hasMessageStartingWith(
              "--set: backend = cuda: expected another backend with training.augmentation: cuda"
                  + " keeps");
      assertThatThrownBy(() -> colour("training.augmentation." + each, "engine=dl4j").read())
          .hasMessageStartingWith(
              "--set: engine = dl4j: expected eqprop with training.augmentation; DL4J trains with");
    }
  }

  /** The bias that a channel shares cannot absorb the mean image. */
  @Test
  void aConvolutionDoesNotCenterItsInput() {
    byte[] white = new byte[1560];
    java.util.Arrays.fill(white, (byte) 255);
    InputStatistics bright =
        new ByteExamples(white, new byte[1], new Shape(3, 20, 26)).statistics();
    RunConfiguration measured = reader("network.input=[3, 20, 26]", LAYERS).read().measured(bright);
    assertThat(measured.spec().hyperparameters().centering()).isEqualTo(Centering.NONE);
    assertThat(measured.spec().hyperparameters().rateScale()).isEqualTo(0.056);
    refused(
        "training.input-center = mean: expected none or auto: the biases that the channels of a"
            + " convolution share cannot absorb the mean image",
        "network.input=[3, 20, 26]",
        LAYERS,
        "training.input-center=mean");
  }
}
