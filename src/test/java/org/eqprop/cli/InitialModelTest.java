package org.eqprop.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.eqprop.base.InputException;
import org.eqprop.config.ConfigurationReader;
import org.eqprop.config.RunConfiguration;
import org.eqprop.data.ByteExamples;
import org.eqprop.data.Shape;
import org.eqprop.dl4j.Dl4jModelFile;
import org.eqprop.learning.Centering;
import org.eqprop.learning.UpdaterState;
import org.eqprop.model.ModelFile;
import org.eqprop.network.Network;
import org.eqprop.network.Weights;
import org.eqprop.spark.TrainingState;
import org.eqprop.storage.Storage;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The starting point of a training without a checkpoint. */
class InitialModelTest {
  private static final Network TOPOLOGY = Network.of(16, 12, 4);

  @TempDir Path folder;
  private final Storage storage = Storage.local();
  private final Weights weights = Weights.glorotUniform(TOPOLOGY, 5);

  @BeforeEach
  void write() throws IOException {
    weights.values()[16 * 12] = 0.25f; // a bias, which is 0 in a fresh network
    model(weights).write(storage, file("model.safetensors"));
  }

  private ModelFile model(Weights given) {
    return new ModelFile(given, Map.of(ModelFile.CONFIGURATION, configuration("").toJson()));
  }

  private String file(String name) {
    return folder.resolve(name).toString();
  }

  private static RunConfiguration configuration(String model, String... assignments) {
    ConfigurationReader reader =
        new ConfigurationReader()
            .set("topology=[16, 12, 4]")
            .set("training.seed=9")
            .set("init.model", model, "--init");
    for (String assignment : assignments) {
      reader = reader.set(assignment);
    }
    return reader.read();
  }

  private TrainingState start(RunConfiguration configuration) {
    return InitialModel.read(storage, configuration)
        .state()
        .orElseGet(() -> TrainingState.initial(configuration.spec()));
  }

  private static void assertStart(TrainingState start, Weights expected) {
    assertThat(start.weights()).isEqualTo(expected);
    assertThat(start.epoch()).isZero();
    assertThat(start.velocity()).isNull();
    assertThat(start.updater().isZero()).isTrue();
    assertThat(start.error()).isNaN();
  }

  @Test
  void startsFromTheExactWeightsOfAFileARunFolderOrAZip() throws IOException {
    Dl4jModelFile.write(model(weights), storage, file("model.zip"));
    for (String name : new String[] {"model.safetensors", "", "model.zip"}) {
      assertStart(start(configuration(file(name))), weights);
    }
  }

  @Test
  void startsFromTheWeightsOfTheSeedWithoutAModel() {
    RunConfiguration configuration = configuration("");
    assertStart(start(configuration), Weights.glorotUniform(TOPOLOGY, 9));
    assertThat(InitialModel.NONE.recorded(configuration)).isSameAs(configuration);
  }

  /** The velocity of a checkpoint belongs to another training. */
  @Test
  void takesOnlyTheWeightsOfACheckpoint() throws IOException {
    new ModelFile(weights, new UpdaterState(List.of(weights.copy()), 4), weights.copy(), Map.of())
        .write(storage, file("checkpoint.safetensors"));
    assertStart(start(configuration(file("checkpoint.safetensors"))), weights);
  }

  /** A fresh network has the biases −m W_1 there; the model has learned its own. */
  @Test
  void keepsTheModelsFirstBiasesWhateverTheInputCenter() {
    byte[] pixels = new byte[16 * 8];
    java.util.Arrays.fill(pixels, (byte) 200);
    RunConfiguration configuration =
        configuration(file("model.safetensors"), "training.input-center=mean")
            .measured(new ByteExamples(pixels, new byte[8], Shape.image(4, 4)).statistics());
    assertThat(configuration.spec().hyperparameters().centering()).isEqualTo(Centering.MEAN);
    assertThat(configuration.spec().inputCenter().isNone()).isFalse();
    assertStart(start(configuration), weights);
  }

  @Test
  void refusesAnotherNetworkAndNamesTheFirstDifference() {
    String model = file("model.safetensors");
    assertThatThrownBy(
            () ->
                start(
                    configuration(
                        model,
                        "topology=[16, 20, 12, 4]",
                        "training.learning-rates=[0.1, 0.1, 0.1]")))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "--init: init.model = "
                + model
                + ": a network 16-12-4: layer 1 has 12 units: expected 20 units, as topology ="
                + " 16-20-12-4 says; choose another model, or --set topology=[16,12,4]");
  }

  @Test
  void acceptsConvolutionsAndComparesTheWholeNetwork() {
    String[] keys = {
      "network.input=[5, 5]",
      "network.layers=[{channels=3, kernel=2, pooling=max}, {units=4}]",
      "training.learning-rates=[0.1, 0.1]"
    };
    RunConfiguration wanted = configuration(file("convolution"), keys);
    Network network = wanted.spec().network();
    Weights drawn = Weights.glorotUniform(network, 2);
    String json = configuration("", keys).toJson();
    new ModelFile(drawn, Map.of(ModelFile.CONFIGURATION, json)).write(storage, file("convolution"));
    assertStart(start(wanted), drawn);
    keys[1] = keys[1].replace("max", "average");
    assertThatThrownBy(() -> start(configuration(file("convolution"), keys)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(
            "maximum of 2 × 2: expected 3 × 2 × 2 units above a link 3 channels of 2 × 2, average of"
                + " 2 × 2")
        .hasMessageEndingWith("; choose another model, or its network.input and network.layers");
  }

  /** The configuration's are those of other images, or are not measured yet. */
  @Test
  void acceptsAModelWhoseInputsWereNormalisedByOtherNumbers() {
    String json = configuration("", "network.mean=[0.25]").toJson();
    new ModelFile(weights, Map.of(ModelFile.CONFIGURATION, json))
        .write(storage, file("normalised"));
    assertStart(start(configuration(file("normalised"), "network.mean=auto")), weights);
    assertStart(start(configuration(file("normalised"))), weights);
  }

  @Test
  void reportsAMissingModelInOneLine() {
    assertThatThrownBy(() -> start(configuration(file("none"))))
        .isInstanceOf(InputException.class)
        .hasMessage("--init: init.model = " + file("none") + ": no such file");
  }

  @Test
  void recordsTheChecksumAndRefusesAnother() throws IOException {
    RunConfiguration asked = configuration(file("model.safetensors"));
    RunConfiguration recorded = InitialModel.read(storage, asked).recorded(asked);
    String checksum = model(weights).weightsChecksum();
    assertThat(recorded.initial().checksum()).isEqualTo(checksum);
    assertThat(recorded.initial().words())
        .isEqualTo(file("model.safetensors") + " (CRC-32 of its weights " + checksum + ")");
    assertThat(InitialModel.read(storage, recorded).recorded(recorded).toJson())
        .isEqualTo(recorded.toJson());

    Weights other = weights.copy();
    other.values()[0] = Math.nextUp(other.values()[0]);
    model(other).write(storage, file("model.safetensors"));
    InitialModel changed = InitialModel.read(storage, recorded);
    assertThatThrownBy(() -> changed.recorded(recorded))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("init.checksum = " + checksum)
        .hasMessageContaining("have " + model(other).weightsChecksum() + ": expected")
        .hasMessageNotContaining("\n");
  }
}
