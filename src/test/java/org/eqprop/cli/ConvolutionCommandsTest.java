package org.eqprop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.eqprop.Idx;
import org.eqprop.config.ConfigurationReader;
import org.eqprop.config.RunConfiguration;
import org.eqprop.data.Shape;
import org.eqprop.model.ModelFile;
import org.eqprop.network.Weights;
import org.eqprop.storage.Storage;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The verbs that need no Spark, with convolutions and a readout on normalised images of CIFAR. */
class ConvolutionCommandsTest {
  private static final int COUNT = 12;
  private static final int RECORD = 1 + 3 * 32 * 32;

  @TempDir Path folder;
  @RegisterExtension final Captured console = new Captured();
  private final byte[] records = new byte[COUNT * RECORD];

  @BeforeEach
  void data() {
    new Random(1).nextBytes(records);
    for (int i = 0; i < COUNT; i++) {
      records[i * RECORD] = (byte) (i % 10);
    }
    Idx.write(folder.resolve("batch.bin"), records);
  }

  private List<String> settings(String numbers) {
    return List.of(
        "data.format=cifar-10",
        "data.train-images=" + folder + "/batch.bin",
        "data.test-images=" + folder + "/batch.bin",
        "data.validation=0",
        "network.input=[3, 32, 32]",
        "network.mean=" + numbers,
        "network.deviation=" + numbers,
        "network.layers=[{channels=2, kernel=5, stride=3, pooling=max}, {units=10}]",
        "network.cost=cross-entropy",
        "relaxation.schedule=even-odd",
        "training.batch=4",
        "training.learning-rates=[0.1, 0.1]");
  }

  private String[] verb(String... verb) {
    List<String> words = new ArrayList<>(List.of(verb));
    settings("auto").forEach(setting -> words.addAll(List.of("--set", setting)));
    return words.toArray(String[]::new);
  }

  @Test
  void theDemoDescribesTheImagesAndHowTheyAreNormalised() {
    assertThat(Main.run(verb("demo"))).isZero();
    assertThat(console.out())
        .contains(
            "network 3×32×32-2×5×5-10 of normalised inputs with the cost cross-entropy, even-odd")
        .contains("x [4 × 3 × 32 × 32], y [4 × 10]")
        .doesNotContain("3072");
  }

  @Test
  void theGradientCheckUsesFewExamplesAndNamesTheReadout() {
    assertThat(Main.run(verb("gradcheck"))).isZero();
    assertThat(console.out())
        .contains(
            "network 3×32×32-2×5×5-10 of normalised inputs with the cost cross-entropy, 4 examples")
        .containsPattern("W_1 +b_1 +W_2 +b_2\n")
        .contains("pass:");
  }

  @Test
  void predictsTheOutputsOfTheReadout() {
    ConfigurationReader reader = new ConfigurationReader();
    for (String setting : settings("[0.5, 0.4, 0.3]")) {
      reader = reader.set(setting);
    }
    RunConfiguration configuration = reader.read();
    Weights weights = Weights.zeros(configuration.spec().network());
    int readout = weights.layout().bias(2).from();
    for (int c = 0; c < 10; c++) {
      weights.values()[readout + c] = c == 6 ? 2.5f : -c;
    }
    String model = folder.resolve("model.safetensors").toString();
    new ModelFile(weights, Map.of(ModelFile.CONFIGURATION, configuration.toJson()))
        .write(Storage.local(), model);
    assertThat(Main.run("predict", "--model", model, "--index", "11,3")).isZero();
    String scores =
        ",0.000000,-1.000000,-2.000000,-3.000000,-4.000000,-5.000000,2.500000,-7.000000";
    assertThat(console.out()).contains("\n11,6,1" + scores).contains("\n3,6,3" + scores);
    console.forgetOut();
    byte[] pixels = Arrays.copyOfRange(records, 1, RECORD);
    String images = Idx.write(folder.resolve("image"), Idx.images(1, new Shape(3, 32, 32), pixels));
    assertThat(Main.run("predict", "--model", model, "--images", images)).isZero();
    assertThat(console.out()).contains("\n0,6," + scores);
  }
}
